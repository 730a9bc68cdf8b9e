# SPDX-License-Identifier: Apache-2.0
"""What a fault in a library that reads foreign files could do from inside the child: nothing that harms others."""

import json
import os
import platform
import socket
import subprocess
import sys

import pytest

from paraph.kernel import confinement, isolation
from paraph.kernel.confinement import Limits, run

# Each attempt is one expression; the child tells the name of the error that it got, or what it reached.
CHILD = """
import ctypes, mmap, os, shutil, signal, socket, subprocess, sys, threading, time
from paraph.kernel import confinement

libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

def append(path):
    with open(path, "a") as file:
        file.write("x")

def lazily(name):
    return __import__(name).__name__

def handle(request, content):
    told = {}
    for attempt in request["attempts"]:
        try:
            told[attempt] = repr(eval(attempt, globals(), {"place": request["place"]}))
        except BaseException as error:
            told[attempt] = type(error).__name__
    return told, content

if __name__ == "__main__":
    confinement.serve(handle)
"""
LIMITS = Limits(cpu_seconds=5, seconds=20, memory_megabytes=600, answer_megabytes=1)


@pytest.fixture
def attempt(tmp_path, monkeypatch):
    (tmp_path / "breaking_out.py").write_text(CHILD)
    monkeypatch.syspath_prepend(tmp_path)

    def ask(*attempts, place=""):
        return run("breaking_out", {"attempts": attempts, "place": str(place)}, b"", LIMITS)[0]

    return ask


def test_this_kernel_can_isolate():
    assert isolation.missing() == ()


def test_no_file_can_be_reached_but_the_interpreters_own(attempt, tmp_path):
    secret = tmp_path / "key-ring"
    secret.write_text("secret")
    (tmp_path / "link").symlink_to(secret)
    told = attempt(
        "open(place).read()", "open(place + '/../link').read()", "open('/etc/passwd').read()",
        "open('/proc/self/environ').read()",
        f"open('/proc/{os.getpid()}/environ', 'rb').read()", f"open('/proc/{os.getpid()}/mem', 'rb').read(1)",
        "os.listdir(os.path.dirname(place))", "os.listdir('/')", "append(place)", "os.unlink(place)",
        "os.rename(place, place + '2')",
        "os.chmod(place, 0o777)", "os.truncate(place, 0)", "os.mkdir(place + '3')", "os.symlink('/', place + '4')",
        "os.link(place, place + '5')", "os.mkfifo(place + '6')", "os.utime(place)", "os.chroot('/usr/lib')",
        "os.setxattr(place, 'user.x', b'1')", "open(os.__file__, 'a')", place=secret)
    assert set(told.values()) <= {"PermissionError", "OSError", "NotADirectoryError", "FileNotFoundError"}, told
    assert secret.read_text() == "secret"


def test_no_descriptor_of_the_parents_is_inherited(attempt):
    with open(os.devnull) as file:
        os.set_inheritable(file.fileno(), True)
        told = attempt(*(f"os.fstat({number})" for number in range(3, 40)))
    assert set(told.values()) == {"OSError"}


def test_nobody_can_be_called(attempt, tmp_path):
    door = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as signer, socket.socket() as web:
        signer.bind(door)
        signer.listen()
        web.bind(("127.0.0.1", 0))
        web.listen()
        told = attempt(
            "socket.socket(socket.AF_UNIX).connect(place)", f"socket.create_connection(('127.0.0.1', {web.getsockname()[1]}))",
            "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)", "socket.socketpair()",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
            "socket.getaddrinfo('localhost', 80)[0][4][0] == socket.gethostbyname('pki.example.com')", place=door)
    assert set(told.values()) <= {"OSError", "gaierror"}, told


def test_no_other_process_can_be_touched_or_made(attempt):
    told = attempt(
        f"os.kill({os.getpid()}, 0)", "os.killpg(0, 0)", f"os.pidfd_open({os.getpid()})",
        f"signal.pidfd_send_signal({os.getpid()}, 0)", f"os.setpriority(os.PRIO_PROCESS, {os.getpid()}, 19)",
        f"os.sched_setaffinity({os.getpid()}, [0])", f"__import__('resource').prlimit({os.getpid()}, 7)",
        "os.fork()", "os.posix_spawn('/bin/true', ['true'], {})", "os.execv('/bin/true', ['true'])",
        "subprocess.run([sys.executable, '-V'])",
        "threading.Thread(target=print).start()", "os.memfd_create('x')", "os.setsid()",
        "os.setuid(0)", "os.nice(1)")
    assert set(told.values()) <= {"OSError", "PermissionError", "RuntimeError"}, told


@pytest.mark.parametrize("name", ["ptrace", "process_vm_readv", "bpf", "perf_event_open", "io_uring_setup", "keyctl", "prctl",
                                  "clone", "clone3", "unshare", "setns", "mount", "userfaultfd", "seccomp", "pidfd_getfd"])
def test_calls_that_open_other_ways_are_unknown(attempt, name):
    number = NUMBERS[platform.machine()][name]
    told = attempt(f"call({number}, 0, 0, 0, 0, 0)")
    assert list(told.values()) == ["OSError"]


def test_what_remains_cannot_be_turned_into_a_signal_or_a_terminals_input(attempt):
    told = attempt(f"__import__('fcntl').fcntl(1, __import__('fcntl').F_SETOWN, {os.getpid()})",
                   "__import__('fcntl').ioctl(0, 0x5412, b'x')",
                   "__import__('fcntl').fcntl(1, __import__('fcntl').F_SETFL, 0o20000)")
    assert set(told.values()) == {"OSError"}


def test_what_libraries_load_late_is_still_there(attempt):
    told = attempt("'ü'.encode('cp1252')", "'bücher'.encode('idna')", "lazily('tarfile')", "lazily('lxml.etree')",
                   "len(os.urandom(8))", "time.monotonic() > 0", "len(bytearray(50_000_000))", "os.getpid() > 0",
                   "__import__('zoneinfo').ZoneInfo('Europe/Luxembourg')")
    assert told["'bücher'.encode('idna')"] == repr(b"xn--bcher-kva")
    assert not [value for value in told.values() if "Error" in value], told


def test_a_child_that_would_be_isolated_in_part_gives_up():
    code = ("import threading; from paraph.kernel import isolation\n"
            "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
            "try:\n    isolation.enter(required={})\nexcept isolation.NotIsolated as error:\n    print(error)")
    for required in (True, False):
        told = subprocess.run([sys.executable, "-c", code.format(required)], capture_output=True, text=True, check=True,
                              env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
        assert "another thread" in told.stdout


LACKING = """
import json, sys
from paraph.kernel import isolation
isolation.missing = lambda: (isolation.LANDLOCK,)
try:
    isolation.enter(required=sys.argv[1] == "1")
except isolation.NotIsolated as error:
    print(json.dumps(str(error)))
else:
    import socket
    try:
        socket.socket()
    except OSError:
        print(json.dumps("no socket, but " + open("/etc/hostname").read(0) + "files"))
"""


@pytest.mark.parametrize(("required", "answer"), [(True, "this kernel lacks Landlock"), (False, "no socket, but files")])
def test_a_kernel_that_lacks_a_part_stops_the_child_or_gives_what_it_has(required, answer):
    told = subprocess.run([sys.executable, "-c", LACKING, str(int(required))], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    assert json.loads(told.stdout) == answer


def test_the_setting_reaches_the_child(attempt, monkeypatch):
    seen = []

    def start(command, **_):
        seen.append(command)
        raise OSError

    monkeypatch.setattr(confinement.subprocess, "Popen", start)
    for required in (True, False):
        confinement.bind(required=required)
        with pytest.raises(OSError):
            attempt("1")
    confinement.bind(required=True)
    assert [command[-1] for command in seen] == ["1", "0"]


def test_by_default_isolation_is_demanded():
    assert confinement._required is True


NUMBERS = {
    "x86_64": {"ptrace": 101, "process_vm_readv": 310, "bpf": 321, "perf_event_open": 298, "io_uring_setup": 425, "keyctl": 250,
               "prctl": 157, "clone": 56, "clone3": 435, "unshare": 272, "setns": 308, "mount": 165, "userfaultfd": 323,
               "seccomp": 317, "pidfd_getfd": 438},
    "aarch64": {"ptrace": 117, "process_vm_readv": 270, "bpf": 280, "perf_event_open": 241, "io_uring_setup": 425, "keyctl": 219,
                "prctl": 167, "clone": 220, "clone3": 435, "unshare": 97, "setns": 268, "mount": 40, "userfaultfd": 282,
                "seccomp": 277, "pidfd_getfd": 438},
}


@pytest.mark.parametrize("machine", sorted(isolation.MACHINES))
def test_no_forbidden_number_is_among_those_that_remain(machine):
    _, seccomp, calls = isolation.MACHINES[machine]
    assert not set(calls.values()) & set(NUMBERS[machine].values())
    assert len(set(calls.values())) == len(calls)
    assert seccomp == NUMBERS[machine]["seccomp"]
