# SPDX-License-Identifier: Apache-2.0
"""Users of the operating system: who may ask the signer, and how root works as another user without losing the way back."""

import grp
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = 0
# What the kernel says of a user that it can't name here, as from another user namespace (proc(5)).
_UNNAMEABLE = Path("/proc/sys/kernel/overflowuid")
_LARGEST = 2**32 - 2


@dataclass(frozen=True)
class Askers:
    """Who may ask over the socket besides the signer's own user and root, and the group whose members can reach it.
    Asking is all: what is said on the signer's host only is no call of the socket, for nobody."""

    users: frozenset[int] = frozenset()
    group: int | None = None

    def admit(self, user: int) -> bool:
        return user in (os.geteuid(), ROOT) or user in self.users


def askers(users: str, group: str) -> Askers:
    """From names or numbers, the users between commas. Raises ValueError with a sentence."""
    listed = frozenset(_user(word.strip()) for word in users.split(",") if word.strip())
    if bool(listed) != bool(group):
        raise ValueError("users and the group that lets them reach the socket are given together, or neither.")
    return Askers(listed, _group(group) if group else None)


def _user(word: str) -> int:
    try:
        number = _number(word) if word.isdecimal() else pwd.getpwnam(word).pw_uid
    except KeyError as error:
        raise ValueError(f"there is no user {word} on this machine.") from error
    if number == _unnameable():
        raise ValueError(f"{word} stands for every user that the kernel can't name: it would let in strangers.")
    return number


def _group(word: str) -> int:
    try:
        return _number(word) if word.isdecimal() else grp.getgrnam(word).gr_gid
    except KeyError as error:
        raise ValueError(f"there is no group {word} on this machine.") from error


def _number(word: str) -> int:
    if int(word) > _LARGEST:
        raise ValueError(f"{word} is no number of a user or a group.")
    return int(word)


def _unnameable() -> int:
    try:
        return int(_UNNAMEABLE.read_text())
    except (OSError, ValueError):
        return 65534


def name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def started_as() -> int:
    """Who this process is in truth, also while it works as another."""
    return os.getresuid()[2]


def work_as(user: int, *, besides: int | None = None) -> None:
    """Root works as that user from now on, with its groups and `besides`: files that are made are its own, and children can't
    go back. Nothing for anybody else."""
    if os.geteuid() != ROOT or user == ROOT:
        return
    try:
        entry = pwd.getpwuid(user)
        group, groups = entry.pw_gid, os.getgrouplist(entry.pw_name, entry.pw_gid)
    except KeyError:
        group, groups = user, []
    os.setgroups([*groups, *([] if besides is None else [besides])])
    os.setresgid(group, group, group)
    os.setresuid(user, user, ROOT)


@contextmanager
def as_root() -> Iterator[None]:
    """A process that root started is root as long as this lasts; for anybody else nothing changes."""
    user = os.geteuid()
    if user == ROOT or started_as() != ROOT:
        yield
        return
    os.setresuid(-1, ROOT, -1)
    try:
        yield
    finally:
        os.setresuid(-1, user, -1)


@contextmanager
def as_before() -> Iterator[None]:
    """Inside `as_root`: for a while the user that the process works as."""
    user = os.getuid()
    if os.geteuid() != ROOT or user == ROOT:
        yield
        return
    os.setresuid(-1, user, -1)
    try:
        yield
    finally:
        os.setresuid(-1, ROOT, -1)
