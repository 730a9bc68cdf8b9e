# SPDX-License-Identifier: Apache-2.0
"""The process tree: what falls is started again, what falls again and again ends it, nothing stays behind."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from paraph.config.processes import Program, Tree

SLEEPS = [sys.executable, "-c", "import time; time.sleep(300)"]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().split()[2] != "Z"


def until(condition, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def told():
    return []


def test_a_program_that_fell_is_started_again(told):
    program = Program("sleeper", SLEEPS)
    with Tree([program], told.append) as tree:
        program.start()
        first = program.process.pid
        killer = threading.Thread(target=lambda: (os.kill(first, signal.SIGKILL),
                                                  until(lambda: program.process.pid != first), tree._stop()))
        killer.start()
        assert tree.watch() == 0
        killer.join()
        assert program.process.pid != first
    assert not alive(program.process.pid)
    assert "starting it again" in told[0]


def test_a_program_that_always_falls_ends_the_tree_with_a_sentence(told):
    program = Program("broken", [sys.executable, "-c", "raise SystemExit(3)"])
    with Tree([program], told.append) as tree:
        program.start()
        assert tree.watch() == 1
    assert "falls again and again" in told[-1]


def test_a_killed_parent_leaves_no_child_behind(tmp_path):
    """Even SIGKILL of the parent, which nobody can catch, ends its children."""
    script = (
        "import sys, time\n"
        "from paraph.config.processes import Program\n"
        f"program = Program('sleeper', {SLEEPS!r})\n"
        "program.start()\n"
        "print(program.process.pid, flush=True)\n"
        "time.sleep(300)\n")
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
        parent.wait()
        assert until(lambda: not alive(child))
