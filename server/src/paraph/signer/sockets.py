# SPDX-License-Identifier: Apache-2.0
"""Unix sockets between processes of one host, also below folders whose path is longer than a socket address may be."""

import errno
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


def listen(path: Path, group: int | None = None) -> socket.socket:
    """Listens at `path`, for this user only, or for the members of `group` too. A socket left by a process that is gone is
    replaced. Raises OSError (EADDRINUSE when somebody answers there; EPERM when others could put their own socket
    into its folder)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if group is not None:
        _open_folder(path.parent, group)
    if path.is_socket() and not _answers(path):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mask makes the socket 0600 from its first instant.
    mask = os.umask(0o177)
    try:
        with _address(path) as address:
            listener.bind(address)
        if group is not None:
            _give(path, group)
            path.chmod(0o660)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(mask)
    listener.listen(128)
    return listener


def _open_folder(folder: Path, group: int) -> None:
    """Members of the group may pass through the folder, and nobody but its owner may make something in it."""
    held = folder.stat()
    if held.st_uid == os.geteuid():
        _give(folder, group)
        folder.chmod(0o710)
    elif held.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "others could put a socket of theirs into the folder", str(folder))


def _give(path: Path, group: int) -> None:
    # Only where it is needed: a service manager may have given the group already, and taken the right to change it.
    if path.stat().st_gid != group:
        os.chown(path, -1, group)


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
