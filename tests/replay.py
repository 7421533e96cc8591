"""A local server that replays recorded answers of Kolada v3 and SCB's PxWebApi v2, with faults.

Kolada's v3 answers are built from the recorded rows: the catalogue and the units as they are, data
rows put into v3's envelope. SCB's config, metadata and default cells are the recorded ones; what
lies outside the recording is refused with 501, never made up.

By hand: ``python -m tests.replay --port 8080`` and set the variables that it prints (SCB answers on
the next port).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from socket import SHUT_RDWR
from threading import Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.recorded import FIXTURES, KoladaAnswers, Refusal, ScbAnswers

ADDRESS_AT_MOST = 2000


@dataclass
class Fault:
    """What goes wrong with the next ``times`` answers whose path begins with ``path``."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    closed: bool = False
    path: str = "/"
    times: int = 1


def too_many(seconds: str, *, times: int = 1, path: str = "/") -> Fault:
    """429 with Retry-After, and the plain text that the rate limiter sends."""
    body = b"API calls quota exceeded! maximum admitted 30 per 10s."
    return Fault(429, {"Retry-After": seconds}, body, times=times, path=path)


def broken(status: int = 503, *, times: int = 1, path: str = "/") -> Fault:
    """A server that is out of order."""
    return Fault(status, {}, b"Service Unavailable", times=times, path=path)


def web_page(*, times: int = 1, path: str = "/") -> Fault:
    """A web page with status 200."""
    page = b"<!DOCTYPE html><html><body>Underh\xc3\xa5ll</body></html>"
    return Fault(200, {"Content-Type": "text/html"}, page, times=times, path=path)


def slow(seconds: float, *, times: int = 1, path: str = "/") -> Fault:
    """An answer that comes late."""
    return Fault(seconds=seconds, times=times, path=path)


def hung_up(*, times: int = 1, path: str = "/") -> Fault:
    """A connection that closes without an answer."""
    return Fault(closed=True, times=times, path=path)


@dataclass
class Paging:
    """How Kolada's pages are told: forms that servers, mirrors and proxies on the way may give.

    ``host`` is what the server calls itself; ``last`` how it says that there is no next page
    (null, absent, empty); ``count`` what it counts (all, page, absent); ``seed`` the order of rows.
    """

    host: str | None = None
    last: str = "null"
    count: str = "all"
    seed: int | None = None


class ReplayServer:
    """The recorded sources on two local ports; ``with ReplayServer() as server``."""

    def __init__(
        self,
        *,
        fixtures: Path = FIXTURES,
        port: int = 0,
        page_size: int = 5000,
        max_cells: int | None = None,
        calls: int | None = None,
    ) -> None:
        self.page_size = page_size
        self.kolada = KoladaAnswers(fixtures)
        self.scb = ScbAnswers(fixtures, max_cells=max_cells, calls=calls)
        self.paging = Paging()
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.times: list[float] = []
        self._lock = Lock()
        handler = type("Handler", (_Handler,), {"replay": self})
        # a port for each source: they are two hosts, and one may be down while the other stands
        ports = (port, port + 1 if port else 0)
        self._http = [ThreadingHTTPServer(("127.0.0.1", one), handler) for one in ports]
        self.url, second = (f"http://127.0.0.1:{one.server_port}" for one in self._http)
        self.kolada_url, self.scb_url = f"{self.url}/v3", f"{second}/api/v2"

    def __enter__(self) -> Self:
        for http in self._http:
            http.daemon_threads = True
            Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for http in self._http:
            http.shutdown()
            http.server_close()

    def fail(self, *faults: Fault) -> None:
        """Let the next matching answers fail, in the order given."""
        self.faults.extend(faults)

    def environment(self) -> dict[str, str]:
        """The variables that point a configuration here."""
        return {
            "EQUITY_SOURCES__KOLADA__BASE_URL": self.kolada_url,
            "EQUITY_SOURCES__SCB__BASE_URL": self.scb_url,
        }

    def take_fault(self, path: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.times > 0 and path.startswith(fault.path):
                    fault.times -= 1
                    return fault
        return None

    def answer(self, target: str, body: bytes) -> tuple[int, object]:
        """The status and document for a path and query."""
        parts = urlsplit(target)
        try:
            if len(target) > ADDRESS_AT_MOST:
                raise Refusal(400, {"title": "Too long URL"})
            if parts.path.startswith("/v3/"):
                return 200, self._page(parts.path, parts.query)
            if parts.path.startswith("/api/v2/"):
                return 200, self.scb.answer(parts.path.removeprefix("/api/v2"), body)
            raise Refusal(404, {"title": "Not Found"})
        except Refusal as refusal:
            return refusal.status, refusal.body

    def _page(self, path: str, query: str) -> dict[str, Any]:
        asked = parse_qs(query)
        rows = self.kolada.rows(path.removeprefix("/v3"), asked)
        if self.paging.seed is not None:
            rows = Random(self.paging.seed).sample(rows, len(rows))
        page = int(asked.get("page", ["1"])[0])
        start, stop = (page - 1) * self.page_size, page * self.page_size
        kept = {name: held[0] for name, held in asked.items() if name not in {"per_page", "page"}}

        def link(number: int) -> str:
            told = urlencode({"per_page": self.page_size, "page": number} | kept, safe=",")
            return f"{self.paging.host or self.url}{path}?{told}"

        counted = {"all": len(rows), "page": len(rows[start:stop])}
        document = {
            "values": rows[start:stop],
            "previous_url": link(page - 1) if page > 1 else None,
        }
        if self.paging.count in counted:
            document["count"] = counted[self.paging.count]
        if stop < len(rows):
            document["next_url"] = link(page + 1)
        elif self.paging.last != "absent":
            document["next_url"] = "" if self.paging.last == "empty" else None
        return document


class _Handler(BaseHTTPRequestHandler):
    replay: ReplayServer

    def do_GET(self) -> None:
        self._reply(b"")

    def do_POST(self) -> None:
        self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _reply(self, body: bytes) -> None:
        target = unquote(self.path)
        self.replay.times.append(time.monotonic())
        self.replay.requests.append((self.command, target, body, dict(self.headers)))
        fault = self.replay.take_fault(target) or Fault()
        if fault.closed:
            self.close_connection = True
            self.connection.shutdown(SHUT_RDWR)
            return
        time.sleep(fault.seconds)
        if fault.status is not None:
            self._send(fault.status, fault.body, fault.headers)
            return
        status, document = self.replay.answer(target, body)
        content = json.dumps(document, ensure_ascii=False).encode()
        self._send(status, content, {"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the caller gave up first, as a slow fault means

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def main() -> None:
    """Serve until interrupted, after printing how to point a configuration here."""
    parser = argparse.ArgumentParser(description="Replay recorded answers of the open sources.")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--page-size", type=int, default=5000)
    chosen = parser.parse_args()
    with ReplayServer(port=chosen.port, page_size=chosen.page_size) as server:
        for name, value in server.environment().items():
            print(f"export {name}={value}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print("stopped", flush=True)


if __name__ == "__main__":
    main()
