# SPDX-License-Identifier: Apache-2.0
"""R285: with the holder's consent the partners that know him are told, each once and under its own name for him."""

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.identity_provider.models import Subject
from paraph.domain.notifications.models import Message
from paraph.domain.partners import services as partners
from paraph.domain.support import services as support
from paraph.domain.support.policy import Link
from paraph.interfaces.jobs.warning import warn_partners
from testkit import holders

pytestmark = pytest.mark.django_db


@pytest.fixture
def marie(signer, system):
    return holders.new(system)


@pytest.fixture
def known(marie, system):
    """The partners that know her: one wants to hear of it, one named no address; a third never met her."""
    found = {}
    for slug, address in (("bank", "fraude@bank.example"), ("shop", ""), ("stranger", "fraude@stranger.example")):
        found[slug] = partners.register(slug=slug, name={"fr": slug}, category="bank", accepts=["token"],
                                        fraud_contact=address, caller=system)
    for slug in ("bank", "shop"):
        Subject.objects.create(partner=found[slug], person=marie.identity.person, capacity="private",
                               value=f"name-at-{slug}")
    return found


def report(marie, caller, **changes):
    return support.open_case(kind="phishing", channel="web", caller=caller,
                             **{"identity_id": marie.identity.id, "tell_partners": True} | changes)


@pytest.mark.requirement("R285")
def test_who_knows_her_is_told_once(marie, known, caller, system):
    case = report(marie, caller)
    assert warn_partners(system) == 1 and warn_partners(system) == 0
    message = Message.objects.get(template="partner_warned")
    assert message.recipient["email"] == "fraude@bank.example"
    said = message.content["subject"] + message.content["text"]
    assert "name-at-bank" in said and case.reference in said
    for secret in (marie.identity.user_id, marie.identity.ssn, marie.identity.person.family_names, "name-at-shop"):
        assert secret not in said
    facts = Event.objects.get(code="support.case.partners_told").facts
    assert (facts["told"], facts["without_address"]) == ([str(known["bank"].id)], [str(known["shop"].id)])


@pytest.mark.requirement("R285")
@pytest.mark.parametrize("changes", [{"tell_partners": False}, {"identity_id": None}])
def test_without_her_consent_or_her_name_nobody_is_told(marie, known, caller, system, changes):
    report(marie, caller, **changes)
    assert warn_partners(system) == 0 and not Message.objects.exists()


@pytest.mark.requirement("R285")
@pytest.mark.parametrize("changes", [{"tell_partners": False}, {}])
def test_two_workers_at_once_and_a_case_without_consent_tell_nobody_a_second_time(marie, known, caller, system, changes):
    """As a worker finds it that had read its list before another one had told them, or before she was asked."""
    case, links = report(marie, caller, **changes), [Link(partner="p", address="fraude@bank.example", subject="x")]
    warn_partners(system)
    before = Message.objects.count()
    assert support.tell_partners(case_id=case.id, links=links, caller=system) == 0
    assert Message.objects.count() == before


def test_a_partner_that_left_is_not_told(marie, known, caller, system):
    partners.register(slug="bank", name={"fr": "bank"}, category="bank", accepts=["token"], active=False,
                      fraud_contact="fraude@bank.example", caller=system)
    report(marie, caller)
    assert warn_partners(system) == 1 and not Message.objects.exists()
