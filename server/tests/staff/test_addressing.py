# SPDX-License-Identifier: Apache-2.0
"""Another address: two people, the old one hears of it at once, and the link at the new one makes it true."""

from datetime import date, timedelta

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims, UnusableContact
from paraph.domain.audit.models import Event
from paraph.domain.notifications.models import Message
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import Invitation, StaffRequest
from paraph.kernel.errors import Forbidden

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)
NEW = "luc@neu.example"


def ask(office, member, email=NEW, asker=None, reason="Nouvelle adresse"):
    return services.ask_address(member_id=member.id, email=email, reason=reason, caller=office.caller(asker or office.anna))


def confirm(office, secret):
    return services.confirm_address(digest=queries.digest_of(secret), caller=office.visitor())


def told(template):
    return sorted(message.recipient["email"] for message in Message.objects.filter(template=template))


@pytest.fixture
def luc(office):
    return office.joined()


@pytest.mark.requirement("EN 319 401 7.2")
def test_it_takes_effect_when_the_link_at_the_new_address_was_used(office, luc):
    request = ask(office, luc)
    assert told("staff_address_asked") == ["luc.weber@example.org"] and told("staff_address") == []
    office.approve(request)
    assert told("staff_address") == [NEW] and queries.email_of(luc) == "luc.weber@example.org"
    secret = office.secret("staff_address")
    confirm(office, secret)
    assert queries.email_of(luc) == NEW
    assert told("staff_address_changed") == sorted([NEW, "luc.weber@example.org"])
    with pytest.raises(services.InvitationOver):
        confirm(office, secret)
    # Links go there now.
    office.renewal(luc)
    assert told("staff_renewal") == [NEW]
    assert NEW not in repr(list(Event.objects.values("code", "facts", "about_id")))


def test_an_operator_asks_for_himself_and_another_one_decides(office):
    request = ask(office, office.anna, "anna@neu.example")
    with pytest.raises(services.ThatIsYou):
        office.approve(request, office.anna)
    office.approve(request, office.bert)
    confirm(office, office.secret("staff_address"))
    assert queries.email_of(office.anna) == "anna@neu.example"
    # Whom it is about never decides.
    request = ask(office, office.bert, "bert@neu.example")
    with pytest.raises(services.ThatIsYou):
        office.approve(request, office.bert)


def test_who_else_and_what_else_is_refused(office, luc):
    for changes, refusal in [
        ({"email": "nobody"}, UnusableContact), ({"email": "ANNA@example.org"}, services.AddressTaken),
        ({"email": "Luc.Weber@example.org"}, services.NothingToChange), ({"reason": ""}, services.WhyMissing),
        ({"asker": luc}, Forbidden),
    ]:
        with pytest.raises(refusal):
            ask(office, luc, **changes)
    assert not StaffRequest.objects.filter(kind="address").exists() and told("staff_address_asked") == []


def test_two_are_not_about_to_read_one_address(office, luc):
    ask(office, luc)
    other = Claims(family_names="Klein", given_names="Eva", birth_date=date(1990, 1, 1))
    with pytest.raises(services.AddressTaken):
        ask(office, office.anna, NEW.upper())
    with pytest.raises(services.AddressTaken):
        office.ask(email=NEW, claims=other, token_serial="44-4444444-4")
    office.ask(email="eva@example.org", claims=other, token_serial="44-4444444-4")
    with pytest.raises(services.AddressTaken):
        ask(office, office.anna, "eva@example.org")


def test_somebody_took_it_meanwhile(office, luc, system):
    office.approve(ask(office, luc))
    secret = office.secret("staff_address")
    accounts.record_contact(identity_id=office.anna.identity_id, kind="email", value=NEW, read_back=True, caller=system)
    with pytest.raises(services.AddressTaken):
        confirm(office, secret)
    assert queries.email_of(luc) == "luc.weber@example.org"


def test_the_link_has_72_hours(office, luc, clock):
    office.approve(ask(office, luc))
    invitation, secret = Invitation.objects.get(request__kind="address"), office.secret("staff_address")
    clock.set(invitation.expires_at)
    with pytest.raises(services.InvitationOver):
        confirm(office, secret)
    clock.set(invitation.expires_at - TICK)
    confirm(office, secret)


def test_refused_changes_nothing_and_who_left_gets_none(office, luc):
    services.refuse(request_id=ask(office, luc).id, caller=office.caller(office.bert))
    assert queries.email_of(luc) == "luc.weber@example.org"
    office.approve(ask(office, luc))
    secret = office.secret("staff_address")
    office.approve(services.ask_end(member_id=luc.id, reason="Départ", caller=office.caller(office.anna)))
    with pytest.raises(services.InvitationOver):
        confirm(office, secret)
