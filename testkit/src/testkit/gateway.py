# SPDX-License-Identifier: Apache-2.0
"""An SMS gateway on this machine that can be told how to answer. The same key sends once."""

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs


@dataclass
class Answer:
    """`drip`: seconds between the octets of the body; `silent`: seconds before anything is said; `cut`: nothing is ever said."""

    status: int = 202
    body: bytes = b'{"messages": [{"id": "sms-1", "status": "queued"}]}'
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0
    silent: float = 0
    cut: bool = False


class _Asked(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # noqa: N802  (the library's name)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.gateway.take({name.title(): value for name, value in self.headers.items()}, content)
        answer = self.server.gateway.answer
        if answer.silent:
            self.server.gateway.released.wait(answer.silent)
        self.close_connection = True
        if answer.cut:
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), "Connection": "close", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for octet in ([answer.body] if not answer.drip else [bytes([value]) for value in answer.body]):
                self.wfile.write(octet)
                if answer.drip and self.server.gateway.released.wait(answer.drip):
                    return
        except OSError:
            return  # who asked has gone

    def log_message(self, *words: object) -> None:
        """Tests read what arrived, not a log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    gateway: "Gateway"


class Gateway:
    """`asked` are the requests (headers, body), `sent` the messages that went out, by idempotency key."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.answer = Answer()
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.sent: dict[str, bytes] = {}
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Asked)
        self._server.gateway = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://localhost:{self._server.server_address[1]}/v1/messages"

    def take(self, headers: dict[str, str], content: bytes) -> None:
        with self._lock:
            self.asked.append((headers, content))
            if self.answer.status < 300 and not self.answer.cut:
                self.sent.setdefault(headers["Idempotency-Key"], content)

    def json(self, number: int = -1) -> dict:
        return json.loads(self.asked[number][1])

    def form(self, number: int = -1) -> dict[str, list[str]]:
        return parse_qs(self.asked[number][1].decode(), keep_blank_values=True)

    def __enter__(self) -> "Gateway":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
