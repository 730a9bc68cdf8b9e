# SPDX-License-Identifier: Apache-2.0
"""The signer as a process: its socket, its manners with strangers, and the race for one code."""

import logging
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from paraph.pki import keys as pki_keys
from paraph.pki import scan
from paraph.signer import server, sockets, wire
from paraph.signer.client import DeviceInfo, InProcessSigner, KeyHandle, Outcome, SignerRefusal, SignerUnavailable, SocketSigner
from paraph.signer.core import Signer
from paraph.signer.server import Server

from .conftest import SEEDS, Holder, activate
from .content import checkpoint
from .scanning import activated


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "signer.sock"


def start(tmp_path, path, clock):
    running = Server(Signer.open(tmp_path / "served", "passphrase", clock), path)
    running.start()
    return running


@pytest.fixture
def running(tmp_path, path, clock):
    started = start(tmp_path, path, clock)
    yield started
    started.stop()


@pytest.fixture
def remote(running, path):
    client = SocketSigner(path, timeout_seconds=60)
    client.core = running._signer
    yield client
    client.close()


@pytest.fixture
def remote_marie(remote, clock):
    remote.import_token(attempt="import", serial="T-MARIE", seed=SEEDS["T-MARIE"])
    return activate(remote, "marie", "T-MARIE", clock)


def test_the_whole_story_over_the_socket(remote, remote_marie, clock):
    key = remote.make_key(attempt="audit", purpose="audit", algorithm="P-256", label="Journal scellé")
    assert remote.key(key.key_id) == key
    statement = checkpoint(1, clock.now())
    assert pki_keys.verifies(key.public_key_der, KeyHandle(remote, key).sign(statement), statement)
    session = remote_marie.open("sign")
    assert remote_marie.authorise(session, remote_marie.code(clock.now()), shown_at=clock.now()) is Outcome.ACCEPTED
    [signature] = remote_marie.sign(session)
    assert isinstance(signature, bytes)
    assert remote.token_exists("T-MARIE") and not remote.token_exists("T-JEAN")
    assert remote.verify_record().holds and remote.health()["store"] == "software"
    assert [entry.event for entry in remote.record(0, 1000)].count("holder.signed") == 1
    remote.destroy_key(attempt="destroy", key_id=remote_marie.keys.signature.key_id)
    with pytest.raises(SignerRefusal, match="key_destroyed"):
        remote_marie.open("sign")


def test_a_scan_over_the_socket_and_sixteen_answers_at_once(remote):
    anna = activated(remote, "anna", "S-ANNA")
    assert remote.device("S-ANNA") == DeviceInfo("S-ANNA", "scan", "anna", ready=True, retired=False)
    session = anna.open("sign")
    code = anna.look(anna.challenge(session))
    gate = threading.Barrier(16)

    def submit(number):
        gate.wait()
        return remote.authorise_with_answer(
            attempt=f"race-{number}", session_id=session.session_id, device_serial="S-ANNA", answer=code)

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(submit, range(16)))
    assert sorted(outcomes) == [Outcome.ACCEPTED] + [Outcome.WRONG] * 15
    assert scan.decode(remote.scan_statement(session.session_id)).documents[0].label == "contrat.pdf"
    with pytest.raises(SignerRefusal, match="wrong_device"):
        remote.resynchronise(attempt="r", device_serial="S-ANNA", codes=("1", "2"), holder="anna")
    assert len(anna.sign(session)) == 1 and remote.verify_record().holds


@pytest.mark.requirement("R115")
def test_of_sixteen_at_once_one_code_opens_one_session(remote, remote_marie, clock):
    sessions = [remote_marie.open("sign") for _ in range(16)]
    code = remote_marie.code(clock.now())
    gate = threading.Barrier(16)

    def submit(session):
        gate.wait()
        return remote_marie.authorise(session, code)

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(submit, sessions))
    assert sorted(outcomes) == [Outcome.ACCEPTED] + [Outcome.WRONG] * 15
    signed = 0
    for session in sessions:
        try:
            signed += len(remote_marie.sign(session))
        except SignerRefusal as refusal:
            assert refusal.code == "not_authorised"
    assert signed == 1


def test_of_sixteen_at_once_one_session_signs_once(remote, remote_marie, clock):
    session = remote_marie.open("sign")
    assert remote_marie.authorise(session, remote_marie.code(clock.now())) is Outcome.ACCEPTED

    def use(number):
        try:
            return len(remote.holder_sign(attempt=f"use-{number}", session_id=session.session_id))
        except SignerRefusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(use, range(16)), key=str) == [1] + ["session_used"] * 15


def test_the_same_attempt_sixteen_times_at_once_is_one_attempt(remote):
    def make(_):
        return remote.make_key(attempt="same", purpose="tsu", algorithm="P-256", label="TSU")

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(make, range(16)))) == 1
    assert remote.health()["infrastructure_keys"] == 1


# --- strangers --------------------------------------------------------------------------------------------------------


def frame(content):
    return len(content).to_bytes(4, "big") + content


@pytest.mark.parametrize(
    "sent",
    [
        frame(b"not json"),
        frame(b"[" * 100_000),
        frame(b'{"call": "health"}'),
        frame(b'{"call": "close", "arguments": {}}'),
        frame(b'{"call": "_once", "arguments": {}}'),
        frame(b'{"call": "__init__", "arguments": {}}'),
        frame(b'{"call": ["health"], "arguments": {}}'),
        frame(b'{"call": "health", "arguments": {"more": 1}}'),
        frame(b'{"call": "key", "arguments": {}}'),
        frame(b'{"call": "key", "arguments": {"key_id": {"$bytes": "!"}}}'),
        frame(b'{"call": "key", "arguments": {"key_id": {"$value": "Popen"}}}'),
        frame(b'{"call": "record", "arguments": {"after": 0.5}}'),
        frame(b"\xff\xfe"),
        (2**32 - 1).to_bytes(4, "big"),
        bytes(4),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_garbage_is_refused_and_the_signer_goes_on(remote, path, sent):
    stranger = sockets.connect(path, 5)
    stranger.sendall(sent)
    assert wire.receive(stranger) == {"refusal": "unreadable"}
    stranger.close()
    assert remote.health()["store"] == "software"


@pytest.mark.parametrize("sent", [b"", b"\0\0", frame(b"{}")[:-1]])
def test_a_peer_that_leaves_in_the_middle_disturbs_nobody(remote, path, sent):
    stranger = sockets.connect(path, 5)
    stranger.sendall(sent)
    stranger.close()
    assert remote.health()["store"] == "software"


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("key", {"key_id": 5}), ("key", {"key_id": None}), ("record", {"after": "0"}), ("record", {"limit": 10**6}),
        ("holder_sign", {"attempt": "a", "session_id": b"x"}), ("token_exists", {"serial": ["T"]}),
        ("sign", {"attempt": "a", "key_id": "k", "purpose": "tsu", "data": "text"}),
        ("import_token", {"attempt": "a", "serial": "T", "seed": b"short"}),
        ("import_token", {"attempt": "a", "serial": "T", "seed": b"0" * 20, "method": ["totp"]}),
        ("import_token", {"attempt": "a", "serial": "T", "seed": b"0" * 20, "digits": True}),
        ("make_key", {"attempt": 1, "purpose": "tsu", "algorithm": "P-256", "label": "x"}),
        ("make_key", {"attempt": "a", "purpose": "tsu", "algorithm": "P-256", "label": None}),
        ("authorise_with_code", {"attempt": "a", "session_id": "s", "device_serial": "T", "code": 123456}),
        ("authorise_with_code", {"attempt": "a", "session_id": "s", "device_serial": "T", "code": "1", "shown_at": 5}),
    ],
)
def test_arguments_of_a_wrong_type_are_refused(remote, call, given):
    with pytest.raises(SignerRefusal, match="bad_argument"):
        getattr(remote, call)(**given)
    assert remote.health()["record_entries"] == 0


def test_the_kernel_tells_who_the_peer_is():
    here, there = socket.socketpair(socket.AF_UNIX)
    assert sockets.peer_user(here) == os.getuid()
    here.close()
    there.close()


def test_too_many_connections_are_turned_away_and_those_that_leave_make_room(tmp_path, path, clock, monkeypatch):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 2)
    running = start(tmp_path, path, clock)
    clients = [SocketSigner(path, timeout_seconds=60) for _ in range(3)]
    assert clients[0].health() and clients[1].health()
    with pytest.raises(SignerUnavailable):
        clients[2].health()
    clients[0].close()
    for _ in range(1500):
        try:
            assert clients[2].health()
            break
        except SignerUnavailable:
            threading.Event().wait(0.02)
    else:
        pytest.fail("no room after a connection left")
    running.stop()


def test_logs_hold_no_argument_and_no_answer(remote, remote_marie, clock, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    session = remote_marie.open("sign", labels=["Divorce.pdf"])
    with pytest.raises(SignerRefusal):
        remote_marie.authorise(session, "976431", device_serial="T-OTHER")

    def broken(*_, **__):
        raise RuntimeError("code 976431 of Divorce.pdf")

    monkeypatch.setattr(Signer, "authorise_with_code", broken)
    monkeypatch.setattr(server.inspect.Signature, "bind", lambda *_, **__: None)
    with pytest.raises(SignerUnavailable):
        remote_marie.authorise(session, "976431")
    assert "device_not_bound" in caplog.text and "RuntimeError" in caplog.text
    assert "976431" not in caplog.text and "Divorce" not in caplog.text


# --- coming and going -------------------------------------------------------------------------------------------------


def test_a_client_finds_the_signer_again_after_a_restart(tmp_path, path, clock):
    first = start(tmp_path, path, clock)
    client = SocketSigner(path, timeout_seconds=60)
    key = client.make_key(attempt="ca", purpose="issuing", algorithm="P-256", label="CA")
    first.stop()
    with pytest.raises(SignerUnavailable):
        client.key(key.key_id)
    second = start(tmp_path, path, clock)
    assert client.key(key.key_id) == key
    second.stop()
    third = start(tmp_path, path, clock)
    assert client.make_key(attempt="ca", purpose="issuing", algorithm="P-256", label="CA") == key
    client.close()
    third.stop()


def test_a_signer_that_does_not_answer_is_unavailable(path):
    listener = sockets.listen(path)
    client = SocketSigner(path, timeout_seconds=0.1)
    with pytest.raises(SignerUnavailable):
        client.health()
    listener.close()
    with pytest.raises(SignerUnavailable):
        client.health()


def test_two_signers_do_not_share_a_socket_and_a_dead_ones_is_taken(tmp_path, path, clock):
    dead = sockets.listen(path)
    dead.close()
    assert path.is_socket()
    running = start(tmp_path, path, clock)
    with pytest.raises(OSError, match="in use"):
        sockets.listen(path)
    assert SocketSigner(path).health()
    running.stop()
    assert not path.exists()


def test_a_deep_folder_is_no_obstacle(tmp_path, clock):
    path = tmp_path / ("deep-" * 30) / "signer.sock"
    running = start(tmp_path, path, clock)
    assert SocketSigner(path).health()
    running.stop()


def test_in_process_and_remote_offer_the_same_calls():
    calls = {name for name in vars(InProcessSigner.__mro__[1]) if not name.startswith("_")}
    assert calls == set(server.CALLS)
    assert all(callable(getattr(Signer, name)) for name in calls)


def test_a_holder_named_with_strange_characters_is_refused(remote):
    with pytest.raises(SignerRefusal, match="bad_argument"):
        Holder(remote, "marie\n", "T-MARIE").open("login", key_id=None)
