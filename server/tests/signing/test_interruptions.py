# SPDX-License-Identifier: Apache-2.0
"""Crashes between the steps and many hands at once: nothing signed is lost, and one approval gives one signature."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from paraph.domain.notifications import queries as notifications
from paraph.domain.signing import policy, queries, services
from paraph.domain.signing.lifecycle import State
from paraph.domain.signing.models import SignatureRequest
from paraph.domain.timestamping.models import ClockTrust
from paraph.kernel.errors import Refusal
from paraph.signer.client import Outcome, SignerUnavailable
from testkit import documents
from testkit.signatory import pass_time

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("near")]


class Crash(BaseException):
    """The process is gone: nothing that catches errors sees it."""


@pytest.fixture
def allowed(marie):
    row = services.request(identity_id=marie.identity_id, file_name="Bail.pdf", content=documents.pdf(),
                           caller=marie.caller())
    row = services.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller())
    assert services.authorise(request_id=row.id, code=marie.code(), caller=marie.caller()) is Outcome.ACCEPTED
    return row


def finish(marie, row):
    return services.finish(request_id=row.id, caller=marie.caller(), clock=marie.clock)


def crash_at(monkeypatch, name):
    def crash(*given, **named):
        raise Crash(name)

    monkeypatch.setattr(services, name, crash)


def uses(signer, row):
    return [entry for entry in signer.record(limit=1000) if entry.facts.get("attempt") == row.attempt]


@pytest.mark.parametrize("step", ["_record_use", "_keep_result", "_settle"])
def test_after_a_crash_the_job_finishes_with_the_same_signature(marie, signer, allowed, monkeypatch, step):
    """After holder_sign and before it is recorded; after that and before the document is made; after that and before the
    request is settled."""
    with monkeypatch.context() as broken:
        crash_at(broken, step)
        with pytest.raises(Crash):
            finish(marie, allowed)
    allowed.refresh_from_db()
    assert allowed.state == State.SIGNING
    kept = bytes(allowed.signature_value)
    pass_time(marie.clock, seconds=policy.INTERRUPTED_AFTER.seconds - 1)
    assert services.settle(clock=marie.clock) == 0, "somebody may still be at it"
    # Also long after the signer's session is over: the attempt was made, so its answer stands.
    pass_time(marie.clock, hours=1)
    assert services.settle(clock=marie.clock) == 1
    allowed.refresh_from_db()
    assert allowed.state == State.SIGNED
    assert len(uses(signer, allowed)) == 1
    assert not kept or bytes(allowed.signature_value) == kept
    assert len(queries.ledger(marie.identity_id)) == 1
    assert sum(message.template == "key_used" for message in notifications.for_person(marie.person_id)) == 1
    assert queries.signed_content(allowed.id, marie.caller()).startswith(b"%PDF-")
    assert services.settle(clock=marie.clock) == 0


def test_a_crash_before_the_signer_was_asked_signs_later_or_fails_but_never_twice(marie, signer, allowed, monkeypatch):
    with monkeypatch.context() as broken:
        crash_at(broken, "_go_on")
        with pytest.raises(Crash):
            finish(marie, allowed)
    pass_time(marie.clock, hours=1)
    services.settle(clock=marie.clock)
    allowed.refresh_from_db()
    assert (allowed.state, allowed.failure) == (State.FAILED, "expired_session")
    assert not uses(signer, allowed)
    assert not queries.ledger(marie.identity_id)


def test_a_signer_that_is_away_leaves_the_request_open(marie, allowed, monkeypatch):
    with monkeypatch.context() as broken:
        def away(*given, **named):
            raise SignerUnavailable()

        broken.setattr(services.client.bound().__class__, "holder_sign", away)
        with pytest.raises(SignerUnavailable):
            finish(marie, allowed)
    allowed.refresh_from_db()
    assert allowed.state == State.SIGNING
    pass_time(marie.clock, seconds=policy.INTERRUPTED_AFTER.seconds)
    assert services.settle(clock=marie.clock) == 1
    allowed.refresh_from_db()
    assert allowed.state == State.SIGNED


def test_without_a_trusted_clock_the_signature_waits_and_is_not_lowered(marie, allowed):
    """No silent downgrade: the key was used, the holder is told, and the proof comes as soon as it can be had."""
    ClockTrust.objects.update(trusted_until=marie.clock.now() - timedelta(seconds=1))
    with pytest.raises(services.ProofNotReady):
        finish(marie, allowed)
    allowed.refresh_from_db()
    assert (allowed.state, allowed.signed_id) == (State.SIGNING, None)
    assert len(queries.ledger(marie.identity_id)) == 1
    pass_time(marie.clock, seconds=policy.INTERRUPTED_AFTER.seconds)
    assert services.settle(clock=marie.clock) == 1


def test_one_approval_sixteen_times_at_once_is_one_signature(marie, signer):
    row = services.request(identity_id=marie.identity_id, file_name="Bail.pdf", content=documents.pdf(),
                           caller=marie.caller())
    services.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller())
    code, outcomes, barrier = marie.code(), [], threading.Barrier(16)

    def approve():
        barrier.wait()
        try:
            outcome = services.authorise(request_id=row.id, code=code, caller=marie.caller())
            if outcome is Outcome.ACCEPTED:
                finish(marie, row)
            outcomes.append(outcome.value)
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("accepted") == 1, outcomes
    assert set(outcomes) <= {"accepted", "wrong", "signature_request_answered"}
    row = SignatureRequest.objects.get(pk=row.pk)
    assert row.state == State.SIGNED
    assert len(uses(signer, row)) == 1
    assert len(queries.ledger(marie.identity_id)) == 1


def test_finishing_sixteen_times_at_once_is_one_signature(marie, signer, allowed):
    states, barrier = [], threading.Barrier(16)

    def complete():
        barrier.wait()
        try:
            states.append(finish(marie, allowed).state)
        except Refusal as refusal:
            states.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=complete) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    allowed.refresh_from_db()
    assert allowed.state == State.SIGNED, states
    assert "signed" in states
    assert set(states) <= {"signed", "signing"}
    assert len(uses(signer, allowed)) == 1
    assert len(queries.ledger(marie.identity_id)) == 1
