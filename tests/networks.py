"""A hospital's network on this machine: a proxy that asks who calls, and a private authority."""

from __future__ import annotations

import base64
import select
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Self

import trustme

NAME = "source.test"  # resolves nowhere: only the proxy knows the way


@dataclass
class Authority:
    """A certificate authority that only this network trusts."""

    made: trustme.CA = field(default_factory=trustme.CA)

    def pem(self, folder: Path) -> Path:
        """Write the authority's certificate and return its path."""
        path = folder / "authority.pem"
        self.made.cert_pem.write_to_path(path)
        return path

    def server(self) -> ssl.SSLContext:
        """Return what a server called ``source.test`` or 127.0.0.1 shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.made.issue_cert(NAME, "127.0.0.1").configure_cert(context)
        return context


class ConnectProxy:
    """A proxy that tunnels CONNECT to known names; ``with ConnectProxy(routes) as proxy``."""

    def __init__(self, routes: Mapping[str, int], *, user: str = "", password: str = "") -> None:
        self.routes = routes
        self.asked: list[str] = []
        self.wanted = base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""
        handler = type("Handler", (_Tunnel,), {"proxy": self})
        self._server = ThreadingTCPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Tunnel(BaseRequestHandler):
    proxy: ConnectProxy

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.request.recv(4096)
            if not part:
                return
            head += part
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        told = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
        self.proxy.asked.append(f"{method} {target}")
        if self.proxy.wanted and told.get("proxy-authorization") != f"Basic {self.proxy.wanted}":
            self._say("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="x"')
        elif method != "CONNECT" or target.partition(":")[0] not in self.proxy.routes:
            self._say("403 Forbidden")
        else:
            port = self.proxy.routes[target.partition(":")[0]]
            with socket.create_connection(("127.0.0.1", port)) as beyond:
                self._say("200 Connection established")
                with suppress(ConnectionError):  # a caller that does not trust the server hangs up
                    self._carry(beyond)

    def _say(self, status: str, *headers: str) -> None:
        self.request.sendall("\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode())

    def _carry(self, beyond: socket.socket) -> None:
        ends = {self.request: beyond, beyond: self.request}
        while True:
            ready, _, _ = select.select(list(ends), [], [], 5)
            for end in ready:
                part = end.recv(65536)
                if not part:
                    return
                ends[end].sendall(part)
            if not ready:
                return
