# SPDX-License-Identifier: Apache-2.0
"""What takes bytes from strangers, tried with wrong ones for some seconds; longer by hand with ./fuzz."""

import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

import h11
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from server.tests.fuzz.target import AT, KEY
from server.tests.fuzz.targets import TARGETS
from server.tests.fuzz.wounds import examples

from paraph.interfaces.front import quick
from paraph.pki import csr, mrz, ocsp, pskc, scan, timestamps

ROOT = Path(__file__).resolve().parents[3]
CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_wounded_examples(name):
    """Right ones, and right ones with up to eight wounds: the same at each run."""
    of = TARGETS[name]
    for content in examples(of, 1, of.tries):
        of.run(content)


@pytest.mark.parametrize("name", [name for name, of in TARGETS.items() if not of.slow])
def test_anything(name):
    texts = strategies.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))

    @given(strategies.binary(max_size=600) | texts)
    @settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def tried(content):
        TARGETS[name].run(content)

    tried()


FOUND = [path for folder in CORPUS.iterdir() if folder.is_dir() for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_once(path):
    TARGETS[path.parent.name].run(path.read_bytes())


def test_guided_by_what_code_is_reached(tmp_path):
    """atheris has wheels for this machine's kind only; elsewhere the tests above are all there is."""
    assert importlib.util.find_spec("atheris") or platform.machine() != "x86_64", "atheris is missing: ./test installs it"
    done = subprocess.run(
        [sys.executable, "-m", "server.tests.fuzz", "together", "--runs", "4000", "--seconds", "30"], cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "together: nothing found" in done.stdout


def test_a_reader_that_takes_too_much_is_found(monkeypatch):
    """Without the list of special fields, the quick reader and h11 no longer agree on where a request ends."""
    monkeypatch.setattr(quick, "_SPECIAL", ())
    quick._known_head.cache_clear()
    try:
        with pytest.raises((AssertionError, h11.RemoteProtocolError)):
            for content in examples(TARGETS["http"], 1, 2000):
                TARGETS["http"].run(content)
    finally:
        quick._known_head.cache_clear()


def test_each_target_takes_its_examples_for_right():
    """Examples that are refused at the door would try nothing behind it."""
    reached = {}
    for name, read in {"ocsp": ocsp.parse_request, "csr": csr.parse, "tsa": timestamps.parse_request, "http": quick.read,
                       "scan-statement": scan.decode, "scan-image": lambda seed: scan.payload_of(seed.decode())}.items():
        reached[name] = [read(seed) for seed in TARGETS[name].seeds()]
    assert all(answer is not None for answers in reached.values() for answer in answers)
    plain, sealed, derived = TARGETS["pskc"].seeds()
    assert pskc.read(plain, at=AT, plain_allowed=True).good
    assert pskc.read(sealed, at=AT, pre_shared_key=KEY[:16]).good and pskc.read(derived, at=AT, password="qwerty").good
    assert all(mrz.parse(seed.decode(), today=AT.date()).is_sound for seed in TARGETS["mrz"].seeds()[:1])
