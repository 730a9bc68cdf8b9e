# SPDX-License-Identifier: Apache-2.0
"""A child that misbehaves harms itself alone."""

import time

import pytest

from paraph.kernel import confinement
from paraph.kernel.confinement import ChildFailed, Limits, TooBusy, run

CHILD = """
import os, sys
from paraph.kernel import confinement

def handle(request, content):
    match request["do"]:
        case "echo":
            print("this is not the answer")
            return {"size": len(content), "environment": sorted(os.environ)}, content[::-1]
        case "work":
            while True:
                pass
        case "sleep":
            import time; time.sleep(60)
        case "memory":
            return {"size": len(bytearray(2_000_000_000))}, b""
        case "write":
            with open(content.decode(), "w") as file:
                file.write("x" * 10)
            return {}, b""
        case "flood":
            return {}, bytes(3_000_000)
        case "crash":
            raise ValueError(content)
        case "die":
            os._exit(0)

if __name__ == "__main__":
    confinement.serve(handle)
"""


@pytest.fixture
def child(tmp_path, monkeypatch):
    (tmp_path / "misbehaving.py").write_text(CHILD)
    monkeypatch.syspath_prepend(tmp_path)

    def ask(do, content=b"", **limits):
        # On a busy machine the child's start alone may take many seconds by the clock on the wall.
        given = {"cpu_seconds": 2, "seconds": 50, "memory_megabytes": 400, "answer_megabytes": 1}
        return run("misbehaving", {"do": do}, content, Limits(**(given | limits)))

    return ask


def test_it_answers_and_knows_no_secret(child, monkeypatch):
    monkeypatch.setenv("PARAPH_KEY_RING", "secret")
    answer, content = child("echo", b"abc")
    assert (answer["size"], content) == (3, b"cba")
    assert not [name for name in answer["environment"] if name.startswith("PARAPH")]


@pytest.mark.parametrize("do", ["work", "memory", "flood", "crash", "die"])
def test_it_dies_at_its_limits(child, do):
    with pytest.raises(ChildFailed):
        child(do)


def test_it_writes_no_file(child, tmp_path):
    with pytest.raises(ChildFailed):
        child("write", str(tmp_path / "written").encode())
    assert not (tmp_path / "written").exists() or not (tmp_path / "written").read_bytes()


def test_it_does_not_outlast_the_wall_clock(child):
    started = time.monotonic()
    with pytest.raises(ChildFailed):
        child("sleep", seconds=1)
    assert time.monotonic() - started < 30, "it would sleep for a minute"


def test_only_so_many_at_once(child, monkeypatch):
    monkeypatch.setattr(confinement, "WAIT_SECONDS", 0.05)
    taken = [confinement._places.acquire(blocking=False) for _ in range(confinement.AT_ONCE)]
    try:
        with pytest.raises(TooBusy):
            child("echo")
    finally:
        for got in taken:
            if got:
                confinement._places.release()
    assert child("echo", b"ab")[1] == b"ba"
