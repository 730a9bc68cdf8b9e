# SPDX-License-Identifier: Apache-2.0
"""HTTP as far as the responders need it: bounded bodies, bytes out, conditional requests, refusals in plain text."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime

from django.db import connection

Application = Callable[[dict, Callable], Iterable[bytes]]
Headers = list[tuple[str, str]]

# No browser may take what it fetched here for something else.
NOSNIFF = ("X-Content-Type-Options", "nosniff")
OCSP_TYPE = "application/ocsp-response"
_TEXTS = {
    400: "400 Bad Request", 404: "404 Not Found", 405: "405 Method Not Allowed", 411: "411 Length Required",
    413: "413 Content Too Large", 415: "415 Unsupported Media Type", 429: "429 Too Many Requests", 503: "503 Service Unavailable",
}


class Unreadable(Exception):
    """The body can't be taken; `status` is the HTTP status to answer with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def body(environ: dict, largest: int) -> bytes:
    """Return the request's body; raises Unreadable for one without length or of more than `largest` octets."""
    text = environ.get("CONTENT_LENGTH") or ""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise Unreadable(411)
    length = int(text)
    if length > largest:
        raise Unreadable(413)
    data = environ["wsgi.input"].read(length)
    if len(data) != length:
        raise Unreadable(400)
    return data


def send(start_response: Callable, content_type: str, content: bytes, headers: Headers) -> list[bytes]:
    start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(content))), NOSNIFF, *headers])
    return [content]


def fail(start_response: Callable, status: int, headers: Headers | None = None) -> list[bytes]:
    text = _TEXTS[status]
    content = text.encode("ascii") + b"\n"
    start_response(text, [("Content-Type", "text/plain; charset=ascii"), ("Content-Length", str(len(content))),
                          ("Cache-Control", "no-store"), NOSNIFF, *(headers or [])])
    return [content]


def conditional(
    environ: dict, start_response: Callable, content_type: str, content: bytes, headers: Headers, tag: str = "",
) -> Iterable[bytes]:
    """Send `content` with its entity tag, or 304 when the client has it, or headers alone for HEAD."""
    return conditional_stream(
        environ, start_response, content_type, len(content), lambda: [content], headers, tag or entity_tag(content))


def conditional_stream(
    environ: dict, start_response: Callable, content_type: str, octets: int, content: Callable[[], Iterable[bytes]],
    headers: Headers, tag: str,
) -> Iterable[bytes]:
    """The same for content that is made piece by piece, `octets` in all, and only when it is sent."""
    headers = [("ETag", tag), *headers]
    given = environ.get("HTTP_IF_NONE_MATCH", "")
    if given.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in given.split(",")):
        start_response("304 Not Modified", headers)
        return []
    start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(octets)), NOSNIFF, *headers])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else content()


def entity_tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


def head(octets: int, headers: Headers) -> bytes:
    """The head of a 200 answer about a certificate's status, up to the value of its Date."""
    fields = [("Content-Type", OCSP_TYPE), ("Content-Length", str(octets)), NOSNIFF, *headers]
    text = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 200 OK\r\n{text}Date: ".encode("ascii")


def http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def release_connection() -> None:
    """Outside Django's request cycle nobody else closes a database connection that broke or is too old."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
