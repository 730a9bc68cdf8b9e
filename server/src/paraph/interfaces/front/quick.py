# SPDX-License-Identifier: Apache-2.0
"""The simplest requests, read without a parser: a whole head, nothing special about it, and nothing behind the body.

What is in any way unusual is left to h11: None is no refusal. What is taken must be what h11 would have taken, so a
head with a line that ends otherwise, with two lengths, or with another framing is never simple.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from paraph.interfaces.front.gateway import Asked

_METHODS = (b"POST", b"GET")
_LONGEST_HEAD = 8 * 1024
# Each of them changes what the answer is or where the request ends.
_SPECIAL = (b"\r\ntransfer-encoding", b"\r\nexpect", b"\r\nupgrade", b"\r\nif-", b"\r\nrange")
_TARGET = re.compile(rb"/[\x21-\x7e]*")
# RFC 9112 clause 5, without what is obsolete there: a name, a colon, and a value of visible signs and blanks.
_FIELDS = re.compile(rb"(?:\r\n[!#$%&'*+.^_`|~0-9a-z-]+:[\t\x20-\x7e]*)+\r\n")


class Head(NamedTuple):
    """What of a head matters: how long a body follows, and whether the connection ends with the answer."""

    method: bytes
    target: bytes
    length: int
    closes: bool


class Begun(NamedTuple):
    """A request whose head is here: as it came, with its last line break, and what of its body has come."""

    head: Head
    lines: bytes
    body: bytes

    @property
    def is_whole(self) -> bool:
        return len(self.body) == self.head.length

    def asked(self) -> Asked:
        """All of the head, as an application needs it."""
        fields = [(name.lower(), value.strip(b" \t")) for name, _, value in
                  (line.partition(b":") for line in self.lines.split(b"\r\n")[1:-1])]
        return Asked(self.head.method, self.head.target, b"1.1", fields, self.head.closes)


def read(data: bytes) -> Begun | None:
    """The simple request that all of `data` belongs to, though its body may not be whole yet."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    # Programs that post to the PKI begin each request alike. Where the question stands in the head, none is like another.
    lines = data[:end + 2]
    head = (_known_head if data[:10] == b"POST /pki/" else _head)(lines)
    if head is None or len(data) > end + 4 + head.length:
        return None
    return Begun(head, lines, data[end + 4:])


def _head(data: bytes) -> Head | None:
    first = data.find(b"\r\n")
    line = data[:first].split(b" ")
    if (len(data) > _LONGEST_HEAD or len(line) != 3 or line[0] not in _METHODS or line[2] != b"HTTP/1.1"
            or not _TARGET.fullmatch(line[1])):
        return None
    fields = data[first:].lower()
    if not _FIELDS.fullmatch(fields) or fields.count(b"\r\nhost:") != 1:
        return None
    if any(special in fields for special in _SPECIAL):
        return None
    length = _only(fields, b"content-length")
    connection = _only(fields, b"connection")
    if connection not in (b"", b"keep-alive", b"close"):
        return None
    if length is None or not (length.isdigit() and len(length) < 7 or length == b"" and line[0] == b"GET"):
        return None
    return Head(line[0], line[1], int(length or b"0"), connection == b"close")


def _only(fields: bytes, name: bytes) -> bytes | None:
    """The value of a field that stands there once, or empty; None where its name stands anywhere else or twice."""
    found = fields.count(name)
    if not found:
        return b""
    at = fields.find(b"\r\n%b:" % name)
    if found > 1 or at < 0:
        return None
    begin = at + len(name) + 3
    return fields[begin:fields.find(b"\r\n", begin)].strip(b" \t")


_known_head = lru_cache(maxsize=512)(_head)
