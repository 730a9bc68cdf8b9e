# SPDX-License-Identifier: Apache-2.0
"""Who lost his Token, his password or both comes back by two people's decision, with his identity, UserID and roles; each
limit at its last good and its first bad instant."""

from datetime import date, timedelta

import pytest

from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit.models import Event
from paraph.domain.authentication import queries as authentication_queries
from paraph.domain.authentication.services import PasswordRefused
from paraph.domain.devices.models import Device
from paraph.domain.devices.services import NotInStock
from paraph.domain.notifications.models import Message
from paraph.domain.organisations import queries as organisations
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import EndedDevice, Invitation, Member, StaffRequest
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed
from paraph.signer.errors import SignerUnavailable

from .conftest import LINK, PASSWORD, link_to

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)
NEW = "44-4444444-4"
OTHER = Claims(family_names="Klein", given_names="Eva", birth_date=date(1990, 1, 1))


@pytest.fixture
def luc(office, clock):
    """An agent who has logged in once: the signer knows his Token."""
    luc = office.joined()
    clock.advance(minutes=1)
    assert office.logs_in(luc.identity.user_id, luc.device_serial).outcome == "accepted"
    clock.advance(minutes=1)
    return luc


def state(serial):
    return Device.objects.get(serial=serial).state


def logs_in(office, luc, serial, password=PASSWORD):
    """Whether he is let in with this Token; None: not even to the second step."""
    step = office.logs_in(luc.identity.user_id, serial, password)
    return step and step.outcome.value


@pytest.mark.requirement("EN 319 401 7.2")
def test_who_lost_his_token_comes_back_with_another_one_and_all_else_stays(office, luc, clock, signer):
    before, session = organisations.roles_of(luc.person_id), office.logs_in(luc.identity.user_id, luc.device_serial).session_id
    request = office.loses(luc)
    # From the asking on.
    assert state(luc.device_serial) == "disabled" and authentication_queries.session(session, clock.now()) is None
    clock.advance(minutes=1)
    assert logs_in(office, luc, luc.device_serial) is None
    office.approve(request)
    assert state(luc.device_serial) == "retired" and state(NEW) == "in_stock"
    joined = office.renew(office.secret("staff_renewal"))
    assert (joined.user_id, joined.token_serial) == (luc.identity.user_id, NEW)
    assert signer.device(luc.device_serial).retired and logs_in(office, luc, luc.device_serial) != "accepted"
    step = office.logs_in(luc.identity.user_id, NEW)
    assert (step.outcome, step.person_id, step.identity_id) == ("accepted", luc.person_id, luc.identity_id)
    assert organisations.roles_of(luc.person_id) == before and signer.device(NEW).holder == str(luc.identity_id)
    luc.refresh_from_db()
    assert luc.device_serial == NEW and Identity.objects.filter(person_id=luc.person_id).count() == 1


def test_who_lost_his_password_chooses_another_one_and_keeps_his_token(office, luc, clock):
    request = office.loses(luc, password=True, devices=False, new="")
    assert state(luc.device_serial) == "disabled"
    office.approve(request)
    assert state(luc.device_serial) == "disabled"
    secret = office.secret("staff_renewal")
    with pytest.raises(PasswordRefused):
        office.renew(secret, "weak")
    office.renew(secret, "Neu12345")
    assert state(luc.device_serial) == "active"
    assert logs_in(office, luc, luc.device_serial, PASSWORD) is None
    assert logs_in(office, luc, luc.device_serial, "Neu12345") == "accepted"


def test_who_lost_both(office, luc, clock):
    _, secret = office.renewal(luc, password=True)
    office.renew(secret, "Neu12345")
    assert logs_in(office, luc, NEW, PASSWORD) is None
    assert logs_in(office, luc, NEW, "Neu12345") == "accepted"


def test_who_knows_his_password_keeps_it_and_the_link_alone_opens_nothing(office, luc):
    _, secret = office.renewal(luc)
    office.renew(secret, "Dieb1234")
    assert logs_in(office, luc, NEW, "Dieb1234") is None
    assert logs_in(office, luc, NEW, PASSWORD) == "accepted"


def test_a_block_for_wrong_passwords_ends_with_the_new_one(office, luc):
    for _ in range(5):
        assert logs_in(office, luc, luc.device_serial, "Wrong123") is None
    assert logs_in(office, luc, luc.device_serial) is None
    _, secret = office.renewal(luc, password=True, devices=False, new="")
    office.renew(secret, "Neu12345")
    assert logs_in(office, luc, luc.device_serial, "Neu12345") == "accepted"


@pytest.mark.parametrize("end", ["refuse", "withdraw"])
def test_what_was_not_allowed_gives_everything_back(office, luc, end):
    request = office.loses(luc, password=True)
    decider = office.bert if end == "refuse" else office.anna
    getattr(services, end)(request_id=request.id, caller=office.caller(decider))
    assert state(luc.device_serial) == "active" and not Invitation.objects.filter(request=request).exists()
    assert logs_in(office, luc, luc.device_serial) == "accepted"


def test_a_request_that_nobody_decided_gives_nothing_back_by_itself(office, luc, clock):
    """A Token that was said to be lost does not work again because seven days went by."""
    request = office.loses(luc)
    clock.set(request.decide_until - TICK)
    assert services.lapse_due(caller=Caller.system(at=clock.now(), name="job:staff")) == 0
    clock.set(request.decide_until)
    with pytest.raises(services.DecisionOver):
        office.approve(request)
    services.lapse_due(caller=Caller.system(at=clock.now(), name="job:staff"))
    assert state(luc.device_serial) == "disabled"
    again = office.loses(luc)
    services.withdraw(request_id=again.id, caller=office.caller(office.bert))
    assert state(luc.device_serial) == "active"


def test_a_decision_in_its_last_instant(office, luc, clock):
    request = office.loses(luc)
    clock.set(request.decide_until - TICK)
    assert office.approve(request).state == "approved"


def test_the_link_is_good_for_72_hours_to_the_instant_and_once(office, luc, clock):
    invitation, secret = office.renewal(luc)
    assert invitation.expires_at == clock.now() + timedelta(hours=72)
    clock.set(invitation.expires_at)
    with pytest.raises(services.InvitationOver):
        office.renew(secret)
    services.lapse_due(caller=Caller.system(at=clock.now(), name="job:staff"))
    again = services.resend(invitation_id=invitation.id, link_to=link_to, caller=office.caller(office.anna))
    with pytest.raises(services.InvitationOver):
        office.renew(secret)
    clock.set(again.expires_at - TICK)
    office.renew(office.secret("staff_renewal"))
    with pytest.raises(services.InvitationOver):
        office.renew(office.secret("staff_renewal"))
    assert state(NEW) == "active"


def test_a_link_serves_what_it_was_sent_for_alone(office, luc):
    _, secret = office.renewal(luc, password=True)
    with pytest.raises(services.InvitationOver):
        office.accept(secret)
    with pytest.raises(services.InvitationOver):
        services.confirm_address(digest=queries.digest_of(secret), caller=office.visitor())
    _, invited = office.invite(token_serial="55-5555555-5", email="eva@example.org", claims=OTHER)
    with pytest.raises(services.InvitationOver):
        office.renew(invited, PASSWORD)


def test_a_cancelled_link_leaves_a_lost_token_dead_and_wakes_what_was_not_lost(office, luc):
    invitation, secret = office.renewal(luc, password=True, devices=False, new="")
    services.revoke(invitation_id=invitation.id, caller=office.caller(office.anna))
    assert state(luc.device_serial) == "active"
    invitation, secret = office.renewal(luc)
    services.revoke(invitation_id=invitation.id, caller=office.caller(office.anna))
    assert state(luc.device_serial) == "retired"
    with pytest.raises(services.InvitationOver):
        office.renew(secret)
    # Nothing is left to him: the next request gives him something.
    with pytest.raises(services.NewDeviceNeeded):
        office.loses(luc, new="")
    _, secret = office.renewal(luc)
    office.renew(secret)
    assert logs_in(office, luc, NEW) == "accepted"


def test_a_later_link_ends_the_one_before(office, luc):
    first, secret = office.renewal(luc, password=True)
    _, later = office.renewal(luc, password=True, new="55-5555555-5")
    first.refresh_from_db()
    assert first.state == "revoked"
    with pytest.raises(services.InvitationOver):
        office.renew(secret, PASSWORD)
    assert office.renew(later, PASSWORD).token_serial == "55-5555555-5"


def test_what_must_be_said(office, luc):
    ask = {"member_id": luc.id, "password": False, "lost": [luc.device_serial], "reason": "Perdu",
           "caller": office.caller(office.anna)}
    office.scene.stock(NEW)
    for changes, refusal in [
        ({}, services.NewDeviceNeeded), ({"device_serial": "99-0000000-0"}, NotInStock),
        ({"device_serial": "11-1111111-1"}, NotInStock), ({"device_serial": NEW, "reason": " "}, services.WhyMissing),
        ({"lost": []}, services.NothingToChange), ({"lost": ["11-1111111-1"]}, services.NothingToChange),
        ({"lost": [], "password": True, "device_serial": NEW}, services.NoNewDevice),
        ({"device_serial": NEW, "caller": office.visitor()}, Forbidden),
        ({"device_serial": NEW, "caller": office.caller(luc)}, Forbidden),
    ]:
        with pytest.raises(refusal):
            services.ask_renewal(**ask | changes)
        assert state(luc.device_serial) == "active", "nothing rests for what was refused"
    office.invite(token_serial="55-5555555-5", email="eva@example.org", claims=OTHER)
    with pytest.raises(services.TokenPromised):
        services.ask_renewal(**ask | {"device_serial": "55-5555555-5"})
    assert services.ask_renewal(**ask | {"device_serial": NEW}).state == "asked"
    with pytest.raises(services.RequestWaiting):
        services.ask_renewal(**ask | {"device_serial": NEW})
    with pytest.raises(services.TokenPromised):
        office.ask(token_serial=NEW, email="x@example.org", claims=Claims(
            family_names="Weis", given_names="Pol", birth_date=date(1991, 1, 1)))


@pytest.mark.requirement("EN 319 401 7.1.2")
def test_three_people_and_never_oneself(office, luc):
    third = office.joined(roles=[office.role("operator_admin")], token_serial="66-6666666-6", email="eva@example.org",
                          claims=OTHER)
    with pytest.raises(services.ThatIsYou):
        office.loses(third, third)
    request = office.loses(third)
    for decider in (office.anna, third):
        with pytest.raises((services.ThatIsYou, Forbidden)):
            office.approve(request, decider)
    assert office.approve(request, office.bert).state == "approved"


def test_one_of_two_operators_is_no_matter_for_the_other_one_alone(office):
    with pytest.raises(services.NobodyDecides):
        office.loses(office.bert)
    assert state(office.bert.device_serial) == "active" and not StaffRequest.objects.exists()


def test_a_suspended_member_stays_suspended(office, luc):
    services.suspend(member_id=luc.id, caller=office.caller(office.anna))
    _, secret = office.renewal(luc)
    office.renew(secret)
    assert Member.objects.get(pk=luc.id).state == "suspended" and logs_in(office, luc, NEW) is None
    request = services.ask_reinstatement(member_id=luc.id, reason="Retrouvé", caller=office.caller(office.anna))
    office.approve(request)
    assert logs_in(office, luc, NEW) == "accepted"


def test_a_member_who_left_meanwhile_is_not_let_in(office, luc):
    _, secret = office.renewal(luc)
    office.approve(services.ask_end(member_id=luc.id, reason="Départ", caller=office.caller(office.anna)))
    with pytest.raises(services.InvitationOver):
        office.renew(secret)
    invitation = Invitation.objects.get(request__kind="renew")
    with pytest.raises(services.InvitationOver):
        services.resend(invitation_id=invitation.id, link_to=link_to, caller=office.caller(office.anna))
    with pytest.raises(NotAllowed):
        office.loses(luc, new="55-5555555-5")


def test_while_the_signer_is_away_the_link_stays_good(office, luc, monkeypatch):
    """The lost Token is refused by the signer before the new one works."""
    _, secret = office.renewal(luc)
    with monkeypatch.context() as patched:
        patched.setattr("paraph.signer.client._bound", None)
        with pytest.raises(SignerUnavailable):
            office.renew(secret)
    assert state(NEW) == "in_stock"
    office.renew(secret)
    assert state(NEW) == "active" and EndedDevice.objects.get(serial=luc.device_serial).told_at


def test_the_job_tells_the_signer_too(office, luc, clock, signer):
    office.renewal(luc)
    job = Caller.system(at=clock.now(), name="job:staff")
    assert not signer.device(luc.device_serial).retired
    assert services.lapse_due(caller=job) == 1 and services.lapse_due(caller=job) == 0
    assert signer.device(luc.device_serial).retired


def test_who_is_told_and_what_stays_in_the_log(office, luc):
    _, secret = office.renewal(luc)
    sent = {message.template: message for message in Message.objects.exclude(template="staff_invitation")}
    assert sent["staff_to_decide"].recipient["email"] == "bert@example.org"
    assert "Donner un nouvel accès" in sent["staff_to_decide"].content["text"]
    assert sent["staff_rests"].recipient["email"] == sent["staff_renewal"].recipient["email"] == "luc.weber@example.org"
    office.renew(secret)
    assert Message.objects.filter(template="staff_renewed").count() == 1
    assert sent["staff_renewal"].secret and LINK in sent["staff_renewal"].content["text"]
    log = {event.code: event for event in Event.objects.all()}
    assert {"staff.member.rests", "staff.member.renewed", "staff.invitation.accepted"} <= set(log)
    assert log["staff.request.approved"].facts["lost"] == [luc.device_serial]
    assert secret not in repr(list(Event.objects.values())) and "Weber" not in repr(list(Event.objects.values()))
    [decided] = queries.decided_about(luc)
    assert (decided.kind, decided.asked_by, decided.decided_by) == (
        "renew", str(office.anna.person_id), str(office.bert.person_id))


@pytest.mark.parametrize(("language", "word"), [("fr", "nouvel accès"), ("de", "neuen Zugang"), ("en", "new access")])
def test_the_link_speaks_the_members_language(office, clock, language, word):
    luc = office.joined(language=language)
    office.renewal(luc)
    assert word in Message.objects.get(template="staff_renewal").content["text"]
