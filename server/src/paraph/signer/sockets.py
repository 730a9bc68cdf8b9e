# SPDX-License-Identifier: Apache-2.0
"""Unix sockets between processes of one user, also below folders whose path is longer than a socket address may be."""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# sun_path has 108 octets on Linux, one of them the final zero.
_LONGEST = 107


@contextmanager
def _address(path: Path) -> Iterator[str]:
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connect(path: Path, timeout_seconds: float) -> socket.socket:
    """A connection to the process that listens at `path`. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        with _address(path) as address:
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def listen(path: Path) -> socket.socket:
    """Listens at `path`, for this user only. A socket left by a process that is gone is replaced.
    Raises OSError (EADDRINUSE) when somebody answers there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_socket() and not _answers(path):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mask makes the socket 0600 from its first instant.
    mask = os.umask(0o177)
    try:
        with _address(path) as address:
            listener.bind(address)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(mask)
    listener.listen(128)
    return listener


def _answers(path: Path) -> bool:
    try:
        connect(path, 2.0).close()
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    return True


def peer_user(connection: socket.socket) -> int:
    """The user id of the process at the other end, told by the kernel (SO_PEERCRED)."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1]
