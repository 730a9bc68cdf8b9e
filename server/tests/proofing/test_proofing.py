# SPDX-License-Identifier: Apache-2.0
"""Identification at the desk: what is compared, who decides, and that the record stays."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from paraph.domain.audit.models import Event
from paraph.domain.organisations.models import Organisation
from paraph.domain.proofing import queries, services
from paraph.domain.proofing.methods import DocumentFacts
from paraph.domain.proofing.methods.desk import DESK
from paraph.domain.proofing.models import Attempt
from paraph.kernel.caller import Role
from paraph.kernel.errors import Forbidden, NotAllowed

CARD = DocumentFacts(type="identity_card", number="XAB12CD34", country="LU", expires_on=date(2030, 6, 30),
                     family_names="Müller-Weber", given_names="Zoë Anne", birth_date=date(1985, 1, 1))
TODAY = date(2026, 11, 24)


def obstacles(present=True, today=TODAY, **changes):
    return DESK.obstacles(expected=CARD, seen=replace(CARD, **changes), person_present=present, today=today)


@pytest.mark.requirement("R017", "R022")
@pytest.mark.parametrize(("changes", "found"), [
    ({}, []),
    ({"number": "xab 12 cd-34"}, []),
    ({"family_names": "MULLER WEBER"}, []),
    ({"number": "XAB12CD35"}, ["differs_number"]),
    ({"country": "DE"}, ["differs_country"]),
    ({"type": "passport"}, ["differs_type"]),
    ({"birth_date": date(1985, 1, 2)}, ["differs_birth_date"]),
    ({"given_names": "Zoë"}, ["differs_given_names"]),
    ({"country": "BR"}, ["document_not_accepted", "differs_country"]),
])
def test_each_field_is_compared(changes, found):
    assert obstacles(**changes) == found


def test_presence_and_the_last_day_of_a_document():
    assert obstacles(present=False) == ["person_not_present"]
    assert obstacles(today=date(2030, 6, 30)) == []
    assert obstacles(today=date(2030, 7, 1)) == ["document_expired"]


@pytest.fixture
def desk(db):
    return Organisation.objects.create(slug="desk", name="Desk", roles=["registration_authority"])


@pytest.fixture
def officer(caller, desk):
    return replace(caller, person="0199-officer", roles=frozenset({Role(str(desk.id), "registration_officer")}))


def decide(officer, desk, **changes):
    values = {"subject_id": "order-1", "authority_id": desk.id, "method": "desk", "expected": CARD, "seen": CARD,
              "person_present": True, "caller": officer}
    return services.decide(**(values | changes))


@pytest.mark.requirement("R021")
def test_the_decision_stands_with_its_officer_and_the_digest_of_what_was_compared(officer, desk):
    attempt = decide(officer, desk, evidence=[("scan", "ab" * 32)])
    assert attempt.accepted and attempt.officer_id == officer.person
    assert [entry["kind"] for entry in attempt.evidence] == ["comparison", "scan"]
    assert queries.accepted("order-1") == attempt
    event = Event.objects.get(code="proofing.attempt.accepted")
    assert event.person == officer.person and CARD.number not in repr(vars(event))
    with pytest.raises(NotAllowed):
        decide(officer, desk)


def test_a_refusal_is_a_result_and_the_next_attempt_is_another_row(officer, desk):
    first = decide(officer, desk, person_present=False, refuse_for=["document_doubtful"])
    assert first.reasons == ["person_not_present", "document_doubtful"] and queries.accepted("order-1") is None
    decide(officer, desk)
    assert [attempt.accepted for attempt in queries.attempts("order-1")] == [False, True]


@pytest.mark.requirement("R022")
def test_only_an_officer_of_this_authority_decides(officer, desk, caller, system):
    manager = replace(officer, roles=frozenset({Role(str(desk.id), "registration_manager")}))
    foreign = replace(officer, roles=frozenset({Role("elsewhere", "registration_officer")}))
    for other in (caller, system, manager, foreign, replace(officer, person="")):
        with pytest.raises(Forbidden):
            decide(other, desk)


def test_the_database_keeps_every_attempt_as_it_was(officer, desk):
    attempt = decide(officer, desk, person_present=False)
    for change in (lambda: Attempt.objects.filter(pk=attempt.pk).update(accepted=True),
                   lambda: Attempt.objects.filter(pk=attempt.pk).delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
