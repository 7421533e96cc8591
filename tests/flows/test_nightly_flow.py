"""The night as a Prefect flow: scheduled, fired by a worker, released; a failure is told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from tests.listeners import mailbox, webhook

from .conftest import AS_OF, LITTLE, ROOT, write_config

T = TypeVar("T")
PREFECT = Path(sys.executable).with_name("prefect")
SHOWN = {"data-readiness", "run-report", "largest-gaps"}
AHEAD = timedelta(seconds=12)
LATE_SOON = {  # seconds after which the server calls a run late, and how often it looks
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "3",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "1",
}
BOUND_SECONDS = 300  # a bound on a machine at its worst, not what it takes


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
        told = subprocess.run(
            [PREFECT, *words],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND_SECONDS,
        )
        assert told.returncode == 0, told.stdout + told.stderr
        return told.stdout

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


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def wait(for_what: Callable[[], T | None], words: str, seconds: float = BOUND_SECONDS) -> T:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (found := for_what()) is not None:
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds:.0f} s: {words}")


def healthy(url: str) -> bool | None:
    try:
        return httpx.get(f"{url}/health", timeout=5).status_code == 200 or None
    except httpx.HTTPError:
        return None


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


SAVE = """
import sys
from prefect.blocks.notifications import CustomWebhookNotificationBlock as Webhook
said = {"subject": "{{subject}}", "body": "{{body}}"}
Webhook(name="equity", url=sys.argv[1], json_data=said).save("equity")
"""


def set_alarms(server: Prefect, hook: str, config: Path) -> str:
    """Save a webhook on the server, and register the alarms with the project's own script."""
    told = []
    script = ("flows/alarms.py", "custom-webhook/equity", "--config", str(config))
    for words in (("-c", SAVE, hook), script):
        ended = subprocess.run(
            [sys.executable, *words],
            env=server.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND_SECONDS,
        )
        assert ended.returncode == 0, ended.stderr[-2000:]
        told.append(ended.stdout)
    return told[-1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Prefect]:
    """A running server on a free port of this machine."""
    home, port = tmp_path / "prefect", free_port()
    home.mkdir()
    url = f"http://127.0.0.1:{port}/api"
    held = Prefect(home, url, quiet(home) | {"PREFECT_API_URL": url} | LATE_SOON, [])
    try:
        held.start("server", "start", "--no-ui", "--host", "127.0.0.1", "--port", str(port))
        wait(lambda: healthy(url), "the server is ready")
        yield held
    finally:
        held.stop()


def deploy(server: Prefect, config: Path) -> Any:
    """Deploy with the project's own prefect.yaml, as its first lines say."""
    server.environment |= {"EQUITY_PROJECT": str(ROOT), "EQUITY_CONFIG": str(config)}
    server.run("work-pool", "create", "local", "--type", "process")
    server.run("--no-prompt", "deploy", "--all")
    return server.ask(lambda client: client.read_deployment_by_name("nightly/nightly"))


def leave_waiting(server: Prefect, deployment: Any, posted: list[Any]) -> None:
    """Let a night that is due wait for a worker until the server tells of it.

    It is asked for outright: of one that the scheduler inserts seconds before it is due, and not
    days before, the server holds the word back for a quarter of an hour, since it looks for an
    event that came before.
    """
    from prefect.states import Scheduled

    due = Scheduled(scheduled_time=datetime.now(UTC) - timedelta(seconds=30))
    run = server.ask(
        lambda client: client.create_flow_run_from_deployment(deployment.id, state=due)
    )
    wait(lambda: posted or None, "the server tells that no worker has started the night")
    server.ask(lambda client: client.delete_flow_run(run.id))


def put_ahead(server: Prefect, deployment: Any, home: Path) -> datetime:
    """Replace the schedule by one some seconds ahead, and return its time."""
    from prefect.client.schemas.actions import DeploymentUpdate
    from prefect.client.schemas.schedules import IntervalSchedule

    asked = DeploymentUpdate(parameters=deployment.parameters | {"as_of": AS_OF, "home": str(home)})
    server.ask(lambda client: client.update_deployment(deployment.id, asked))
    due = datetime.now(UTC).replace(microsecond=0) + AHEAD
    soon = IntervalSchedule(interval=timedelta(days=1), anchor_date=due)
    (nightly,) = deployment.schedules
    server.ask(
        lambda client: client.update_deployment_schedule(deployment.id, nightly.id, schedule=soon)
    )
    return due


def ended_run(server: Prefect, deployment: Any, due: datetime) -> Any:
    """Return the run that was due, once it has ended."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

    def look() -> Any:
        chosen = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
        runs = server.ask(lambda client: client.read_flow_runs(deployment_filter=chosen))
        ours = [one for one in runs if one.expected_start_time == due]
        return next((one for one in ours if one.state.is_final()), None)

    return wait(look, "the scheduled run has ended")


def artifacts(server: Prefect) -> dict[str, Any]:
    return {one.key: one.data for one in server.ask(lambda client: client.read_artifacts())}


@pytest.mark.long
def test_a_scheduled_night_fires_in_a_worker_completes_and_releases(server, incoming, tmp_path):
    home = tmp_path / "home"
    config = write_config(tmp_path / "night", incoming, **LITTLE)
    deployment = deploy(server, config)
    (nightly,) = deployment.schedules
    assert (nightly.schedule.cron, nightly.schedule.timezone) == ("0 4 * * *", "Europe/Stockholm")
    assert nightly.active and deployment.global_concurrency_limit.limit == 1
    assert deployment.concurrency_options.collision_strategy == "CANCEL_NEW"
    assert deployment.parameters == {"config": str(config)}
    assert deployment.entrypoint == "flows/nightly.py:nightly"

    with webhook() as (hook, posted):
        set_alarms(server, hook, config)
        alarms = set_alarms(server, hook, config)  # again: in the place of those that were there
        assert alarms.splitlines() == ["equity: not started", "equity: not ended",
                                       "equity: ended badly"]  # fmt: skip
        assert len(server.ask(lambda client: client.read_automations())) == 3
        leave_waiting(server, deployment, posted)
        due = put_ahead(server, deployment, home)
        server.start("worker", "start", "--pool", "local", "--type", "process", "--limit", "1")
        run = ended_run(server, deployment, due)
    [alarm] = posted  # the night has ended well, so that nothing more is told
    assert alarm["subject"] == "equity: not started"
    assert "is a worker at work?" in alarm["body"] and "Late" in alarm["body"]
    assert "What stood before still stands" in alarm["body"]
    assert run.state.is_completed(), (server.home / "worker.log").read_text()[-3000:]
    assert run.auto_scheduled
    # the worker takes a run up ahead of time and waits; its clock may be some milliseconds early
    assert run.start_time >= run.expected_start_time - timedelta(seconds=1)
    assert (home / "current").resolve() == home / "releases" / "2024-12"
    assert (home / "current" / "gap.parquet").exists()
    shown = artifacts(server)
    assert set(shown) >= SHOWN
    assert "Released 2024-12" in shown["run-report"]


IN_PROCESS = """
import asyncio, json, sys
sys.path.insert(0, "flows")
from late import late
from nightly import nightly
from prefect import get_client
from prefect.blocks.notifications import CustomWebhookNotificationBlock as Webhook
from telling import Mail

async def artifacts():
    async with get_client() as client:
        return {one.key: one.data for one in await client.read_artifacts() if one.key}

nights, mail, hook, empty = json.loads(sys.argv[1])
said = {"subject": "{{subject}}", "body": "{{body}}"}
Webhook(name="equity", url=hook, json_data=said).save("equity")
Mail(url=mail).save("equity")
told = []
for config, home, as_of in nights:
    state = nightly(config=config, home=home, as_of=as_of, return_state=True)
    told.append(state.name)
config, home, _ = nights[-1]
for place in (home, empty):
    state = late(config=config, home=place, return_state=True)
    told += [state.name, state.message]
print(json.dumps({"states": told, "artifacts": asyncio.run(artifacts())}))
"""


TELL = """
[operation]
tell = ["custom-webhook/nobody", "custom-webhook/equity", "e-mail/equity"]
"""


def test_a_flow_without_a_server_releases_and_a_failing_one_says_what_still_stands(
    incoming, tmp_path
):
    """Those on duty are told by webhook and letter, though a third way to them is not there."""
    home = tmp_path / "home"
    config = write_config(tmp_path / "night", incoming, **LITTLE)
    bad = ROOT / "data" / "sample" / "bad_deliveries" / "missing-column"
    broken = write_config(tmp_path / "broken", bad, **LITTLE)
    broken.write_text(broken.read_text("utf-8") + TELL, "utf-8")
    nights = [(str(config), str(home), AS_OF), (str(broken), str(home), AS_OF)]
    (tmp_path / "prefect").mkdir()
    with mailbox() as (mail, letters), webhook() as (hook, posted):
        asked = [nights, mail, hook, str(tmp_path / "empty")]
        told = subprocess.run(
            [sys.executable, "-c", IN_PROCESS, json.dumps(asked)],
            env=quiet(tmp_path / "prefect"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND_SECONDS,
        )
    assert told.returncode == 0, told.stderr[-3000:]
    heard = json.loads(told.stdout.splitlines()[-1])
    assert heard["states"][:2] == ["Completed", "Failed"], told.stderr
    assert set(heard["artifacts"]) == SHOWN | {"night-failed", "night-late"}
    words = heard["artifacts"]["night-failed"]
    assert "column_missing:sex" in words
    assert "The release 2024-12 still stands" in words
    assert (home / "current").resolve().name == "2024-12"
    assert "custom-webhook/nobody could not be told: ValueError" in told.stderr
    # a night that failed after a good one is no late one; where none has run, six o'clock is told
    assert heard["states"][2:5:2] == ["Completed", "Failed"]  # since somebody could not be told
    assert "custom-webhook/nobody could not be told" in heard["states"][5]
    for sent in (posted, [read(one) for one in letters]):
        failed, late = sent
        assert failed["subject"] == "Syntetiska Skåne: the night failed"
        assert "column_missing:sex" in failed["body"]
        assert "The release 2024-12 still stands and can be used." in failed["body"]
        assert late["subject"].startswith("Syntetiska Skåne: No good night since")
        assert "There is no release yet." in late["body"]


def read(letter: Message) -> dict[str, str]:
    """The subject and the words of a letter."""
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    subject = str(make_header(decode_header(letter["Subject"])))
    return {"subject": subject, "body": body.decode().replace("\r\n", "\n")}


def test_the_demonstration_finds_the_flow_and_what_stands_beside_it():
    """In a process of its own: elsewhere the folder of the flows may be known already."""
    words = "from equity_pipeline.pipeline.demonstration import _load_flow as load\n"
    words += "print(load().nightly.name)"
    ended = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, cwd="/", check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == "nightly"
