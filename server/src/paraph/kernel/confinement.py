# SPDX-License-Identifier: Apache-2.0
"""Foreign files are taken apart in a child process with little time, little memory and nothing to steal.

`run` starts a module of ours as that child and hands it one request and one content; the module's last line calls
`serve`. The child gets no environment of the parent's (so no secret), writes no file, and dies at its limits. Before it
looks at the content it isolates itself (kernel.isolation): a fault in a library that reads foreign files finds neither
the key ring nor the signer's socket. Whatever it does to itself, the parent gets an answer or one of two exceptions.
"""

import json
import logging
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from paraph.kernel import isolation

logger = logging.getLogger("paraph.confinement")

MEGABYTE = 1024 * 1024
AT_ONCE = 4
WAIT_SECONDS = 30
_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Limits:
    """`cpu_seconds` of work, `seconds` by the clock on the wall, memory and answer in megabytes.

    `at_once` for what strangers may ask: as many of them hold a place, and whoever comes beyond is refused at once, so
    that costly files of anybody never take all places, nor all threads of the process that waits for them.
    """

    cpu_seconds: int = 20
    seconds: int = 40
    memory_megabytes: int = 1024
    answer_megabytes: int = 128
    at_once: int | None = None


class ChildFailed(Exception):
    """The child died without an answer: the content broke it, or used up its memory or its time."""


class TooBusy(Exception):
    """All places for children stayed taken for half a minute, or those of this module are taken now."""


_required = True


def bind(*, required: bool) -> None:
    """Whether a child dies where the kernel can't isolate it (so by default), or does with what there is."""
    global _required
    _required = required


_strangers: dict[str, threading.BoundedSemaphore] = {}
_strangers_lock = threading.Lock()


def run(module: str, request: dict[str, Any], content: bytes, limits: Limits) -> tuple[dict[str, Any], bytes]:
    """What the module's handler answers to (request, content). Raises ChildFailed or TooBusy."""
    with _place_among_strangers(module, limits.at_once):
        if not _places.acquire(timeout=WAIT_SECONDS):
            raise TooBusy(module)
        try:
            return _parse(_communicate(module, _frame(request, content), limits))
        finally:
            _places.release()


@contextmanager
def _place_among_strangers(module: str, at_once: int | None) -> Iterator[None]:
    if at_once is None:
        yield
        return
    with _strangers_lock:
        places = _strangers.setdefault(module, threading.BoundedSemaphore(at_once))
    if not places.acquire(blocking=False):
        raise TooBusy(module)
    try:
        yield
    finally:
        places.release()


def _communicate(module: str, message: bytes, limits: Limits) -> bytes:
    # The whole request lies in memory behind a descriptor, so that a child that does not read can't block the parent.
    source = os.memfd_create("request")
    try:
        with os.fdopen(source, "wb", closefd=False) as file:
            file.write(message)
        os.lseek(source, 0, os.SEEK_SET)
        child = subprocess.Popen(
            [sys.executable, "-s", "-P", "-m", module,
             str(limits.cpu_seconds), str(limits.memory_megabytes), str(int(_required))],
            stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
            env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "LC_ALL": "C.UTF-8"},
        )
    finally:
        os.close(source)
    alarm = threading.Timer(limits.seconds, child.kill)
    alarm.start()
    try:
        with child:
            answer = child.stdout.read(limits.answer_megabytes * MEGABYTE + 1)
            if len(answer) > limits.answer_megabytes * MEGABYTE:
                child.kill()
    finally:
        alarm.cancel()
    if child.returncode != 0:
        logger.warning("a confined child failed", extra={"fields": {"module": module, "exit": child.returncode}})
        raise ChildFailed(module)
    return answer


def serve(handler: Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]) -> None:
    """The child's side: put on the limits, read the request, give up all else, answer once.

    The calling module has imported by then what it needs; what its libraries load later lies in the folders that stay
    readable.
    """
    cpu_seconds, memory_megabytes, required = (int(value) for value in sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_megabytes * MEGABYTE, memory_megabytes * MEGABYTE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request, content = _parse(sys.stdin.buffer.read())
    isolation.enter(required=bool(required))
    # Nothing that a library prints may be taken for the answer.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    answers.write(_frame(*handler(request, content)))
    answers.flush()


def _frame(values: dict[str, Any], content: bytes) -> bytes:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return len(text).to_bytes(8, "big") + text + content


def _parse(message: bytes) -> tuple[dict[str, Any], bytes]:
    size = int.from_bytes(message[:8], "big")
    try:
        return json.loads(message[8 : 8 + size]), message[8 + size :]
    except ValueError as error:
        raise ChildFailed("no answer") from error
