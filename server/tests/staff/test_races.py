# SPDX-License-Identifier: Apache-2.0
"""Sixteen at once, on both databases: one decision, one link, one account; of two who remove each other one stays."""

import pytest

from paraph.domain.accounts.models import Identity
from paraph.domain.devices.models import Device
from paraph.domain.organisations import queries as organisations
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from testkit.races import at_once

from .conftest import PASSWORD, link_to

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def test_one_link_makes_one_member(office):
    digest = queries.digest_of(office.invite()[1])
    caller = office.visitor()
    before = Member.objects.count(), Identity.objects.filter(kind="staff").count()
    found = at_once(lambda number: services.accept(digest=digest, password=PASSWORD, caller=caller).user_id)
    assert found.count("staff_invitation_over") == 15
    assert (Member.objects.count(), Identity.objects.filter(kind="staff").count()) == (before[0] + 1, before[1] + 1)


def test_one_link_renews_once(office, clock):
    luc = office.joined()
    digest = queries.digest_of(office.renewal(luc, password=True)[1])
    caller = office.visitor()
    found = at_once(lambda number: services.renew(digest=digest, password=PASSWORD, caller=caller).user_id)
    assert found.count("staff_invitation_over") == 15 and found.count(luc.identity.user_id) == 1
    assert Device.objects.filter(identity_id=luc.identity_id).exclude(state="retired").count() == 1
    clock.advance(minutes=1)
    assert office.logs_in(luc.identity.user_id, "44-4444444-4").outcome == "accepted"


def test_one_address_is_confirmed_once(office):
    request = office.approve(services.ask_address(member_id=office.anna.id, email="anna@neu.example", reason="Neu",
                                                  caller=office.caller(office.anna)))
    digest, caller = queries.digest_of(office.secret("staff_address")), office.visitor()
    found = at_once(lambda number: services.confirm_address(digest=digest, caller=caller).state)
    assert found.count("staff_invitation_over") == 15 and found.count("active") == 1
    assert Invitation.objects.get(request=request).state == "accepted"


def test_one_request_is_decided_once(office):
    request = office.ask()
    caller = office.caller(office.bert)

    def decide(number):
        if number % 2:
            return services.refuse(request_id=request.id, caller=caller).state
        return services.approve(request_id=request.id, content_hash=request.content_hash, link_to=link_to, caller=caller).state

    found = at_once(decide)
    assert found.count("not_allowed") == 15
    assert Invitation.objects.count() == (StaffRequest.objects.get().state == "approved")


def test_one_token_is_promised_to_one(office):
    office.scene.stock("33-3333333-3")
    caller = office.caller(office.anna)

    def ask(number):
        claims = office.draft()["claims"]
        letter = "abcdefghijklmnop"[number]
        return services.ask_invitation(caller=caller, **office.draft(
            email=f"{letter}@example.org", claims=type(claims)(
                family_names="Weber" + letter, given_names="Luc", birth_date=claims.birth_date))).state

    assert at_once(ask).count("asked") == 1


def test_a_link_is_taken_up_or_revoked(office):
    invitation, secret = office.invite()
    visitor, operator = office.visitor(), office.caller(office.anna)

    def either(number):
        if number % 2:
            services.revoke(invitation_id=invitation.id, caller=operator)
            return "revoked"
        services.accept(digest=queries.digest_of(secret), password=PASSWORD, caller=visitor)
        return "accepted"

    found = at_once(either)
    invitation.refresh_from_db()
    assert [found.count(word) for word in ("accepted", "revoked")] in ([1, 0], [0, 1])
    assert found.count(invitation.state) == 1 and Member.objects.count() == 2 + (invitation.state == "accepted")


def test_of_two_operators_who_suspend_each_other_one_stays(office):
    """Sixteen calls: neither a page asked for before nor a fast hand leaves the house without an operator."""
    callers = {office.anna.id: office.caller(office.bert), office.bert.id: office.caller(office.anna)}
    members = list(callers)
    found = at_once(lambda number: services.suspend(
        member_id=members[number % 2], caller=callers[members[number % 2]]).state)
    assert found.count("suspended") == 1
    assert len(organisations.holders_of("operator_admin")) == 1
