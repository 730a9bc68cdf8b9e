# SPDX-License-Identifier: Apache-2.0
"""The signer killed at the worst moments, two signers on one database, and a quiet end."""

import os
import signal
import subprocess
import sys
import time
from base64 import b32encode
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

from paraph.kernel.clock import SystemClock
from paraph.pki import keys as pki_keys
from paraph.signer.client import SignerUnavailable, SocketSigner
from paraph.signer.core import Signer
from paraph.signer.digests import verifies

from .conftest import DOCUMENT, SEEDS
from .content import checkpoint, person, simple_answer

PROGRAM = Path(__file__).with_name("crashing.py")


def start(point, tmp_path):
    path = tmp_path / "socket"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, PROGRAM, point, path, tmp_path / "data"], env=environment)
    client = SocketSigner(path, timeout_seconds=60)
    until = time.monotonic() + 120
    while True:
        try:
            client.token_exists("anything")
            return process, client
        except SignerUnavailable:
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail("the signer did not start")
            time.sleep(0.02)


@contextmanager
def signer(point, tmp_path):
    process, client = start(point, tmp_path)
    try:
        yield process, client
    finally:
        client.close()
        process.terminate()
        process.wait(60)


def digits(steps_ahead):
    return pyotp.TOTP(b32encode(SEEDS["T-MARIE"]).decode()).at(int(time.time()) + 30 * steps_ahead)


def known(tmp_path):
    """Somebody on the signer's host says who Marie is."""
    core = Signer.open(tmp_path / "data", "passphrase", SystemClock())
    core.admit_name(attempt="name", holder="marie", subject=person().encode())
    core.close()


def authorised(client, kind, key_id, hashes, steps_ahead=0):
    session = client.open_session(attempt=f"open-{kind}", kind=kind, holder="marie", key_id=key_id, hashes=hashes,
                                  labels=["x"] * len(hashes), device_serial="T-MARIE")
    assert client.authorise_with_code(attempt=f"code-{kind}", session_id=session.session_id, device_serial="T-MARIE",
                                      code=digits(steps_ahead)) == "accepted"
    return session


@pytest.fixture
def prepared(tmp_path):
    """On disk: an audit key, Marie's keys, and a session in which she may sign now."""
    with signer("none", tmp_path) as (_, client):
        audit = client.make_key(attempt="audit", purpose="audit", algorithm="P-256", label="audit")
        client.import_token(attempt="import", serial="T-MARIE", seed=SEEDS["T-MARIE"])
        known(tmp_path)
        activation = authorised(client, "activate", None, [])
        made = client.make_holder_keys(attempt="make", session_id=activation.session_id)
        session = authorised(client, "sign", made.signature.key_id, [DOCUMENT], steps_ahead=1)
    return audit, made.signature, session


@pytest.mark.parametrize("point", ["before-record", "before-release"])
def test_killed_between_signature_and_answer(prepared, tmp_path, point):
    audit, key, session = prepared
    statement = checkpoint(1, datetime.now(UTC))
    questions = {
        "holder.signed": lambda client: client.holder_sign(attempt="holder", session_id=session.session_id),
        "key.used": lambda client: client.sign(
            attempt="checkpoint", key_id=audit.key_id, purpose="audit", data=statement),
    }
    for question in questions.values():
        with signer(point, tmp_path) as (process, client):
            with pytest.raises(SignerUnavailable):
                question(client)
            assert process.wait(60) == 9

    with signer("none", tmp_path) as (_, client):
        recorded = {name: [entry.event for entry in client.record()].count(name) for name in questions}
        # Dead before the record: nothing happened. Dead after it: it happened, and the answer waits.
        assert set(recorded.values()) == {0 if point == "before-record" else 1}
        answers = {name: question(client) for name, question in questions.items()}
        assert {name: question(client) for name, question in questions.items()} == answers
        assert verifies(key.public_key_der, answers["holder.signed"][0], DOCUMENT)
        assert pki_keys.verifies(audit.public_key_der, answers["key.used"], statement)
        events = [entry.event for entry in client.record()]
        assert [events.count(name) for name in questions] == [1, 1]
        assert client.verify_record().holds


@pytest.mark.requirement("R115")
def test_two_signer_processes_on_one_database_accept_one_code_once(tmp_path):
    """Eight sessions each, all with the same code at the same time: the conditional UPDATE decides, not a lock in one
    process."""
    with signer("none", tmp_path) as (_, client):
        client.import_token(attempt="import", serial="T-MARIE", seed=SEEDS["T-MARIE"])
        known(tmp_path)
        activation = authorised(client, "activate", None, [])
        key = client.make_holder_keys(attempt="make", session_id=activation.session_id).signature
    program = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from paraph.kernel.clock import SystemClock
from paraph.signer.core import Signer
folder, name, key, code = sys.argv[1:]
signer = Signer.open(Path(folder), "passphrase", SystemClock())
sessions = [signer.open_session(attempt=f"{name}-{n}", kind="sign", holder="marie", key_id=key, hashes=[bytes(32)],
                                labels=["x"], device_serial="T-MARIE") for n in range(8)]
print("ready", flush=True)
sys.stdin.readline()
def submit(session):
    return signer.authorise_with_code(attempt="a" + session.session_id, session_id=session.session_id,
                                      device_serial="T-MARIE", code=code)
with ThreadPoolExecutor(8) as pool:
    print(",".join(pool.map(submit, sessions)), flush=True)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    unused = digits(1)
    both = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path / "data", name, key.key_id, unused], text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        for name in ("one", "two")
    ]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    outcomes = [outcome for process in both for outcome in process.communicate(timeout=120)[0].strip().split(",")]
    assert sorted(outcomes) == ["accepted"] + ["wrong"] * 15


def test_a_terminated_signer_answers_what_it_was_asked_and_leaves_quietly(tmp_path):
    with signer("none", tmp_path) as (process, client):
        key = client.make_key(attempt="ocsp", purpose="ocsp", algorithm="P-256", label="OCSP")
        client.sign(attempt="x", key_id=key.key_id, purpose="ocsp", data=simple_answer(key, datetime.now(UTC)))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not (tmp_path / "socket").exists()
    with signer("none", tmp_path) as (_, client):
        assert client.key(key.key_id) == key
        assert client.verify_record().open_batches == 0
