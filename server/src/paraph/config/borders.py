# SPDX-License-Identifier: Apache-2.0
"""The border between the signer's user and the service's (the web processes and the worker): who owns what, and who can
reach what. Each user judges what it sees; root sees both sides.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paraph.config import environment
from paraph.signer import users

PROGRAM = Path(__file__).resolve().parent.parent
# Files of the service that hold secrets: name below DATA/secrets, setting.
SERVICE_SECRETS = (("key-ring", "KEY_RING"), ("pepper", "PEPPER"), ("django-key", "SECRET_KEY"))
PLACE_OF_PASSPHRASE = ("key-store", "KEY_STORE_PASSPHRASE")
SIGNER_FILES = ("signer.sqlite3", "signer.sqlite3-wal", "signer.sqlite3-shm", "software-store.json")


@dataclass(frozen=True)
class Side:
    """One side's user and what must be its own: folders and files that nobody else may even read."""

    name: str
    user: int
    private: tuple[Path, ...]


def demanded() -> bool:
    """Whether others than the signer's own user are to ask it: then a broken border stops the programs."""
    return bool(environment.read("SIGNER_USERS"))


def refuse() -> None:
    """For programs that stay. Raises SettingError where a border is demanded and, as far as this user sees, not there."""
    if not demanded():
        return
    if users.started_as() == users.ROOT:
        raise environment.SettingError("with PARAPH_SIGNER_USERS no program runs as root, which no border holds: start each as "
                                       "its own user.")
    if found := look():
        raise environment.SettingError(" ".join(found))


def look() -> list[str]:
    """One sentence for each thing that is wrong."""
    with users.as_root():
        return [*_judge(users.started_as())]


def seen_by() -> str:
    """Who judged, and what that is worth."""
    with users.as_root():
        if _signers_user() is None:
            return "border: neither the signer's folder nor its socket is seen from here, so nothing was judged."
    viewer = users.started_as()
    if viewer == users.ROOT:
        return "border: judged as root, which sees both sides."
    return (f"border: judged as {users.name(viewer)}, which sees its own side only. `paraph signer --check` as the signer's "
            "user, `paraph check --deploy` as the service's, or either as root, judge the rest.")


def _signers_user() -> int | None:
    # A service manager that hides a folder puts one of root's in its place: then the socket says it.
    owner = _owner(environment.signer_folder())
    if owner in (None, users.ROOT):
        answering = _owner(environment.signer_socket())
        return owner if answering is None else answering
    return owner


def _judge(viewer: int) -> Iterator[str]:
    signer = _signers_user()
    service = _owner(environment.data_directory()) if viewer in (users.ROOT, signer) else viewer
    if signer is None or service is None:
        return
    if signer == service:
        yield (f"the signer and the service are one user, {users.name(signer)}: whoever has a web process has the key store's "
               "passphrase. Give each a user of its own (docs/operate/install.md).")
        return
    sides = (Side("signer", signer, (environment.signer_folder(), *_signers())),
             Side("service", service, tuple(_services())))
    for side in sides:
        for path in side.private:
            yield from _owned(path, side)
        for folder in sorted({parent for path in side.private for parent in path.parents}):
            yield from _safe_above(folder, side)
    yield from _socket(sides[0], viewer)
    if viewer != users.ROOT:
        for side in sides:
            if side.user != viewer:
                yield from _unreadable(side, viewer)
    if viewer == service:
        yield from _program()


def _signers() -> Iterator[Path]:
    yield from (environment.signer_folder() / name for name in SIGNER_FILES)
    if path := environment.secret_place(*PLACE_OF_PASSPHRASE):
        yield path


def _services() -> Iterator[Path]:
    for name, setting in SERVICE_SECRETS:
        if path := environment.secret_place(name, setting):
            yield path
    for setting in ("DATABASE_URL", "SMTP_URL", "SMS_SECRET"):
        if given := os.environ.get(f"PARAPH_{setting}_FILE"):
            yield Path(given).absolute()
    yield from (environment.data_directory() / name for name in ("blobs", "witness"))


def _owned(path: Path, side: Side) -> Iterator[str]:
    held = _look_at(path)
    if held is None:
        return
    if held.st_uid not in (side.user, users.ROOT):
        yield (f"{path} belongs to {users.name(held.st_uid)}, not to the {side.name}'s user {users.name(side.user)}: "
               f"chown {users.name(side.user)} {path}.")
    if held.st_mode & 0o077:
        yield f"{path} is open to others than its owner (mode {stat.S_IMODE(held.st_mode):o}): chmod go= {path}."


def _safe_above(folder: Path, side: Side) -> Iterator[str]:
    """Whoever may write a folder can put something of his in the place of what lies in it."""
    held = _look_at(folder)
    if held is None:
        return
    if held.st_uid not in (side.user, users.ROOT):
        yield (f"{folder} belongs to {users.name(held.st_uid)}, who can so replace what is the {side.name}'s in it: put it "
               f"elsewhere, or chown {users.name(side.user)} {folder}.")
    elif held.st_mode & 0o022 and not held.st_mode & stat.S_ISVTX:
        yield f"{folder} can be written by others (mode {stat.S_IMODE(held.st_mode):o}), with what is the {side.name}'s in it: " \
              f"chmod go-w {folder}."


def _socket(side: Side, viewer: int) -> Iterator[str]:
    path = environment.signer_socket()
    for folder in path.parents:
        yield from _safe_above(folder, side)
    held = _look_at(path)
    if held is None:
        return
    if held.st_uid != side.user:
        yield (f"the socket {path} belongs to {users.name(held.st_uid)}, not to the signer's user {users.name(side.user)}: "
               "somebody else may answer there.")
    if held.st_mode & 0o007:
        yield f"the socket {path} is open to everybody (mode {stat.S_IMODE(held.st_mode):o}): start the signer again."
    if viewer not in (side.user, users.ROOT) and not _reaches(path, os.W_OK):
        yield (f"{users.name(viewer)} does not reach the signer's socket {path}: make it a member of the group of "
               "PARAPH_SIGNER_GROUP, and start the signer with that setting.")


def _unreadable(side: Side, viewer: int) -> Iterator[str]:
    for path in side.private:
        if _reaches(path, os.R_OK):
            yield f"{users.name(viewer)} can read {path}, which is the {side.name}'s alone."
    settings = [PLACE_OF_PASSPHRASE] if side.name == "signer" else SERVICE_SECRETS
    for _, setting in settings:
        if os.environ.get(f"PARAPH_{setting}"):
            yield (f"PARAPH_{setting} stands in the environment of {users.name(viewer)}, and is the {side.name}'s alone: "
                   f"give it as PARAPH_{setting}_FILE, a file of the {side.name}'s user.")


def _program() -> Iterator[str]:
    if _reaches(PROGRAM, os.W_OK):
        yield f"the service's user can change the program itself ({PROGRAM}), which the signer runs too: let root own it."


def _reaches(path: Path, way: int) -> bool:
    return os.access(path, way, effective_ids=True)


def _owner(path: Path) -> int | None:
    held = _look_at(path)
    return None if held is None else held.st_uid


def _look_at(path: Path) -> os.stat_result | None:
    """None also where this user may not look: then nobody says that it is right."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
