# SPDX-License-Identifier: Apache-2.0
"""A process gives up for good what it does not need in order to read one content and to answer.

Landlock (Linux 5.13): of all files it may still read the interpreter, its libraries, our own code, fonts and time zones,
since codecs and picture formats are loaded when a content needs them; it writes and runs nothing, connects nowhere, and
signals nobody. seccomp: of all calls to the kernel those remain that reading, memory and time need; every other one
fails as if the kernel did not know it: sockets, other processes and their memory, programs, threads, new rights.
Both hold until the process ends and can't be taken back. No library is needed: the kernel is called by number.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
import sysconfig
from functools import cache
from pathlib import Path

LANDLOCK = "Landlock"
SECCOMP = "seccomp"

NO_NEW_PRIVILEGES = 38
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every machine
RULE_PATH_BENEATH = 1
READ_FILE, READ_DIRECTORY = 1 << 2, 1 << 3
# How many rights to files each version of Landlock knows; a right that is known and not given is taken away.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
TCP_SINCE, CONNECT_AND_BIND = 4, 0b11
SCOPES_SINCE, SIGNALS_AND_ABSTRACT_SOCKETS = 6, 0b11

SET_FILTER, ACTION_AVAILABLE, ALL_THREADS = 1, 2, 1
KILL, REFUSE, ALLOW = 0x8000_0000, 0x0005_0000, 0x7FFF_0000
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ARCHITECTURE_AT, NUMBER_AT, SECOND_ARGUMENT_AT = 4, 0, 24
# Two calls can do too much: of them remain the second arguments that Python uses. It asks whether a file is a terminal,
# marks descriptors that programs must not inherit (ioctl), copies descriptors and reads or sets that mark (fcntl).
LIMITED = {"ioctl": (0x5401, 0x5450, 0x5451), "fcntl": (0, 1, 2, 3, 1030)}

# (AUDIT_ARCH, seccomp, the calls that remain). The numbers are the kernel's own, of unistd_64.h and unistd.h.
MACHINES = {
    "x86_64": (0xC000_003E, 317, {
        "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9,
        "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15,
        "ioctl": 16,
        "pread64": 17, "readv": 19, "writev": 20, "access": 21, "select": 23, "sched_yield": 24, "mremap": 25,
        "mincore": 27, "madvise": 28, "dup": 32, "dup2": 33, "nanosleep": 35, "getpid": 39, "exit": 60, "uname": 63,
        "fcntl": 72, "getcwd": 79, "readlink": 89, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
        "times": 100, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "sigaltstack": 131,
        "statfs": 137, "fstatfs": 138, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204,
        "getdents64": 217, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
        "exit_group": 231, "openat": 257, "newfstatat": 262, "readlinkat": 267, "faccessat": 269, "pselect6": 270,
        "ppoll": 271, "set_robust_list": 273, "dup3": 292, "getcpu": 309, "getrandom": 318, "membarrier": 324,
        "statx": 332, "rseq": 334, "faccessat2": 439,
    }),
    "aarch64": (0xC000_00B7, 277, {
        "getcwd": 17, "dup": 23, "dup3": 24, "fcntl": 25, "ioctl": 29, "statfs": 43, "fstatfs": 44, "faccessat": 48, "openat": 56,
        "close": 57, "getdents64": 61, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67,
        "pselect6": 72, "ppoll": 73, "readlinkat": 78, "newfstatat": 79, "fstat": 80, "exit": 93, "exit_group": 94,
        "futex": 98, "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114,
        "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132,
        "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "times": 153, "uname": 160, "getrlimit": 163,
        "getrusage": 165, "getcpu": 168, "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175,
        "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222,
        "mprotect": 226, "mincore": 232, "madvise": 233, "getrandom": 278, "membarrier": 283, "statx": 291, "rseq": 293,
        "faccessat2": 439,
    }),
}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class NotIsolated(Exception):
    """The kernel refused a part of the isolation, or the process is not in a state that can be isolated."""


def enter(*, required: bool) -> None:
    """From here on this process is isolated. Raises NotIsolated where the kernel lacks a part and `required` says so."""
    lacking = missing()
    if lacking and required:
        raise NotIsolated(f"this kernel lacks {', '.join(lacking)}")
    if len(os.listdir("/proc/self/task")) != 1:
        raise NotIsolated("another thread would stay outside")
    if _libc.prctl(NO_NEW_PRIVILEGES, ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise NotIsolated("no_new_privs")
    if LANDLOCK not in lacking:
        _read_only(readable())
    if SECCOMP not in lacking:
        _filter_calls()


@cache
def missing() -> tuple[str, ...]:
    """What of LANDLOCK and SECCOMP this kernel, or what stands around this process, does not offer."""
    return tuple(name for name, offered in ((LANDLOCK, _version() >= 1), (SECCOMP, _has_filters())) if not offered)


def readable() -> list[Path]:
    """The interpreter's folders, the system's libraries, our own code, fonts and time zones, as far as they exist."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", str(Path(__file__).parents[1])}
    folders |= {"/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/zoneinfo"}
    return sorted({Path(folder).resolve() for folder in folders if Path(folder).exists()})


def _version() -> int:
    return _call(CREATE_RULESET, None, 0, 1, fails=True)


def _has_filters() -> bool:
    machine = MACHINES.get(platform.machine())
    # A 32-bit interpreter on such a machine makes calls by other numbers.
    if machine is None or sys.maxsize < 2**32:
        return False
    return _call(machine[1], ACTION_AVAILABLE, 0, struct.pack("=I", REFUSE), fails=True) == 0


def _read_only(paths: list[Path]) -> None:
    version = _version()
    files = (1 << FILE_RIGHTS.get(version, max(FILE_RIGHTS.values()))) - 1
    rights = [files]
    if version >= TCP_SINCE:
        rights.append(CONNECT_AND_BIND)
    if version >= SCOPES_SINCE:
        rights.append(SIGNALS_AND_ABSTRACT_SOCKETS)
    asked = struct.pack(f"={len(rights)}Q", *rights)
    ruleset = _call(CREATE_RULESET, asked, len(asked), 0)
    try:
        for path in paths:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = READ_FILE | READ_DIRECTORY if path.is_dir() else READ_FILE
            _call(ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", allowed, place), 0)
            os.close(place)
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _filter_calls() -> None:
    architecture, seccomp, calls = MACHINES[platform.machine()]
    allow = (RETURN, 0, 0, ALLOW)
    refuse = (RETURN, 0, 0, REFUSE | errno.ENOSYS)
    program = [(LOAD, 0, 0, ARCHITECTURE_AT), (JUMP_IF_EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL)]
    program.append((LOAD, 0, 0, NUMBER_AT))
    for name, number in calls.items():
        arguments = LIMITED.get(name)
        if arguments is None:
            program += [(JUMP_IF_EQUAL, 0, 1, number), allow]
            continue
        judged = [(LOAD, 0, 0, SECOND_ARGUMENT_AT)]
        for argument in arguments:
            judged += [(JUMP_IF_EQUAL, 0, 1, argument), allow]
        program += [(JUMP_IF_EQUAL, 0, len(judged) + 1, number), *judged, refuse]
    program.append(refuse)
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    header = struct.pack("@HP", len(program), ctypes.addressof(instructions))
    _call(seccomp, SET_FILTER, ALL_THREADS, header)


def _call(number: int, *arguments: int | bytes | None, fails: bool = False) -> int:
    """A call to the kernel; with `fails` a failure is -1, else NotIsolated."""
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = _libc.syscall(ctypes.c_long(number), *given)
    if result < 0 and not fails:
        raise NotIsolated(f"call {number}: {os.strerror(ctypes.get_errno())}")
    return result
