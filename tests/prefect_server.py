"""A Prefect server of its own for a test, which asks nobody outside, and what is saved on it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
PREFECT = Path(sys.executable).with_name("prefect")
BOUND_SECONDS = 900  # a bound on a machine at its worst, not what it takes
SAVE = """
import sys
sys.path.insert(0, "flows")
from prefect.blocks.notifications import CustomWebhookNotificationBlock as Webhook
from telling import Mail
hook, mail = sys.argv[1:]
said = {"subject": "{{subject}}", "body": "{{body}}"}
Webhook(name="equity", url=hook, json_data=said).save("equity")
if mail:
    Mail(url=mail).save("equity")
"""


@dataclass
class Prefect:
    """A server of its own, with the processes that were started beside it."""

    home: Path
    url: str
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a part in its own process group, its words kept in a file."""
        log = (self.home / f"{words[0]}.log").open("wb")
        process = subprocess.Popen(
            [PREFECT, *words],
            env=self.environment,
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def run(self, *words: str) -> str:
        """Run a command of Prefect to its end, in the project's folder."""
        return self.call(str(PREFECT), *words)

    def python(self, *words: str) -> str:
        """Run Python to its end, in the project's folder."""
        return self.call(sys.executable, *words)

    def call(self, *words: str) -> str:
        """Run a program to its end beside this server, and return what it printed."""
        told = subprocess.run(
            words,
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND_SECONDS,
        )
        assert told.returncode == 0, told.stdout + told.stderr[-3000:]
        return told.stdout

    def save(self, hook: str, mail: str = "") -> None:
        """Save the blocks by which people are told: a webhook, and a letter if one is sent."""
        self.python("-c", SAVE, hook, mail)

    def ask(self, question: Callable[[Any], Awaitable[T]]) -> T:
        """Ask the server through its client."""
        from prefect import get_client
        from prefect.settings import PREFECT_API_URL, temporary_settings

        async def asked() -> T:
            async with get_client() as client:
                return await question(client)

        with temporary_settings({PREFECT_API_URL: self.url}):
            return asyncio.run(asked())

    def stop(self) -> None:
        """End every process that was started, with all that it started."""
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()


@contextmanager
def serving(home: Path, **more: str) -> Iterator[Prefect]:
    """Yield a running server on a free port of this machine, with more of its environment."""
    home.mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    held = Prefect(home, url, quiet(home) | {"PREFECT_API_URL": url} | more, [])
    try:
        held.start("server", "start", "--no-ui", "--host", "127.0.0.1", "--port", str(port))
        wait(lambda: _healthy(url), "the server is ready")
        yield held
    finally:
        held.stop()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def wait(for_what: Callable[[], T | None], words: str, seconds: float = BOUND_SECONDS) -> T:
    """What a question answers, once it answers something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (found := for_what()) is not None:
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds:.0f} s: {words}")


def quiet(home: Path) -> dict[str, str]:
    """The environment of a Prefect that lives in one folder and asks nobody outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return kept | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PATH": f"{PREFECT.parent}:{os.environ['PATH']}",
    }


def _healthy(url: str) -> bool | None:
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200 or None
    except httpx.HTTPError:
        return None
