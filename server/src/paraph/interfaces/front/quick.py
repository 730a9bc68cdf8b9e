# SPDX-License-Identifier: Apache-2.0
"""The simplest requests, read without a parser: whole in one piece, alone in it, and nothing special about them.

What is in any way unusual is left to h11: None is no refusal. What is taken must be what h11 would have taken, so a
head with a line that ends otherwise, with two lengths, or with another framing is never simple.
"""

import re
from functools import lru_cache
from typing import NamedTuple

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


def read(data: bytes) -> tuple[Head, bytes] | None:
    """The head and the body of a simple request that is all of `data`."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    # Programs that post begin each request alike. Where the question stands in the head, none is like another.
    head = (_known_head if data[:4] == b"POST" else _head)(data[:end + 2])
    if head is None or len(data) != end + 4 + head.length:
        return None
    return head, data[end + 4:]


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
