"""A mail server and a web server of this machine, which keep what they are told."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Post(socketserver.StreamRequestHandler):
    """Takes letters as a mail server does (RFC 5321): enough for a client that only sends."""

    def handle(self) -> None:
        self._say(b"220 here")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self._say(b"354 go on")
                sent = iter(self.rfile.readline, b".\r\n")
                kept = b"".join(
                    one.removeprefix(b".") for one in sent
                )  # a dot was put before a dot
                self.server.heard.append(message_from_bytes(kept))  # type: ignore[attr-defined]
            self._say(b"221 bye" if word == b"QUIT" else b"250 ok")

    def _say(self, words: bytes) -> None:
        self.wfile.write(words + b"\r\n")


class Hook(BaseHTTPRequestHandler):
    """Takes what is posted as JSON."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def mailbox() -> Iterator[tuple[str, list[Message]]]:
    """Yield the address of a mail server as a block takes it, and the letters that came."""
    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post)) as (port, heard):
        told = "from=equity@example.org&to=vakt@example.org&mode=insecure&format=text"
        yield f"mailto://127.0.0.1:{port}?{told}", heard


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the address of a web server, and what was posted to it."""
    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Hook)) as (port, heard):
        yield f"http://127.0.0.1:{port}/hook", heard


def read(letter: Message) -> dict[str, str]:
    """The subject and the words of a letter."""
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    subject = str(make_header(decode_header(letter["Subject"])))
    return {"subject": subject, "body": body.decode().replace("\r\n", "\n")}


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[tuple[int, list[Any]]]:
    server.heard = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1], server.heard  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
