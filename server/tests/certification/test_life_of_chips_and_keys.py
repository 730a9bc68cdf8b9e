# SPDX-License-Identifier: Apache-2.0
"""Certificates born on hold, and what may still change of a revoked one."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from paraph.domain.audit import queries as audit
from paraph.domain.certification import policy, queries, services
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Authority, Certificate
from paraph.domain.certification.services import status
from paraph.kernel.errors import NotAllowed
from paraph.pki.crl import Reason
from testkit import certification
from testkit.tree import legal

pytestmark = pytest.mark.both_databases

GENERATION = "generation-1"
SECOND = timedelta(seconds=1)


def suspend(caller):
    return services.suspend(generation=GENERATION, reason="lost", caller=caller)


def resume(caller):
    return services.resume(generation=GENERATION, caller=caller)


def revoke(caller, reason="holder_request", **more):
    return services.revoke(generation=GENERATION, reason=reason, caller=caller, **more)


def activate(caller):
    return services.activate(generation=GENERATION, caller=caller)


# --- a revoked one turns out to be compromised ------------------------------------------------------------------------


@pytest.mark.requirement("RFC 5280 5.3.1")
def test_a_revoked_certificate_becomes_compromised_and_keeps_its_date(pair, later, caller):
    revoke(later(days=1), reason="holder_request")
    at = later(days=1)
    told = caller.at - timedelta(days=3)
    assert len(services.report_compromise(generation=GENERATION, caller=at, invalid_since=told)) == 2
    row = queries.by_serial(pair.signature.serial)
    revoked = caller.at + timedelta(days=1)
    assert policy.published(row) == policy.Published(True, Reason.KEY_COMPROMISE, revoked, told)
    assert bytes(row.crl_entry) == status.listed(row, revoked, Reason.KEY_COMPROMISE, told)["crl_entry"]
    assert (row.state, row.state_since, row.invalid_since) == (State.REVOKED, revoked, told)
    last = queries.history(row)[-1]
    assert (last.state, last.since, last.cause) == (State.REVOKED, at.at, "compromised")
    assert audit.about("certificate", row.id).last().facts["before"] == "cessationOfOperation"


@pytest.mark.requirement("RFC 5280 5.3.1")
def test_only_once_only_towards_compromise_and_only_when_revoked(pair, later, caller):
    with pytest.raises(NotAllowed):
        services.report_compromise(generation=GENERATION, caller=caller)
    suspend(caller)
    with pytest.raises(NotAllowed):
        services.report_compromise(generation=GENERATION, caller=caller)
    revoke(later(days=1), reason="stolen")
    with pytest.raises(NotAllowed):
        services.report_compromise(generation=GENERATION, caller=later(days=1))
    with pytest.raises(NotAllowed):
        revoke(later(days=1), reason="lost")
    assert queries.by_serial(pair.signature.serial).revocation_reason == Reason.KEY_COMPROMISE


@pytest.mark.parametrize("change", [
    {"revocation_reason": int(Reason.SUPERSEDED)},
    {"revocation_reason": None},
    {"revocation_date": datetime(2020, 1, 1, tzinfo=UTC)},
    {"revocation_date": None},
])
def test_the_database_keeps_date_and_reason_of_a_revoked_certificate(pair, caller, change):
    revoke(caller)
    with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
        Certificate.objects.filter(pk=pair.signature.pk).update(**change)


def test_since_when_a_key_was_lost_is_kept_and_is_never_in_the_future(pair, later, caller):
    at = later(days=1)
    with pytest.raises(policy.WrongInstant):
        revoke(at, reason="stolen", invalid_since=at.at + SECOND)
    # Also after a hold that was lifted, and however long ago.
    suspend(at)
    resume(later(hours=1))
    revoke(later(hours=1), reason="stolen", invalid_since=caller.at - timedelta(days=30))
    row = queries.by_serial(pair.signature.serial)
    assert row.invalid_since == caller.at - timedelta(days=30)
    assert audit.about("certificate", row.id).last().facts["reason"] == "keyCompromise"


# --- chips: on hold until activation ----------------------------------------------------------------------------------


@pytest.mark.requirement("R089", part="here: the certificates; the deadline and the order in registration")
def test_a_chips_certificates_are_on_hold_until_they_are_activated(tree, caller, later):
    certification.issue_pair(caller, on_hold=True)
    for row in queries.generation(GENERATION):
        assert (row.state, policy.published(row)) == (
            State.ISSUED, policy.Published(True, Reason.CERTIFICATE_HOLD, caller.at))
        assert queries.history(row)[0].reason == Reason.CERTIFICATE_HOLD
    assert queries.active_pair("identity-marie", caller.at) is None
    before = Authority.objects.get(name="issuing").status_version
    activate(later(days=59))
    for row in queries.generation(GENERATION):
        assert (row.state, policy.published(row), bytes(row.crl_entry)) == (State.ACTIVE, policy.GOOD, b"")
    assert Authority.objects.get(name="issuing").status_version == before + 2


@pytest.mark.requirement("R089", part="here: the certificates; the deadline and the order in registration")
def test_a_chip_that_was_not_activated_is_revoked_and_its_hold_has_no_gap(tree, caller, later):
    certification.issue_pair(caller, on_hold=True)
    deadline = caller.at + timedelta(days=60)
    revoke(later(days=61), reason="not_activated", effective_at=deadline)
    for row in queries.generation(GENERATION):
        assert (row.state, row.state_since) == (State.REVOKED, deadline)
        assert policy.published(row) == policy.Published(True, Reason.CESSATION_OF_OPERATION, caller.at)
    with pytest.raises(NotAllowed):
        activate(later(days=1))


def test_what_can_not_be_suspended_is_not_born_on_hold(tree, issue, system):
    with pytest.raises(policy.NotSuspendable):
        issue(profile="ocsp", subject=legal("Other"), on_hold=True, caller=system)
