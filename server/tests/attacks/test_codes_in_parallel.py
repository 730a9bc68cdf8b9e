# SPDX-License-Identifier: Apache-2.0
"""One code submitted 32 times at one instant, a hundred rounds, by two web processes to a signer of its own: a hundred
sessions are opened, not one more, and nobody is told of an error."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest
from django.db import connection

from paraph.domain.authentication import services
from paraph.domain.authentication.models import LoginEvidence, Session
from paraph.interfaces.cli import signer_host
from paraph.kernel.clock import ShiftedClock
from paraph.signer import client
from paraph.signer.core import Signer
from testkit import holders

ROUNDS, PROCESSES, THREADS = 100, 2, 16
PROGRAM = Path(__file__).with_name("submitting.py")
HALF_A_DAY = timedelta(hours=12, minutes=1)


def start(*command: object, **environment: object) -> subprocess.Popen:
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)} | {name: str(value) for name, value in environment.items()}
    return subprocess.Popen([sys.executable, *map(str, command)], env=given, text=True, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)


@pytest.fixture
def shift(tmp_path):
    """Moves the clock of this test and of the signer's process."""
    path = tmp_path / "shift"
    path.write_text("0")
    clock = ShiftedClock(path)

    def by(step: timedelta):
        path.write_text(str(float(path.read_text()) + step.total_seconds()))
        return clock.now()

    return by


@pytest.fixture
def signer_process(shift, tmp_path):
    """The signer as `paraph signer` runs it, bound here through its socket."""
    path = tmp_path / "socket"
    with start("-m", "paraph.config.main", "signer", PARAPH_DATA=tmp_path / "data", PARAPH_SIGNER=path,
               PARAPH_KEY_STORE_PASSPHRASE="passphrase", PARAPH_TEST_CLOCK=tmp_path / "shift") as process:
        signer = client.SocketSigner(path)
        client.bind(signer)
        until = time.monotonic() + 120
        while not path.exists():
            assert process.poll() is None and time.monotonic() < until, "the signer did not start"
            time.sleep(0.02)
        yield path
        signer.close()
        process.terminate()


@pytest.fixture
def ceremony(signer_process, shift, tmp_path, monkeypatch):
    """Held on the signer's host, beside its process: as long as it lasts, authorities are certified and names admitted."""
    core = Signer.open(tmp_path / "data" / "signer", "passphrase", ShiftedClock(tmp_path / "shift"))
    monkeypatch.setattr(signer_host, "core", lambda: nullcontext(core))
    held = core.open_ceremony(attempt="open")
    yield
    core.close_ceremony(attempt="close", ceremony=held)
    core.close()


@pytest.fixture
def salvo(signer_process):
    """Submits pairs of login and code, half of them by each of two processes, all together."""
    with ExitStack() as stack:
        processes = [stack.enter_context(start(PROGRAM, signer_process, connection.settings_dict["NAME"], THREADS))
                     for _ in range(PROCESSES)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"

        def submit(at, submissions):
            for number, process in enumerate(processes):
                mine = submissions[number::PROCESSES]
                process.stdin.write(json.dumps({"at": at.isoformat(), "submissions": mine}) + "\n")
                process.stdin.flush()
            return [outcome for process in processes for outcome in json.loads(process.stdout.readline())]

        yield submit
        for process in processes:
            process.stdin.close()


@pytest.mark.requirement("R115")
@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_hundred_codes_each_submitted_32_times_open_a_hundred_sessions(salvo, ceremony, shift, caller):
    """In turn from one page sent 32 times, from four browsers with eight each, and from 32 browsers. Half a day lies
    between two rounds, so that a block by what was refused is over."""
    system = replace(caller, channel="cli:test", at=shift(timedelta(0)))
    holders.tree(system)
    marie = holders.new(system)
    holders.activate(marie, system)
    found = []
    for _, pages in zip(range(ROUNDS), cycle((1, 4, 32)), strict=False):
        at = shift(HALF_A_DAY)
        logins = [str(services.check_first_step(user_id=marie.user_id, password=holders.PASSWORD, device="token",
                                                caller=replace(caller, at=at, address=f"192.0.2.{page}")).transaction_id)
                  for page in range(pages)]
        found.append(salvo(at, [(logins[number % pages], marie.code(at)) for number in range(PROCESSES * THREADS)]))
    assert {outcome for outcomes in found for outcome in outcomes} == {"accepted", "wrong", "busy", "over"}
    assert [outcomes.count("accepted") for outcomes in found] == [1] * ROUNDS
    assert Session.objects.count() == LoginEvidence.objects.count() == ROUNDS
