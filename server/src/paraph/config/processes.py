# SPDX-License-Identifier: Apache-2.0
"""One command, a process tree: signer, worker, web, and in a demonstration the citizen portal.

The parent starts them in order, restarts what falls (not more than a few times a minute), and stops them in the
opposite order, so that a signature under way can finish.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

GRACE_SECONDS = 10
RESTARTS_PER_MINUTE = 5


_libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def _end_with_the_parent() -> None:
    # A killed parent must leave nothing behind: the kernel then sends the child SIGTERM (prctl(2), Linux).
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Program:
    """One child: its name in messages, its command, and what of the environment it gets besides ours."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    log: Path | None = None
    process: subprocess.Popen | None = None
    falls: deque = field(default_factory=lambda: deque(maxlen=RESTARTS_PER_MINUTE))

    def start(self) -> None:
        output = open(self.log, "ab") if self.log else None  # noqa: SIM115  (the child keeps it)
        try:
            self.process = subprocess.Popen(
                self.command, env={**os.environ, **self.environment}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=_end_with_the_parent)  # noqa: PLW1509
        finally:
            if output:
                output.close()

    def fell(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def paraph(name: str, *arguments: str, log: Path | None = None) -> Program:
    return Program(name=name, command=[sys.executable, "-m", "paraph.config.main", *arguments], log=log)


def web(name: str, target: str, port: int, *, host: str = "127.0.0.1", several: bool = False, log: Path | None = None,
        environment: dict[str, str] | None = None) -> Program:
    sharing = ["--several"] if several else []
    return Program(name=name, environment=environment or {}, log=log, command=[
        sys.executable, "-m", "paraph.config.web", target, "--host", host, "--port", str(port), *sharing])


class Tree:
    """`with Tree(programs): …` has all of them running, and stops them at the end."""

    def __init__(self, programs: list[Program], say: Callable[[str], None]) -> None:
        self.programs = programs
        self.say = say
        self.stopping = False

    def start(self, program: Program) -> None:
        program.start()

    def __enter__(self) -> "Tree":
        signal.signal(signal.SIGTERM, _interrupt)
        return self

    def __exit__(self, *details: object) -> None:
        for program in reversed(self.programs):
            program.stop()

    def watch(self) -> int:
        """Stands until a signal comes or a child falls too often. Returns the exit status."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self.stopping:
            for program in self.programs:
                if program.fell() and not self.stopping:
                    now = time.monotonic()
                    if len(program.falls) == RESTARTS_PER_MINUTE and now - program.falls[0] < 60:
                        self.say(f"The {program.name} falls again and again: stopping. Its messages: {program.log}")
                        return 1
                    program.falls.append(now)
                    self.say(f"The {program.name} stopped (status {program.process.returncode}): starting it again.")
                    program.start()
            time.sleep(0.5)
        return 0

    def _stop(self, *details: object) -> None:
        self.stopping = True


def _interrupt(*details: object) -> None:
    # While everything is still starting, SIGTERM ends it as Ctrl-C does: what runs already is stopped.
    raise KeyboardInterrupt
