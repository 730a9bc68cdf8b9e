# SPDX-License-Identifier: Apache-2.0
"""The units of deploy/systemd, read; and, without systemd, what they take away from a program in calls to the kernel.

`python -m testkit.units UNIT COMMAND…` runs the command with the unit's SystemCallFilter= and MemoryDenyWriteExecute=, made with
libseccomp as systemd makes them. Nothing else of the unit is applied: users, folders and networks are the tests'.
"""

import ctypes
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "systemd"
REFUSE, ALLOW = 0x0005_0001, 0x7FFF_0000  # EPERM, as SystemCallErrorNumber= says
WRITE, EXECUTE, MASKED_EQUAL = 2, 4, 7


def settings(unit: str) -> dict[str, list[str]]:
    """Each setting with its values, in their order."""
    read = defaultdict(list)
    for line in (FOLDER / unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            read[name].append(value)
    return dict(read)


def allowed_calls(unit: str) -> set[str]:
    calls: set[str] = set()
    for value in settings(unit)["SystemCallFilter"]:
        named = {call for word in value.removeprefix("~").split() for call in _expanded(word)}
        calls = calls - named if value.startswith("~") else calls | named
    # systemd adds what a program needs in order to be started at all.
    return calls | set(_expanded("@default")) | {"execve"}


def _expanded(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    told = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", word], capture_output=True, text=True, check=True)
    words = [line.strip() for line in told.stdout.splitlines()[1:]]
    return {call for line in words if line and not line.startswith("#") for call in _expanded(line)}


class Compare(ctypes.Structure):
    """scmp_arg_cmp of libseccomp: an argument, masked with the first datum, equals the second."""

    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("mask", ctypes.c_uint64), ("value", ctypes.c_uint64)]


def apply(unit: str) -> None:
    """For this process and its children, for good."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    if settings(unit).get("MemoryDenyWriteExecute") == ["yes"]:
        context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ALLOW)))
        for call, bits in (("mmap", WRITE | EXECUTE), ("mprotect", EXECUTE), ("pkey_mprotect", EXECUTE)):
            number = ctypes.c_int(library.seccomp_syscall_resolve_name(call.encode()))
            only = Compare(2, MASKED_EQUAL, bits, bits)
            _must(library.seccomp_rule_add_array(context, ctypes.c_uint32(REFUSE), number, ctypes.c_uint(1), ctypes.byref(only)))
        _must(library.seccomp_load(context))
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE)))
    for call in sorted(allowed_calls(unit)):
        number = library.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            _must(library.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), ctypes.c_int(number), ctypes.c_uint(0)))
    _must(library.seccomp_load(context))


def _must(outcome: int) -> None:
    if outcome < 0:
        raise OSError(-outcome, os.strerror(-outcome))


if __name__ == "__main__":
    apply(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
