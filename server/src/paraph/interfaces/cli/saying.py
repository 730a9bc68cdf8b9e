# SPDX-License-Identifier: Apache-2.0
"""What the commands of operators share: who sits at the keyboard, and how they say what was done or refused."""

import argparse
import json
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext_noop

from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.signer import users

# The kernel's note of who logged in; it survives sudo and su, and nobody but root can change it.
_LOGIN = Path("/proc/self/loginuid")
_NOBODY = 2**32 - 1


def account(command: str = "ca") -> Caller:
    """Who sits at the keyboard, as the operating system knows him: his login, else who called sudo, else the process."""
    return Caller(at=clock.bound().now(), channel=f"cli:{command}", person=f"os:{_name()}")


def _name() -> str:
    logged_in = login_uid()
    if logged_in is not None:
        return pwd.getpwuid(logged_in).pw_name
    return os.environ.get("SUDO_USER") or users.name(users.started_as())


def login_uid() -> int | None:
    """The user that logged in to this session; None where the kernel does not keep it, as in most containers."""
    try:
        uid = int(_LOGIN.read_text())
    except (OSError, ValueError):
        return None
    return None if uid == _NOBODY else uid


def guarded(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """A refusal is one line and status 1."""

    def guard(parsed: argparse.Namespace) -> int:
        try:
            return run(parsed)
        except Refusal as refusal:
            found = refusal.facts.get("findings") or refusal.facts.get("failure") or ""
            print(f"{refusal.code}: {', '.join(found) if isinstance(found, list) else found or refusal}", file=sys.stderr)
            return 1

    return guard


def writes(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    return reads(command)


def reads(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("--json", action="store_true", help="for programs")
    return command


def say(parsed: argparse.Namespace, facts: dict) -> int:
    print(json.dumps(facts) if parsed.json else _block(facts))
    return 0


def say_all(parsed: argparse.Namespace, rows: list[dict], nothing: str) -> int:
    if parsed.json:
        print(json.dumps(rows))
    else:
        print("\n\n".join(_block(row) for row in rows) or nothing)
    return 0


def _block(facts: dict) -> str:
    return "\n".join(f"{name:12} {value}" for name, value in facts.items())


class Unreadable(Refusal):
    """A file that was named can't be read."""

    code = "unreadable"
    sentence = gettext_noop("Ce fichier ne peut pas être lu.")


def read_bytes(path: Path) -> bytes:
    """Refuses: Unreadable."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(path=str(path)) from error
