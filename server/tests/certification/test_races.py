# SPDX-License-Identifier: Apache-2.0
"""Sixteen at once: one attempt makes one certificate, and one move happens once, on both databases."""

import pytest

from paraph.domain.certification import queries, services
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Certificate
from paraph.kernel.errors import NotAllowed
from paraph.pki.keys import SoftwareKey
from testkit.races import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

GENERATION = "generation-1"


def test_one_attempt_sixteen_times_makes_one_certificate(issue, signer):
    key = SoftwareKey.generate("P-256").public_key_der
    outcomes = at_once(lambda number: issue(attempt="once", public_key_der=key))
    assert {outcome.pk for outcome in outcomes} == {queries.by_attempt("once").pk} and len(outcomes) == 16
    assert {bytes(outcome.der) for outcome in outcomes} == {bytes(queries.by_attempt("once").der)}
    certificate = Certificate.objects.get(subject_id="identity-marie")
    assert [entry.state for entry in queries.history(certificate)] == [State.ISSUED]


def test_one_key_for_two_people_at_once_is_certified_once(issue):
    key = SoftwareKey.generate("P-256").public_key_der
    outcomes = at_once(lambda number: issue(subject_id=f"identity-{number}", public_key_der=key), times=8)
    assert outcomes.count(services.KeyAlreadyCertified.code) == 7


@pytest.mark.parametrize("move", ["suspend", "revoke"])
def test_one_move_sixteen_times_happens_once(pair, caller, move):
    outcomes = at_once(lambda number: getattr(services, move)(generation=GENERATION, reason="lost", caller=caller))
    assert outcomes.count(NotAllowed.code) == 15
    row = queries.by_serial(pair.signature.serial)
    assert row.status_version == 1
    assert [entry.state for entry in queries.history(row)][2:] == [row.state]


def test_suspend_resume_and_revoke_at_once_leave_a_story_that_holds(pair, caller):
    services.suspend(generation=GENERATION, reason="lost", caller=caller)
    moves = (lambda: services.resume(generation=GENERATION, caller=caller),
             lambda: services.revoke(generation=GENERATION, reason="lost", caller=caller))
    at_once(lambda number: moves[number % 2]())
    for row in queries.generation(GENERATION):
        history = queries.history(row)
        assert row.state == history[-1].state == State.REVOKED
        assert [entry.number for entry in history] == list(range(len(history)))
        assert [entry.state for entry in history].count(State.REVOKED) == 1
