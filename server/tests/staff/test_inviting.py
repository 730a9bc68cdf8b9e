# SPDX-License-Identifier: Apache-2.0
"""One asks, another allows, a third takes it up: each limit at its last good and its first bad instant."""

from datetime import date, timedelta

import pytest
from django.db import connection

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity, Person
from paraph.domain.accounts.policy import Claims, UnusableContact
from paraph.domain.accounts.services import UnusableName
from paraph.domain.audit.models import Event
from paraph.domain.authentication.services import PasswordRefused
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.devices.services import NotInStock
from paraph.domain.notifications.models import Message
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound
from testkit.chance import without_chance

from .conftest import LINK, PASSWORD, link_to

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)


@pytest.mark.requirement("EN 319 401 7.2")
def test_two_people_let_in_a_third_who_logs_in_with_his_own_password_and_token(office, clock):
    request = office.ask()
    assert request.state == "asked" and not Invitation.objects.exists() and Person.objects.count() == 3
    approved = office.approve(request)
    assert (approved.asked_by, approved.decided_by) == (str(office.anna.person_id), str(office.bert.person_id))
    mail = Message.objects.get(template="staff_invitation")
    assert mail.recipient["email"] == "luc.weber@example.org" and "Agent du service client" in mail.content["text"]
    joined = office.accept(office.secret())
    member = Member.objects.get(pk=joined.member.id)
    assert organisations.roles_of(member.person_id) == {office.role("helpdesk_agent")}
    assert accounts.contact(member.identity_id).email == "luc.weber@example.org"
    assert Device.objects.get(serial=joined.token_serial).state == "active"
    clock.advance(minutes=1)
    assert office.logs_in(joined.user_id, joined.token_serial, "Wrong123") is None
    step = office.logs_in(joined.user_id, joined.token_serial)
    assert (step.outcome, step.scope, step.person_id) == ("accepted", "staff", member.person_id)
    [membership] = organisations.members(office.scene.desk.id)[-1:]
    assert (membership.begun_under, membership.begun_by) == (request.id, str(member.person_id))


@pytest.mark.requirement("R293", part="later: chip devices and the app")
def test_the_link_is_kept_nowhere_and_the_log_names_nobody(office):
    _, secret = office.invite()
    invitation = Invitation.objects.get()
    assert invitation.digest == queries.digest_of(secret) and secret not in repr(list(Invitation.objects.values()))
    log = repr(list(Event.objects.values()))
    assert secret not in log and "Weber" not in log and "luc.weber" not in log
    assert Message.objects.get(template="staff_invitation").secret, "its content goes once it was delivered"
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM staff_staffrequest")
        stored = repr([[bytes(value) if isinstance(value, memoryview) else value for value in row] for row in cursor])
    assert "33-3333333-3" in stored
    stored = without_chance(stored)
    assert not any(word in stored for word in ("Weber", "luc.weber", "1980", "collègue"))


@pytest.mark.requirement("EN 319 401 7.1.2")
def test_who_asks_who_decides_and_who_comes_are_three(office):
    request = office.ask()
    with pytest.raises(services.ThatIsYou):
        office.approve(request, office.anna)
    with pytest.raises(services.ThatIsYou):
        services.refuse(request_id=request.id, caller=office.caller(office.anna))
    own = Claims(family_names="chef", given_names="ANNA", birth_date=date(1970, 1, 1))
    with pytest.raises(services.ThatIsYou):
        office.ask(claims=own, token_serial="44-4444444-4")
    with pytest.raises(services.AlreadyStaff):
        office.ask(claims=Claims(family_names="Chef", given_names="Bert", birth_date=date(1970, 1, 1)),
                   token_serial="44-4444444-4")
    assert office.approve(request).state == "approved"
    with pytest.raises(NotAllowed):
        office.approve(request)


def test_nobody_else_asks_or_decides(office, clock):
    request = office.ask()
    agent = office.joined(email="x@example.org", token_serial="55-5555555-5",
                          claims=Claims(family_names="Agent", given_names="Eva", birth_date=date(1990, 1, 1)))
    stale = office.caller(agent)
    no_person = Caller(at=clock.now(), channel="web", session="x", scope="staff",
                       roles=frozenset({office.role("operator_admin")}))
    strangers = [stale, no_person, office.visitor(), Caller(at=clock.now(), channel="cli:staff", person="os:root"),
                 Caller(at=clock.now(), channel="web", person=str(office.bert.person_id), session="x", scope="full")]
    calls = [lambda caller: services.ask_invitation(caller=caller, **office.draft(token_serial="44-4444444-4")),
             lambda caller: services.approve(request_id=request.id, content_hash=request.content_hash, link_to=link_to,
                                             caller=caller),
             lambda caller: services.refuse(request_id=request.id, caller=caller),
             lambda caller: services.withdraw(request_id=request.id, caller=caller)]
    for stranger in strangers:
        for call in calls:
            with pytest.raises(Forbidden):
                call(stranger)
    assert StaffRequest.objects.get(pk=request.pk).state == "asked"


def test_a_decision_is_bound_to_what_was_seen(office):
    request = office.ask()
    with pytest.raises(services.OtherRequest):
        services.approve(request_id=request.id, content_hash="0" * 64, link_to=link_to, caller=office.caller(office.bert))
    StaffRequest.objects.filter(pk=request.pk).update(content=request.content | {"email": "thief@example.org"})
    with pytest.raises(services.OtherRequest):
        office.approve(request)
    assert not Invitation.objects.exists()


def test_the_decision_has_seven_days(office, clock):
    first, second = office.ask(), office.ask(
        token_serial="44-4444444-4", email="eva@example.org",
        claims=Claims(family_names="Klein", given_names="Eva", birth_date=date(1990, 1, 1)))
    clock.set(first.decide_until - TICK)
    assert office.approve(first).state == "approved"
    clock.set(second.decide_until)
    with pytest.raises(services.DecisionOver):
        office.approve(second)


def test_refused_and_withdrawn_are_over(office):
    refused = services.refuse(request_id=office.ask().id, caller=office.caller(office.bert))
    with pytest.raises(NotAllowed):
        office.approve(refused)
    withdrawn = services.withdraw(request_id=office.ask().id, caller=office.caller(office.anna))
    with pytest.raises(NotAllowed):
        office.approve(withdrawn)
    with pytest.raises(NotFound):
        services.refuse(request_id=office.anna.id, caller=office.caller(office.bert))
    assert [row.state for row in StaffRequest.objects.order_by("id")] == ["refused", "withdrawn"]


def test_a_link_is_good_until_its_last_instant_and_once(office, clock):
    invitation, secret = office.invite()
    assert invitation.expires_at == clock.now() + timedelta(hours=72)
    clock.set(invitation.expires_at - TICK)
    assert queries.open_invitation(queries.digest_of(secret), clock.now()) is not None
    office.accept(secret)
    assert queries.open_invitation(queries.digest_of(secret), clock.now()) is None
    with pytest.raises(services.InvitationOver):
        office.accept(secret)
    assert Member.objects.count() == 3


def test_a_link_opens_nothing_from_its_deadline_on_whether_or_not_the_job_ran(office, clock):
    invitation, secret = office.invite()
    clock.set(invitation.expires_at)
    assert queries.open_invitation(queries.digest_of(secret), clock.now()) is None
    with pytest.raises(services.InvitationOver):
        office.accept(secret)
    clock.advance(days=3)
    assert services.lapse_due(caller=Caller.system(at=clock.now(), name="job:staff")) == 1
    invitation.refresh_from_db()
    assert (invitation.state, invitation.state_since) == ("lapsed", invitation.expires_at)
    with pytest.raises(services.InvitationOver):
        office.accept(secret)
    assert Member.objects.count() == 2 and Device.objects.get(serial="33-3333333-3").state == "in_stock"


def test_the_job_leaves_what_is_in_time_and_says_the_deadline(office, clock):
    request = office.ask()
    clock.set(request.decide_until - TICK)
    assert services.lapse_due(caller=Caller.system(at=clock.now(), name="job:staff")) == 0
    clock.set(request.decide_until + timedelta(days=40))
    assert services.lapse_due(caller=Caller.system(at=clock.now(), name="job:staff")) == 1
    assert services.lapse_due(caller=Caller.system(at=clock.now(), name="job:staff")) == 0
    request.refresh_from_db()
    assert (request.state, request.state_since) == ("lapsed", request.decide_until)
    # What lapsed keeps neither its Token nor its address from others.
    assert office.ask().state == "asked"


@pytest.mark.parametrize("lapsed", [True, False])
def test_a_link_is_sent_again_and_the_one_before_dies(office, clock, lapsed):
    invitation, first = office.invite()
    clock.set(invitation.expires_at + timedelta(hours=1))
    if lapsed:
        services.lapse_due(caller=Caller.system(at=clock.now(), name="job:staff"))
    again = services.resend(invitation_id=invitation.id, link_to=link_to, caller=office.caller(office.anna))
    assert again.expires_at == clock.now() + timedelta(hours=72) and again.times == 2
    with pytest.raises(services.InvitationOver):
        office.accept(first)
    assert office.accept(office.secret()).user_id


def test_an_old_approval_sends_no_link(office, clock):
    invitation, _ = office.invite()
    limit = invitation.request.decided_at + timedelta(days=30)
    clock.set(limit - TICK)
    services.resend(invitation_id=invitation.id, link_to=link_to, caller=office.caller(office.anna))
    clock.set(limit)
    with pytest.raises(services.TooOldToResend):
        services.resend(invitation_id=invitation.id, link_to=link_to, caller=office.caller(office.anna))


def test_a_revoked_link_is_dead_for_ever(office):
    invitation, secret = office.invite()
    with pytest.raises(Forbidden):
        services.revoke(invitation_id=invitation.id, caller=office.visitor())
    services.revoke(invitation_id=invitation.id, caller=office.caller(office.anna))
    with pytest.raises(services.InvitationOver):
        office.accept(secret)
    for move in (lambda: services.resend(invitation_id=invitation.id, link_to=link_to, caller=office.caller(office.anna)),
                 lambda: services.revoke(invitation_id=invitation.id, caller=office.caller(office.anna))):
        with pytest.raises(NotAllowed):
            move()
    with pytest.raises(services.InvitationOver):
        office.accept("nobody-was-sent-this")


def test_a_weak_password_uses_nothing_up(office):
    _, secret = office.invite()
    with pytest.raises(PasswordRefused):
        office.accept(secret, "weak")
    assert office.accept(secret, PASSWORD)


def test_one_person_one_address_one_token(office):
    office.invite()
    other = Claims(family_names="Klein", given_names="Eva", birth_date=date(1990, 1, 1))
    with pytest.raises(services.AlreadyStaff):
        office.ask(token_serial="44-4444444-4", email="other@example.org")
    with pytest.raises(services.AddressTaken):
        office.ask(token_serial="44-4444444-4", email="LUC.weber@example.org", claims=other)
    with pytest.raises(services.AddressTaken):
        office.ask(token_serial="44-4444444-4", email="Anna@example.org", claims=other)
    with pytest.raises(services.TokenPromised):
        office.ask(email="other@example.org", claims=other)
    with pytest.raises(NotInStock):
        services.ask_invitation(caller=office.caller(office.anna), **office.draft(
            token_serial="11-1111111-1", claims=other, email="other@example.org"))
    assert office.ask(token_serial="44-4444444-4", email="other@example.org", claims=other).state == "asked"


def test_a_token_that_went_elsewhere_lets_nobody_in(office, system):
    _, secret = office.invite()
    identity = accounts.identities_of(office.anna.person_id)[0]
    stranger = Identity.objects.create(person=identity.person, kind="private", device_family="server", ssn="1" * 20,
                                       user_id="X", user_id_index="x", state_since=system.at)
    devices.assign(identity_id=stranger.id, serial="33-3333333-3", caller=system)
    with pytest.raises(NotInStock):
        office.accept(secret)
    assert Member.objects.count() == 2 and queries.open_invitation(queries.digest_of(secret), office.clock.now())


@pytest.mark.parametrize(("changes", "refusal"), [
    ({"email": "no address"}, UnusableContact), ({"reason": " "}, services.WhyMissing),
    ({"claims": Claims(family_names="<b>", given_names="Luc", birth_date=date(1980, 2, 3))}, UnusableName),
    ({"roles": []}, services.RolesNotPossible),
])
def test_what_is_incomplete_is_refused(office, changes, refusal):
    with pytest.raises(refusal):
        office.ask(**changes)
    assert not StaffRequest.objects.exists()


@pytest.mark.requirement("EN 319 401 7.1.2")
def test_roles_only_where_and_together_as_they_can_be(office, system):
    bank = organisation_services.create_organisation(
        slug="bank", name="Bank", roles=["bank", "registration_authority"], address={}, caller=system)
    closed = organisation_services.create_organisation(
        slug="closed", name="Closed", roles=["registration_authority"], address={}, active=False, caller=system)
    for wrong in ([office.role("operator_admin", bank)], [office.role("auditor", bank)], [office.role("helpdesk_agent", bank)],
                  [office.role("registration_officer", closed)], [office.role("auditor"), office.role("helpdesk_agent")]):
        with pytest.raises(services.RolesNotPossible):
            office.ask(roles=wrong)
    member = office.joined(roles=[office.role("registration_officer", bank), office.role("helpdesk_agent")])
    assert len(organisations.roles_of(member.person_id)) == 2


def test_a_request_of_somebody_who_may_no_longer_ask_is_nobodys(office):
    third = office.joined(roles=[office.role("operator_admin")])
    request = office.ask(third, token_serial="44-4444444-4", email="eva@example.org",
                         claims=Claims(family_names="Klein", given_names="Eva", birth_date=date(1990, 1, 1)))
    services.suspend(member_id=third.id, caller=office.caller(office.anna))
    with pytest.raises(services.AskerGone):
        office.approve(request)


def test_the_operators_who_may_decide_are_told(office):
    office.ask()
    assert [message.recipient["email"] for message in Message.objects.filter(template="staff_to_decide")] == ["bert@example.org"]


@pytest.mark.parametrize(("language", "word"), [("fr", "mot de passe"), ("de", "Passwort"), ("en", "password")])
def test_the_invitation_speaks_the_language_of_the_invited(office, language, word):
    office.invite(language=language)
    text = Message.objects.get(template="staff_invitation").content["text"]
    assert word in text and LINK in text
