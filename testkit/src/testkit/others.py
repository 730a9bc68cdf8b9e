# SPDX-License-Identifier: Apache-2.0
"""Processes of other users of the operating system, for tests of what lies between users. Only root can start them."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

# Numbers without a name: nobody's on any machine of ours.
SIGNER, WEB, STRANGER, SHARED = 61001, 61002, 61003, 61010
ROOT = 0


def needed() -> None:
    """Ends the test as not run, with the reason, where this run can't become other users."""
    if os.geteuid() != ROOT:
        pytest.skip("not run: only root can start processes of other users")
    python()


@lru_cache
def python() -> str:
    """A Python of our version that every user may run, and that finds what is installed here."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        if _works(candidate):
            return candidate
    pytest.skip(f"not run: no other user may run Python {version} with the libraries of this checkout")


@contextmanager
def folder() -> Iterator[Path]:
    """Root's own, and every user may look into it; pytest's are for one user."""
    made = Path(tempfile.mkdtemp(prefix="paraph-users-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made)


def _works(candidate: str) -> bool:
    try:
        return start(STRANGER, [candidate, "-c", "import django, cryptography, paraph.signer"]).wait() == 0
    except OSError:
        return False


def path() -> str:
    """For PYTHONPATH: our folders and the libraries, without the running Python's own."""
    own = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), f"{sysconfig.get_path('platstdlib')}/lib-dynload"}
    return os.pathsep.join(entry for entry in sys.path if entry and entry not in own and Path(entry).is_dir())


def start(user: int, command: Sequence[str], *, group: int | None = None, groups: Sequence[int] = (),
          environment: dict[str, str] | None = None, **how: Any) -> subprocess.Popen:
    """Its environment is `environment` and nothing of ours but PATH. `group`: its first one, by default its own."""
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": path(), "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent",
             **(environment or {})}
    return subprocess.Popen(list(command), user=user, group=user if group is None else group, extra_groups=list(groups),
                            env=given, cwd="/", **how)


def run(user: int, command: Sequence[str], **how: Any) -> subprocess.CompletedProcess:
    started = start(user, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)
    out, err = started.communicate(timeout=120)
    return subprocess.CompletedProcess(list(command), started.returncode, out, err)


def ask(user: int, program: str, *arguments: object, groups: Sequence[int] = ()) -> subprocess.CompletedProcess:
    """Runs these lines of Python as that user."""
    return run(user, [python(), "-c", program, *map(str, arguments)], groups=groups)
