# SPDX-License-Identifier: Apache-2.0
"""How an application's answer is written in HTTP/1.1 (RFC 9112): its head, and what frames its content."""

import re
from dataclasses import dataclass

from paraph.interfaces.front.gateway import Answer, Asked

_WITHOUT_CONTENT = (204, 304)
_REASONS = {
    400: b"Bad Request", 408: b"Request Timeout", 413: b"Content Too Large", 417: b"Expectation Failed",
    431: b"Request Header Fields Too Large", 500: b"Internal Server Error", 503: b"Service Unavailable",
}
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
# The front says these itself.
_OWN = frozenset((b"connection", b"date", b"keep-alive", b"transfer-encoding", b"upgrade"))


class BadAnswer(Exception):
    """The application said what can't be written: a line break in a header, or more or less content than its length."""


@dataclass
class Writing:
    """One answer on its way. `closes`: the connection ends with it. `left`: octets of content that must still come; None:
    as many as there are."""

    asked: Asked
    answer: Answer
    closes: bool
    left: int | None = None
    _chunked: bool = False

    @property
    def has_content(self) -> bool:
        return self.asked.method != b"HEAD" and self.answer.status not in _WITHOUT_CONTENT

    def head(self, date: bytes) -> bytes:
        lines = [b"HTTP/1.1 %d %b" % (self.answer.status, _checked(self.answer.reason))]
        length = None
        for name, value in self.answer.headers:
            lowered = name.lower()
            if lowered in _OWN:
                continue
            if lowered == b"content-length":
                length = value
            if not _NAME.fullmatch(name):
                raise BadAnswer(f"a header is named {name!r}")
            lines.append(b"%b: %b" % (name, _checked(value)))
        if length is None and self.answer.rest is None and self.answer.status not in _WITHOUT_CONTENT:
            length = str(len(self.answer.content)).encode("ascii")
            lines.append(b"Content-Length: %b" % length)
        if self.has_content:
            self._frame(length, lines)
        lines.append(b"Date: %b" % date)
        if self.closes:
            lines.append(b"Connection: close")
        return b"\r\n".join((*lines, b"", b""))

    def _frame(self, length: bytes | None, lines: list[bytes]) -> None:
        if length is not None:
            if not length.isdigit():
                raise BadAnswer(f"a length of {length!r}")
            self.left = int(length)
        elif self.asked.version == b"1.1":
            self._chunked = True
            lines.append(b"Transfer-Encoding: chunked")
        else:
            self.closes = True

    def content(self, data: bytes) -> bytes:
        if self.left is not None:
            self.left -= len(data)
            if self.left < 0:
                raise BadAnswer("more content than its length says")
        if self._chunked:
            return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        return data

    def end(self) -> bytes:
        if self.left:
            raise BadAnswer("less content than its length says")
        return b"0\r\n\r\n" if self._chunked else b""


def refusal(status: int, date: bytes) -> bytes:
    """The front's own plain answer to what it does not take, after which the connection ends."""
    reason = _REASONS.get(status, b"Bad Request")
    content = b"%d %b\n" % (status, reason)
    again = b"Retry-After: 5\r\n" if status == 503 else b""
    return (b"HTTP/1.1 %d %b\r\nContent-Type: text/plain; charset=ascii\r\nContent-Length: %d\r\nDate: %b\r\n"
            b"Cache-Control: no-store\r\nConnection: close\r\n%b\r\n%b" % (status, reason, len(content), date, again, content))


def _checked(value: bytes) -> bytes:
    if not _VALUE.fullmatch(value):
        raise BadAnswer(f"a header says {value!r}")
    return value
