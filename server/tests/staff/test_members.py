# SPDX-License-Identifier: Apache-2.0
"""Who works here: other roles, suspension at once, return, end; the first two at the machine; the last operator stays."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit.models import Event
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication import services as login
from paraph.domain.authentication.models import Credential, LoginTransaction
from paraph.domain.certification.models import Certificate
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.organisations.models import Membership
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import Member
from paraph.kernel import secrets
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound
from paraph.signer import client
from testkit import applications

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)


@pytest.fixture
def luc(office):
    """A customer service agent."""
    return office.joined()


def change(office, member, begin=(), end=()):
    return services.ask_change(member_id=member.id, begin=begin, end=end, reason="Autre poste",
                               caller=office.caller(office.anna))


def names(member):
    return sorted(role.name for role in organisations.roles_of(member.person_id))


# --- at the machine ---------------------------------------------------------------------------------------------------


def test_the_machine_appoints_two_operators_and_no_third(office):
    assert names(office.anna) == ["operator_admin"]
    for role in ("operator_admin", "registration_officer"):
        with pytest.raises(services.TwoOperatorsExist):
            office.appoint("Carl", f"77-777777{len(role) % 10}-7", role)
    assert Member.objects.count() == 2


def test_where_one_operator_is_left_the_machine_helps_again(office):
    services.suspend(member_id=office.bert.id, caller=Caller(at=office.clock.now(), channel="cli:staff", person="os:root"))
    carl = office.appoint("Carl", "77-7777777-7")
    office.bert.refresh_from_db()
    assert (office.bert.state, office.bert.state_by, names(carl)) == ("suspended", "os:root", ["operator_admin"])


def test_whoever_is_appointed_gets_a_token_a_role_and_no_certificate(office):
    identity = Identity.objects.get(pk=office.anna.identity_id)
    credential = Credential.objects.get(identity=identity)
    assert identity.kind == "staff" and credential.challenge_hash == "" and not credential.activated_at
    assert not Certificate.objects.filter(subject_id=str(identity.id)).exists()
    assert Event.objects.filter(code="staff.member.appointed", person="os:root").count() == 2
    [line] = [line for line in queries.history() if line.person.id == office.anna.person_id]
    assert (line.asked_by, line.allowed_by) == ("os:root", "")


def test_the_initial_password_is_shown_once_and_kept_nowhere(db, signer, system):
    scene = applications.scene(system)
    made = services.appoint(claims=Claims(family_names="Weber", given_names="Luc", birth_date=date(1980, 2, 3)),
                            organisation_id=scene.desk.id, roles=["registration_officer"],
                            token_serial=scene.stock("33-3333333-3"), caller=system)
    stored = Credential.objects.get(identity_id=made.identity_id).initial_password_hash
    assert secrets.verify_secret(made.initial_password, stored, "initial_password")
    assert made.initial_password not in repr(list(Event.objects.values())) + repr(
        [message.content for message in Message.objects.all()])


def test_only_the_operator_at_his_machine_appoints(office):
    services.suspend(member_id=office.bert.id, caller=office.caller(office.anna))
    serial = office.scene.stock("77-7777777-7")
    for caller in (office.caller(office.anna), office.visitor(), office.scene.officer(office.clock.now())):
        with pytest.raises(Forbidden):
            services.appoint(claims=Claims(family_names="X", given_names="Y", birth_date=date(1980, 1, 1)),
                             organisation_id=office.scene.desk.id, roles=["operator_admin"], token_serial=serial, caller=caller)
    assert Device.objects.get(serial=serial).state == "in_stock"
    with pytest.raises(services.AlreadyStaff):
        services.appoint(claims=Claims(family_names="Chef", given_names="Bert", birth_date=date(1970, 1, 1)),
                         organisation_id=office.scene.desk.id, roles=["operator_admin"], token_serial=serial,
                         caller=office.scene.system)


# --- other roles ------------------------------------------------------------------------------------------------------


def test_two_people_change_a_third_ones_roles_at_one_instant(office, luc, clock):
    begin, end = [office.role("registration_officer")], [office.role("helpdesk_agent")]
    request = change(office, luc, begin, end)
    assert names(luc) == ["helpdesk_agent"], "asking changes nothing"
    clock.advance(hours=1)
    office.approve(request)
    assert names(luc) == ["registration_officer"]
    old, new = Membership.objects.filter(person_id=luc.person_id).order_by("since", "id")
    assert old.ended_at == new.since == clock.now() and old.ended_under == new.begun_under == request.id
    line = next(line for line in queries.history() if line.membership.pk == new.pk)
    assert (line.asked_by, line.allowed_by) == (str(office.anna.person_id), str(office.bert.person_id))
    assert "Officier d’enregistrement" in Message.objects.get(template="staff_roles_changed").content["text"]


@pytest.mark.requirement("EN 319 401 7.1.2")
def test_nobody_asks_or_decides_about_himself(office, luc):
    with pytest.raises(services.ThatIsYou):
        services.ask_change(member_id=office.anna.id, begin=[office.role("registration_officer")], reason="x",
                            caller=office.caller(office.anna))
    request = services.ask_change(member_id=office.bert.id, begin=[office.role("registration_officer")], reason="x",
                                  caller=office.caller(office.anna))
    for decide in (lambda: office.approve(request, office.bert), lambda: office.approve(request, office.anna),
                   lambda: services.refuse(request_id=request.id, caller=office.caller(office.bert))):
        with pytest.raises(services.ThatIsYou):
            decide()
    third = office.joined(email="c@example.org", token_serial="44-4444444-4", roles=[office.role("operator_admin")],
                          claims=Claims(family_names="Trois", given_names="Carl", birth_date=date(1971, 1, 1)))
    office.approve(request, third)
    assert names(office.bert) == ["operator_admin", "registration_officer"]


@pytest.mark.parametrize(("begin", "end", "refusal"), [
    ([], [], services.NothingToChange), (["helpdesk_agent"], [], services.NothingToChange),
    ([], ["operator_admin"], services.NothingToChange), ([], ["helpdesk_agent"], services.RolesNotPossible),
    (["auditor"], [], services.RolesNotPossible),
])
def test_what_changes_nothing_or_can_not_be_is_refused(office, luc, begin, end, refusal):
    with pytest.raises(refusal):
        change(office, luc, [office.role(name) for name in begin], [office.role(name) for name in end])


def test_one_request_at_a_time_and_only_about_who_is_here(office, luc, clock):
    request = change(office, luc, [office.role("registration_officer")])
    with pytest.raises(services.RequestWaiting):
        services.ask_end(member_id=luc.id, reason="x", caller=office.caller(office.bert))
    clock.set(request.decide_until - TICK)
    with pytest.raises(services.RequestWaiting):
        services.ask_end(member_id=luc.id, reason="x", caller=office.caller(office.bert))
    clock.set(request.decide_until)
    assert services.ask_end(member_id=luc.id, reason="x", caller=office.caller(office.bert)).state == "asked"
    with pytest.raises(NotFound):
        services.ask_end(member_id=luc.person_id, reason="x", caller=office.caller(office.bert))
    with pytest.raises(NotAllowed):
        services.ask_reinstatement(member_id=office.bert.id, reason="x", caller=office.caller(office.anna))


def test_a_change_of_roles_that_changed_meanwhile_is_read_again(office, luc, system):
    request = change(office, luc, [office.role("registration_officer")])
    organisation_services.add_membership(person_id=luc.person_id, organisation_id=office.scene.desk.id,
                                         role="registration_manager", caller=system)
    with pytest.raises(services.OtherRequest):
        office.approve(request)
    assert "registration_officer" not in names(luc)


# --- suspension, return, end ------------------------------------------------------------------------------------------


@pytest.mark.requirement("EN 319 401 7.2")
def test_one_operator_suspends_at_once(office, luc, clock):
    clock.advance(minutes=1)
    step = office.logs_in(luc.identity.user_id, luc.device_serial)
    waiting = login.check_first_step(user_id=luc.identity.user_id, password="Abc12345", device="token", caller=office.visitor())
    assert authentication.session(step.session_id, clock.now())
    services.suspend(member_id=luc.id, caller=office.caller(office.bert))
    assert authentication.session(step.session_id, clock.now()) is None
    assert LoginTransaction.objects.get(pk=waiting.transaction_id).state == "cancelled"
    assert names(luc) == [] and len(organisations.open_roles(luc.person_id)) == 1
    clock.advance(minutes=1)
    assert office.logs_in(luc.identity.user_id, luc.device_serial) is None
    assert Message.objects.filter(template="staff_suspended").count() == 1
    with pytest.raises(NotAllowed):
        services.suspend(member_id=luc.id, caller=office.caller(office.bert))


def test_others_suspend_nobody(office, luc):
    for stranger in (office.caller(luc), office.visitor()):
        with pytest.raises(Forbidden):
            services.suspend(member_id=office.bert.id, caller=stranger)


def test_the_return_takes_two(office, luc, clock):
    services.suspend(member_id=luc.id, caller=office.caller(office.anna))
    with pytest.raises(NotAllowed):
        change(office, luc, [office.role("registration_officer")])
    office.approve(services.ask_reinstatement(member_id=luc.id, reason="C’était une erreur", caller=office.caller(office.anna)))
    clock.advance(minutes=1)
    assert names(luc) == ["helpdesk_agent"]
    assert office.logs_in(luc.identity.user_id, luc.device_serial).outcome == "accepted"


@pytest.mark.requirement("EN 319 401 7.2")
@pytest.mark.parametrize("suspended", [False, True])
def test_the_end_is_for_ever(office, luc, clock, suspended):
    if suspended:
        services.suspend(member_id=luc.id, caller=office.caller(office.anna))
    office.approve(services.ask_end(member_id=luc.id, reason="Départ", caller=office.caller(office.anna)))
    luc.refresh_from_db()
    assert (luc.state, organisations.open_roles(luc.person_id)) == ("ended", frozenset())
    assert Identity.objects.get(pk=luc.identity_id).state == "closed"
    assert Device.objects.get(serial=luc.device_serial).state == "retired"
    for ask in (services.ask_reinstatement, services.ask_end):
        with pytest.raises(NotAllowed):
            ask(member_id=luc.id, reason="x", caller=office.caller(office.anna))
    # The signer hears of it from the job, once.
    job = Caller.system(at=clock.now(), name="job:staff")
    assert services.lapse_due(caller=job) == 1 and services.lapse_due(caller=job) == 0
    with pytest.raises(client.SignerRefusal):
        client.bound().open_session(attempt="a" * 36, kind="login", holder=str(luc.identity_id), key_id=None,
                                    hashes=[b"x" * 32], labels=["x"], device_serial=luc.device_serial)


def test_who_comes_back_is_the_same_person_with_a_new_account(office, luc):
    office.approve(services.ask_end(member_id=luc.id, reason="Départ", caller=office.caller(office.anna)))
    again = office.joined(token_serial="44-4444444-4")
    assert again.person_id == luc.person_id and again.identity_id != luc.identity_id
    assert [line.membership.role for line in queries.history() if line.person.id == luc.person_id] == ["helpdesk_agent"] * 2


# --- the last operator ------------------------------------------------------------------------------------------------


def test_the_last_operator_stays(office, clock):
    services.suspend(member_id=office.bert.id, caller=office.caller(office.anna))
    machine = Caller(at=clock.now(), channel="cli:staff", person="os:root")
    for caller in (office.caller(office.anna), machine):
        with pytest.raises(services.LastOperator):
            services.suspend(member_id=office.anna.id, caller=caller)
    assert names(office.anna) == ["operator_admin"]


def test_one_of_two_may_suspend_himself(office):
    services.suspend(member_id=office.anna.id, caller=office.caller(office.anna))
    assert names(office.anna) == [] and names(office.bert) == ["operator_admin"]


@pytest.mark.parametrize("ask", [
    lambda office, third: services.ask_end(member_id=third.id, reason="x", caller=office.caller(office.anna)),
    lambda office, third: services.ask_change(member_id=third.id, begin=[office.role("helpdesk_agent")],
                                              end=[office.role("operator_admin")], reason="x", caller=office.caller(office.anna)),
])
def test_no_decision_takes_the_last_operator_away(office, ask, monkeypatch):
    """Who asks and who decides are operators, so two are left; the rule itself is tried where they are not counted."""
    third = office.joined(roles=[office.role("operator_admin")])
    request = ask(office, third)
    monkeypatch.setattr(organisations, "holders_of", lambda role: [third.person_id])
    with pytest.raises(services.LastOperator):
        office.approve(request)
    assert names(third) == ["operator_admin"]
    monkeypatch.undo()
    assert office.approve(request).state == "approved" and "operator_admin" not in names(third)


# --- duty -------------------------------------------------------------------------------------------------------------


def test_duty_is_each_operators_own(office, luc):
    assert services.set_duty(on=True, caller=office.caller(office.anna)).on_duty
    persons = [office.bert.person_id, office.anna.person_id]
    assert queries.on_duty(persons) == [office.anna.person_id]
    with pytest.raises(Forbidden):
        services.set_duty(on=True, caller=office.caller(luc))
    with pytest.raises(Forbidden):
        services.set_duty(on=True, caller=replace(office.caller(office.bert), scope="full"))
    services.suspend(member_id=office.anna.id, caller=office.caller(office.bert))
    assert queries.on_duty(persons) == []
