# SPDX-License-Identifier: Apache-2.0
"""How values look as JSON, and frames on a stream socket: four octets of length (big endian), then UTF-8 JSON."""

import base64
import binascii
import dataclasses
import json
import socket
from datetime import datetime
from enum import StrEnum
from typing import Any

from paraph.signer.values import (
    DeviceInfo,
    HolderKeys,
    KeyInfo,
    Outcome,
    RecordEntry,
    RecordReport,
    ScanChallenge,
    Session,
    Signed,
)

# Room for a revocation list of some hundred thousand entries in base64; beyond it a peer is broken or hostile.
LARGEST_FRAME = 32 * 1024 * 1024

_VALUES = {kind.__name__: kind for kind in (
    KeyInfo, Session, HolderKeys, RecordEntry, RecordReport, ScanChallenge, DeviceInfo, Signed)}
_AS_THEY_ARE = frozenset((str, int, bool, type(None)))
_ENUMERATIONS = {kind.__name__: kind for kind in (Outcome,)}


class Unreadable(ValueError):
    """The bytes are not a value that this protocol knows."""


def dump(value: Any) -> bytes:
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()


def load(encoded: bytes) -> Any:
    try:
        return _rich(json.loads(encoded))
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise Unreadable(type(error).__name__) from error


def _plain(value: Any) -> Any:
    # Most are plain already, and this is asked for each of them.
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, StrEnum):
        kind = type(value).__name__
        return {"$enum": kind, "value": value.value} if kind in _ENUMERATIONS else value.value
    if isinstance(value, str | int):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, datetime):
        return {"$instant": value.isoformat()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [_plain(item) for item in value]}
    if isinstance(value, dict):
        if not all(isinstance(name, str) and not name.startswith("$") for name in value):
            raise TypeError("names are text and do not begin with $")
        return {name: _plain(item) for name, item in value.items()}
    if type(value).__name__ in _VALUES:
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"$value": type(value).__name__, **fields}
    raise TypeError(f"{type(value).__name__} has no place on the wire")


def _rich(value: Any) -> Any:
    if isinstance(value, list):
        return [_rich(item) for item in value]
    if not isinstance(value, dict):
        if isinstance(value, float):
            raise Unreadable("a fraction")
        return value
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"], validate=True)
    if "$instant" in value:
        instant = datetime.fromisoformat(value["$instant"])
        if instant.tzinfo is None:
            raise Unreadable("an instant without time zone")
        return instant
    if "$tuple" in value:
        return tuple(_rich(item) for item in value["$tuple"])
    if "$enum" in value:
        return _ENUMERATIONS[value["$enum"]](value["value"])
    if "$value" in value:
        kind = _VALUES[value["$value"]]
        return kind(**{name: _rich(item) for name, item in value.items() if name != "$value"})
    return {name: _rich(item) for name, item in value.items()}


def send(connection: socket.socket, value: Any) -> None:
    encoded = dump(value)
    if len(encoded) > LARGEST_FRAME:
        raise Unreadable("too large")
    connection.sendall(len(encoded).to_bytes(4, "big") + encoded)


def receive(connection: socket.socket) -> Any:
    """The next value, or None when the peer closed between two frames. Raises Unreadable, ConnectionError."""
    head = _exactly(connection, 4, at_a_boundary=True)
    if head is None:
        return None
    size = int.from_bytes(head, "big")
    if not 0 < size <= LARGEST_FRAME:
        raise Unreadable("frame size")
    body = _exactly(connection, size)
    if body is None:
        raise ConnectionResetError("the peer closed inside a frame")
    return load(body)


def _exactly(connection: socket.socket, count: int, at_a_boundary: bool = False) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(min(count - len(parts), 1 << 16))
        if not part:
            if at_a_boundary and not parts:
                return None
            raise ConnectionResetError("the peer closed inside a frame")
        parts += part
    return bytes(parts)
