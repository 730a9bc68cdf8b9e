# SPDX-License-Identifier: Apache-2.0
"""Renewal, re-key and re-issue under another profile; the level of a signature by its instant."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from paraph.domain.certification import policy, queries, services
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Succession
from paraph.kernel import rules
from paraph.kernel.errors import NotAllowed, NotFound
from paraph.pki.crl import Reason
from paraph.pki.keys import SoftwareKey
from testkit import certification

pytestmark = pytest.mark.both_databases
SECOND = timedelta(seconds=1)
OLD, NEW = "generation-1", "generation-2"
# 7 July 2019, 00:00 in Luxembourg.
BOUNDARY = datetime(2019, 7, 6, 22, 0, tzinfo=UTC)


@pytest.fixture
def keys():
    return {usage: SoftwareKey.generate("P-256").public_key_der for usage in ("authentication", "signature")}


@pytest.fixture
def prepare(issue):
    """Issues the next generation of Marie's, not yet active."""

    def prepare(caller, generation=NEW, keys=None, signature="natural-signature-ncp", **other):
        for usage, profile in (("authentication", "natural-authentication-ncp"), ("signature", signature)):
            given = {"public_key_der": keys[usage]} if keys else {}
            if profile.endswith("qscd"):
                given["device"] = certification.declare_device(caller)
            issue(profile=profile, generation=generation, caller=caller, **given, **other)

    return prepare


def states(generation):
    return {row.state for row in queries.generation(generation)}


@pytest.mark.requirement("R173", part="here: the certificates; links and accounts in their own apps")
@pytest.mark.requirement("R174", part="here: the same subject serial number; the password in authentication")
@pytest.mark.requirement("EN 319 411-1 6.3.6")
def test_a_renewal_replaces_the_old_pair_at_one_instant(tree, caller, later, keys, prepare):
    old = certification.active_pair(caller, keys=keys)
    at = later(days=1000)
    prepare(at, keys=keys)
    assert queries.active_pair("identity-marie", at.at).generation == OLD
    at = later(days=1)
    succession = services.succeed(generation=NEW, predecessor=OLD, caller=at)
    pair = queries.active_pair("identity-marie", at.at)
    assert (pair.generation, succession.kind, succession.at) == (NEW, "renewal", at.at)
    assert states(OLD) == {State.REVOKED} and states(NEW) == {State.ACTIVE}
    assert policy.published(queries.by_serial(old.signature.serial)) == policy.Published(True, Reason.SUPERSEDED, at.at)
    # What was true before stays known, and the line of generations can be followed back.
    assert queries.status_at(old.signature.serial, at.at - SECOND).state == State.ACTIVE
    assert queries.lineage(NEW) == [succession] and queries.lineage(OLD) == []
    assert pair.signature.subject_id == old.signature.subject_id


@pytest.mark.requirement("EN 319 411-1 6.3.7")
def test_another_key_is_a_rekey(tree, pair, later, prepare):
    prepare(later(days=1))
    assert services.succeed(generation=NEW, predecessor=OLD, caller=later(days=1)).kind == "rekey"


@pytest.mark.requirement("R267", part="here: same subject and key; device, UserID and password in their own apps")
@pytest.mark.requirement("EN 319 411-1 6.3.8")
@pytest.mark.parametrize("same_key", [True, False])
def test_another_profile_or_name_is_a_modification(tree, caller, later, keys, prepare, same_key):
    certification.active_pair(caller, keys=keys)
    prepare(later(days=1), keys=keys if same_key else None, signature="natural-signature-qcp-n-qscd")
    assert services.succeed(generation=NEW, predecessor=OLD, caller=later(days=1)).kind == "modification"
    assert queries.level_at("identity-marie", later(seconds=1).at) == policy.QUALIFIED


@pytest.mark.requirement("R175", part="here: an expired pair is of no use and can be succeeded; the page later")
def test_an_expired_pair_is_succeeded_and_stays_as_it_ended(tree, pair, later, prepare):
    assert queries.active_pair("identity-marie", pair.signature.not_after - SECOND).generation == OLD
    at = later(at=pair.signature.not_after)
    assert queries.active_pair("identity-marie", at.at) is None
    prepare(at)
    services.succeed(generation=NEW, predecessor=OLD, caller=at)
    assert states(OLD) == {State.ACTIVE} and queries.active_pair("identity-marie", at.at).generation == NEW


def test_a_suspended_pair_can_be_replaced_and_keeps_its_date(tree, pair, caller, later, prepare):
    services.suspend(generation=OLD, reason="lost", caller=caller)
    prepare(later(days=1))
    services.succeed(generation=NEW, predecessor=OLD, caller=later(days=1))
    assert queries.by_serial(pair.signature.serial).revocation_date == caller.at


def test_what_can_not_succeed_changes_nothing(tree, pair, caller, later, issue, prepare):
    with pytest.raises(NotFound):
        services.succeed(generation="nothing", predecessor=OLD, caller=caller)
    with pytest.raises(policy.WrongSuccessor):
        services.succeed(generation=OLD, predecessor=OLD, caller=caller)
    # Another person's, or a generation that lacks a use.
    certification_of_paul = {"subject_id": "identity-paul", "generation": "pauls"}
    issue(profile="natural-authentication-ncp", **certification_of_paul)
    issue(**certification_of_paul)
    issue(generation="half")
    for wrong in ("pauls", "half"):
        with pytest.raises(policy.WrongSuccessor):
            services.succeed(generation=wrong, predecessor=OLD, caller=caller)
    # One that is in use already.
    prepare(later(days=1))
    services.activate(generation=NEW, caller=later(days=1))
    with pytest.raises(NotAllowed):
        services.succeed(generation=NEW, predecessor=OLD, caller=later(days=1))
    assert states(OLD) == {State.ACTIVE} and not Succession.objects.exists()


@pytest.mark.requirement("R104", part="here: the certificates; the holder's renewal later")
@pytest.mark.requirement("R179", part="here: the certificates; the shipment of the card later")
@pytest.mark.requirement("R180", part="here: the certificates; the card's PIN later")
def test_a_renewed_card_waits_for_its_activation_while_the_old_one_works(tree, pair, caller, later, prepare):
    at = later(days=1000)
    prepare(at, on_hold=True)
    for row in queries.generation(NEW):
        assert policy.published(row) == policy.Published(True, Reason.CERTIFICATE_HOLD, row.not_before)
    assert queries.active_pair("identity-marie", at.at).generation == OLD
    # Nobody activated the new card in time: with the end of the old one there is none that works.
    assert queries.active_pair("identity-marie", pair.signature.not_after) is None
    at = later(days=10)
    services.succeed(generation=NEW, predecessor=OLD, caller=at)
    assert queries.active_pair("identity-marie", at.at).generation == NEW
    assert all(policy.published(row) == policy.GOOD for row in queries.generation(NEW))


@pytest.mark.requirement("R104", part="here: the certificates; the holder's renewal later")
def test_a_renewed_token_works_at_once(tree, caller, later, keys, prepare):
    certification.active_pair(caller, keys=keys)
    at = later(days=1000)
    prepare(at, keys=keys)
    services.succeed(generation=NEW, predecessor=OLD, caller=at)
    assert queries.active_pair("identity-marie", at.at).generation == NEW


@pytest.mark.requirement("R172", part="here: three years; the reminders later")
def test_a_renewed_certificate_lives_three_years_from_its_own_beginning(tree, pair, later, prepare):
    at = later(days=1000)
    prepare(at)
    for row in queries.generation(NEW):
        assert (row.not_before, row.not_after) == (at.at, at.at.replace(year=at.at.year + 3))


@pytest.mark.requirement("R159", part="here: the certificates; the new order in registration and orders")
def test_a_revoked_pair_has_no_successor(tree, pair, caller, later, prepare):
    prepare(later(days=1))
    services.revoke(generation=OLD, reason="lost", caller=later(days=1))
    with pytest.raises(NotAllowed):
        services.succeed(generation=NEW, predecessor=OLD, caller=later(days=1))
    assert states(NEW) == {State.ISSUED}


def test_a_generation_is_replaced_once_and_for_ever(tree, pair, later, prepare):
    prepare(later(days=1))
    services.succeed(generation=NEW, predecessor=OLD, caller=later(days=1))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Succession.objects.update(predecessor="other")


# --- the level of an instant ------------------------------------------------------------------------------------------


@pytest.mark.requirement("R268", part="here: the level that the burden of proof follows from; disputes later")
@pytest.mark.requirement("R266")
def test_a_signature_is_qualified_from_the_boundary_on(db, signer, clock, caller):
    clock.set(datetime(2019, 3, 1, 9, 0, tzinfo=UTC))
    certification.demo_tree(caller.system(at=clock.now(), name="cli:test"))
    certification.active_pair(caller.at_instant(clock.now()))
    issued = clock.now()
    clock.set(datetime(2019, 7, 1, 9, 0, tzinfo=UTC))
    upgrade = {"signature": "natural-signature-qcp-n-qscd"}
    certification.issue_pair(caller.at_instant(clock.now()), generation=NEW, profiles=upgrade)
    services.succeed(generation=NEW, predecessor=OLD, caller=caller.at_instant(clock.now()))
    assert queries.level_at("identity-marie", issued - SECOND) is None
    assert queries.level_at("identity-marie", issued) == policy.ADVANCED
    assert queries.level_at("identity-marie", BOUNDARY - SECOND) == policy.ADVANCED
    assert queries.level_at("identity-marie", BOUNDARY) == policy.QUALIFIED
    # The operator's own boundary, and a certificate of the first kind stays advanced whatever the boundary is.
    before = rules.current()
    rules.use(rules.Rules(qualified_since=datetime(2019, 7, 1, 9, 0, tzinfo=UTC)))
    try:
        assert queries.level_at("identity-marie", clock.now()) == policy.QUALIFIED
        assert queries.level_at("identity-marie", clock.now() - SECOND) == policy.ADVANCED
    finally:
        rules.use(before)


@pytest.mark.requirement("R266")
def test_an_advanced_certificate_never_becomes_qualified(pair, caller, later):
    assert queries.level_at("identity-marie", caller.at) == policy.ADVANCED
    services.suspend(generation=OLD, reason="lost", caller=later(days=1))
    assert queries.level_at("identity-marie", later(days=1).at) is None
    assert queries.level_at("identity-paul", caller.at) is None
