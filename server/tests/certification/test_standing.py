# SPDX-License-Identifier: Apache-2.0
"""Which version of a profile is in force: decided with four eyes, told by the log, and kept for whoever asks later."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from paraph.domain.audit.models import Event
from paraph.domain.certification import deeds, policy, queries, services
from paraph.domain.certification.models import ProfileStanding
from paraph.kernel.errors import Forbidden
from paraph.pki import profiles
from testkit import certification

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "natural-signature-ncp"


@pytest.fixture
def second(monkeypatch):
    """A second version of the profile, in which it lives two years, as a later release would bring it."""
    newer = replace(profiles.get(NAME, 1), version=2, years=2)
    monkeypatch.setitem(profiles._BY_VERSION, (NAME, 2), newer)
    monkeypatch.setitem(profiles._NEWEST, NAME, newer)
    profiles.get.cache_clear()
    yield newer
    profiles.get.cache_clear()


def test_the_ceremony_puts_the_catalogue_in_force_once(tree, system):
    standing = {row.profile: row.version for row in ProfileStanding.objects.all()}
    assert standing == {profile.name: 1 for profile in profiles.ALL}
    assert services.put_catalogue_in_force(caller=system) == []
    assert Event.objects.filter(code="certification.profile.in_force").count() == len(profiles.ALL)


@pytest.mark.requirement("EN 319 411-1 OVR-5.2")
def test_a_new_version_waits_until_two_people_put_it_in_force(tree, issue, second, caller, later):
    assert services.put_catalogue_in_force(caller=certification.operator(caller, "anna")) == []
    first = issue()
    assert (first.profile_version, first.not_after.year) == (1, 2029)
    moment = later(days=1)
    standing = certification.in_force(moment, NAME, 2)
    assert (standing.approval.asked_by, standing.approval.decided_by) == ("os:anna", "os:ben")
    next_one = issue(generation="generation-2", caller=moment)
    assert (next_one.profile_version, next_one.not_after.year) == (2, 2028)
    # What was issued before keeps its own rules.
    first.refresh_from_db()
    assert queries.findings(first) == queries.findings(next_one) == []
    assert [row.version for row in queries.standings(NAME)] == [2, 1]
    # And back again.
    certification.in_force(moment.at_instant(moment.at + timedelta(hours=1)), NAME, 1)
    assert issue(generation="generation-3", caller=moment).profile_version == 1


@pytest.mark.requirement("EN 319 411-1 REG-6.2.2-26")
def test_nobody_changes_a_profile_alone(tree, second, caller):
    anna, ben = certification.operator(caller, "anna"), certification.operator(caller, "ben")
    with pytest.raises(services.NotApproved):
        services.put_in_force(profile=NAME, version=2, caller=anna)
    asked = services.ask_standing(profile=NAME, version=2, reason="Release 2", caller=anna)
    with pytest.raises(services.SameEyes):
        services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=anna)
    services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben)
    # It allows this version of this profile, once, and until its end.
    with pytest.raises(services.NotApproved):
        services.take_out_of_force(profile=NAME, caller=anna)
    with pytest.raises(services.NotApproved):
        services.put_in_force(profile=NAME, version=2, caller=anna.at_instant(asked.ends_at))
    deeds.perform(approval_id=asked.id, names=certification.NAMES, pki_url="", caller=anna)
    with pytest.raises(services.NotApproved):
        services.put_in_force(profile=NAME, version=2, caller=anna)
    with pytest.raises(Forbidden):
        services.put_in_force(profile=NAME, version=1, caller=caller)


def test_a_profile_out_of_force_is_not_issued(tree, issue, caller):
    certification.in_force(caller, NAME, None)
    with pytest.raises(queries.ProfileNotInForce):
        issue()
    with pytest.raises(queries.ProfileNotInForce):
        services.ask_waiver(profile=NAME, findings=["subject_length"], reason="x", caller=certification.operator(caller, "a"),
                            ends_at=caller.at + timedelta(days=1))
    assert issue(profile="natural-authentication-ncp").state == "issued"
    certification.in_force(caller.at_instant(caller.at + timedelta(hours=1)), NAME, 1)
    assert issue().state == "issued"


def test_what_would_change_nothing_or_stop_the_status_service_is_refused_when_it_is_asked(tree, caller):
    anna = certification.operator(caller, "anna")
    for profile, version, refusal in (
        (NAME, 1, services.StandsAlready), (NAME, 7, services.UnknownVersion), ("no-such", 1, services.UnknownVersion),
        ("ocsp", None, services.AlwaysInForce), ("root", None, services.AlwaysInForce),
    ):
        with pytest.raises(refusal):
            services.ask_standing(profile=profile, version=version, reason="x", caller=anna)


@pytest.mark.both_databases
def test_standings_are_only_added(tree):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE certification_profilestanding SET version = 9")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM certification_profilestanding")


def test_two_directories_do_not_decide_together(tree, caller):
    anna = certification.operator(caller, "anna")
    asked = services.ask_standing(profile=NAME, version=None, reason="Stop", caller=anna)
    person = replace(certification.operator(caller, "x"), person="0197-a-person")
    for decide in (
        lambda: services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=person),
        lambda: services.refuse(approval_id=asked.id, caller=person),
    ):
        with pytest.raises(services.OtherDirectory):
            decide()
    ben = certification.operator(caller, "ben")
    assert services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben).state == "approved"
    assert policy.directory_of("os:ben") != policy.directory_of("0197-a-person")
