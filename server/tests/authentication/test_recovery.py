# SPDX-License-Identifier: Apache-2.0
"""Forgotten password and blocked account: what is needed, what is told, and that nothing else can be learned."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services
from paraph.domain.authentication.models import Credential, OneTimeCode, Session
from paraph.domain.authentication.services import PasswordRefused, Received
from paraph.domain.devices import services as devices
from paraph.domain.notifications.models import Message
from paraph.kernel import rules
from testkit import holders

NEW = "Neu456"
WRONG_CODE = "000000"


@pytest.fixture
def with_mobile(marie, system):
    accounts.record_contact(identity_id=marie.identity.id, kind="mobile", value="+352621123456", read_back=True,
                            caller=system)
    return marie


def asked(holder, caller, purpose="reset"):
    """The request and the six digits of its SMS, empty without one."""
    request = services.ask_code(user_id=holder.user_id if holder else "ZZZZ9999", purpose=purpose, caller=caller)
    sent = services.send_codes(caller=caller)
    message = Message.objects.filter(template="sms_code").order_by("-created_at", "-id").first() if sent else None
    return request, message.content["codes"]["code"] if message else ""


def reset(holder, received, caller, code=None, password=NEW, user_id=None):
    return services.reset_password(user_id=user_id or holder.user_id, received=received,
                                   code=code or holder.code(caller.at), password=password, caller=caller)


def by_letter(**changes):
    return Received(**({"initial_password": holders.INITIAL_PASSWORD, "challenge": holders.CHALLENGE} | changes))


def opens(holder, password, caller):
    return services.check_first_step(user_id=holder.user_id, password=password, device="token",
                                     caller=caller).transaction_id is not None


def block(holder, caller):
    for _ in range(5):
        assert not opens(holder, "Wrong1", caller)


@pytest.mark.requirement("R140")
def test_with_a_mobile_the_sms_code_is_sent_and_required(with_mobile, now):
    request, code = asked(with_mobile, now())
    assert re.fullmatch(r"\d{6}", code)
    assert reset(with_mobile, by_letter(), now()) == "wrong", "initial codes do not replace it"
    assert reset(with_mobile, Received(request_id=request, sms_code=code), now()) == "accepted"
    assert opens(with_mobile, NEW, now()) and not opens(with_mobile, holders.PASSWORD, now())
    assert Message.objects.filter(template="password_reset").count() == 1
    assert Event.objects.get(code="authentication.credential.password_reset").facts["by"] == "sms"


@pytest.mark.requirement("R141")
@pytest.mark.requirement("R020", part="here: the reset of a password; later: video and chips")
def test_without_a_mobile_no_sms_leaves_and_the_initial_codes_are_needed(marie, now):
    assert asked(marie, now())[1] == "" and not Message.objects.filter(template="sms_code").exists()
    for wrong in (by_letter(challenge="111111"), by_letter(initial_password="Other12345"), by_letter(challenge=""),
                  Received(sms_code="123456")):
        assert reset(marie, wrong, now()) == "wrong"
    assert reset(marie, by_letter(), now()) == "accepted"
    assert opens(marie, NEW, now())


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("seconds", "outcome"), [(180, "accepted"), (180.000001, "wrong"), (181, "wrong")])
def test_the_sms_code_is_good_for_180_seconds(with_mobile, now, seconds, outcome):
    request, code = asked(with_mobile, now())
    assert reset(with_mobile, Received(request_id=request, sms_code=code), now(seconds=seconds)) == outcome


@pytest.mark.requirement("R115")
def test_the_sms_code_is_good_once(with_mobile, now):
    request, code = asked(with_mobile, now())
    received = Received(request_id=request, sms_code=code)
    assert reset(with_mobile, received, now()) == "accepted"
    assert reset(with_mobile, received, now(minutes=1), password="Neu789") == "wrong"


def test_five_wrong_guesses_use_up_an_sms_code(with_mobile, now):
    request, code = asked(with_mobile, now())
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(4):
        assert reset(with_mobile, Received(request_id=request, sms_code=wrong), now()) == "wrong"
    other, other_code = asked(with_mobile, now(minutes=1))
    for _ in range(5):
        reset(with_mobile, Received(request_id=other, sms_code=wrong), now())
    assert reset(with_mobile, Received(request_id=other, sms_code=other_code), now()) == "wrong"
    assert reset(with_mobile, Received(request_id=request, sms_code=code), now()) == "accepted", "the fifth, and right"


def test_a_code_is_good_for_its_own_request_purpose_and_holder(with_mobile, now, system):
    request, code = asked(with_mobile, now())
    other, _ = asked(with_mobile, now(minutes=1))
    assert reset(with_mobile, Received(request_id=other, sms_code=code), now()) == "wrong"
    assert services.unblock(user_id=with_mobile.user_id, received=Received(request_id=request, sms_code=code),
                            code=with_mobile.code(now().at), caller=now()) == "wrong"
    anne = holders.new(system, given_names="Anne")
    assert reset(with_mobile, Received(request_id=request, sms_code=code), now(), user_id=anne.user_id) == "wrong"
    assert reset(with_mobile, Received(request_id=request, sms_code=code), now()) == "accepted"


def test_a_wrong_code_of_the_device_leaves_the_sms_code_usable_and_counts(with_mobile, now):
    request, code = asked(with_mobile, now())
    received = Received(request_id=request, sms_code=code)
    assert reset(with_mobile, received, now(), code=WRONG_CODE) == "wrong"
    credential = Credential.objects.get()
    assert credential.failures == 1 and opens(with_mobile, holders.PASSWORD, now())
    assert reset(with_mobile, received, now()) == "accepted"
    assert Credential.objects.get().failures == 0


@pytest.mark.requirement("R142")
def test_a_blocked_account_keeps_its_password_and_hears_it_after_right_codes_only(with_mobile, now):
    block(with_mobile, now())
    request, code = asked(with_mobile, now())
    assert reset(with_mobile, Received(request_id=request, sms_code="999999"), now()) == "wrong"
    before = Credential.objects.get().password_hash
    assert reset(with_mobile, Received(request_id=request, sms_code=code), now()) == "blocked"
    assert Credential.objects.get().password_hash == before


@pytest.mark.requirement("R140")
@pytest.mark.parametrize(("after", "messages"), [(timedelta(seconds=30) - timedelta(microseconds=1), 1),
                                                 (timedelta(seconds=30), 2)])
def test_pressed_twice_within_half_a_minute_one_sms_leaves(with_mobile, now, clock, after, messages):
    asked(with_mobile, now())
    clock.set(clock.now() + after)
    asked(with_mobile, now())
    assert Message.objects.filter(template="sms_code").count() == messages


def test_who_hears_that_his_account_is_blocked_gets_the_sms_that_unblocks_it_at_once(with_mobile, now):
    block(with_mobile, now())
    request, code = asked(with_mobile, now())
    assert reset(with_mobile, Received(request_id=request, sms_code=code), now()) == "blocked"
    request, other = asked(with_mobile, now(), "unblock")
    assert other and asked(with_mobile, now(), "unblock")[1] == "", "of the same kind, one leaves"
    assert services.unblock(user_id=with_mobile.user_id, received=Received(request_id=request, sms_code=other),
                            code=with_mobile.code(now(minutes=1).at), caller=now()) == "accepted"


def test_strangers_get_five_sms_an_hour_out_of_us_at_most(with_mobile, now):
    for number in range(12):
        asked(with_mobile, replace(now(minutes=1), address=f"192.0.2.{number}"))
    assert Message.objects.filter(template="sms_code").count() == rules.current().sms_codes_an_hour
    asked(with_mobile, now(hours=1))
    assert Message.objects.filter(template="sms_code").count() == rules.current().sms_codes_an_hour + 1


def test_after_a_reset_every_session_is_over(marie, now):
    session = services.open_session(identity_id=marie.identity.id, person_id=marie.identity.person_id, scope="full",
                                    acr="a", amr=("pwd",), caller=now())
    reset(marie, by_letter(), now())
    assert Session.objects.get(pk=session.id).end_reason == "new_password"


def test_a_password_against_the_rules_uses_nothing_up(with_mobile, now):
    request, code = asked(with_mobile, now())
    received = Received(request_id=request, sms_code=code)
    with pytest.raises(PasswordRefused):
        reset(with_mobile, received, now(), password=holders.INITIAL_PASSWORD)
    assert reset(with_mobile, received, now()) == "accepted"


def test_staff_and_products_that_are_not_activated_have_nothing_to_reset(tree, now, system):
    fresh = holders.new(system)
    assert reset(fresh, by_letter(), now()) == "wrong"


@pytest.mark.parametrize("purpose", ["reset", "unblock"])
def test_staff_recovers_nothing_here_whatever_it_knows(with_mobile, now, purpose):
    """Two colleagues give it new access; a letter of the first day and a Token do not."""
    def recovers():
        request, code = asked(with_mobile, now(minutes=1), purpose)
        received = Received(request_id=request, sms_code=code, initial_password=holders.INITIAL_PASSWORD,
                            challenge=holders.CHALLENGE)
        if purpose == "reset":
            return reset(with_mobile, received, now()), code
        return services.unblock(user_id=with_mobile.user_id, received=received, code=with_mobile.code(now().at),
                                caller=now()), code

    _, earlier = asked(with_mobile, now(minutes=1), purpose)
    Identity.objects.filter(pk=with_mobile.identity.id).update(kind="staff")
    assert recovers() == ("wrong", ""), "and no SMS leaves"
    request = OneTimeCode.objects.exclude(code_hash="").get().id
    received = Received(request_id=request, sms_code=earlier)
    if purpose == "reset":
        assert reset(with_mobile, received, now()) == "wrong"
    else:
        assert services.unblock(user_id=with_mobile.user_id, received=received, code=with_mobile.code(now().at),
                                caller=now()) == "wrong"
    Identity.objects.filter(pk=with_mobile.identity.id).update(kind="private")
    assert recovers()[0] == "accepted"


@pytest.mark.requirement("R153", part="later: the app")
def test_three_right_codes_unblock_at_once(with_mobile, now):
    block(with_mobile, now())
    request, code = asked(with_mobile, now(), "unblock")
    assert services.unblock(user_id=with_mobile.user_id, received=Received(request_id=request, sms_code=code),
                            code=with_mobile.code(now().at), caller=now()) == "accepted"
    credential = Credential.objects.get()
    assert (credential.failures, credential.failed_at, credential.unblocked_since) == (0, None, None)
    assert opens(with_mobile, holders.PASSWORD, now())
    assert Message.objects.filter(template="account_unblocked").count() == 1
    assert Event.objects.get(code="authentication.account.unblocked").facts["by"] == "sms"


@pytest.mark.requirement("R153", part="later: the app")
@pytest.mark.parametrize("wrong", ["user_id", "initial_password", "code"])
def test_each_wrong_one_alone_fails(marie, now, wrong):
    block(marie, now())
    given = {"user_id": marie.user_id, "initial_password": holders.INITIAL_PASSWORD, "code": marie.code(now().at)}
    given |= {wrong: {"user_id": "ZZZZ9999", "initial_password": "Other12345", "code": WRONG_CODE}[wrong]}
    received = Received(initial_password=given.pop("initial_password"))
    assert services.unblock(received=received, caller=now(), **given) == "wrong"
    assert not opens(marie, holders.PASSWORD, now())
    assert services.unblock(user_id=marie.user_id, received=Received(initial_password=holders.INITIAL_PASSWORD),
                            code=marie.code(now(minutes=1).at), caller=now()) == "accepted"


@pytest.mark.requirement("R153", part="later: the app")
@pytest.mark.parametrize("wrong", ["user_id", "sms_code", "code", "initial codes in place of the SMS"])
def test_with_a_mobile_each_wrong_one_alone_fails(with_mobile, now, wrong):
    block(with_mobile, now())
    request, sms = asked(with_mobile, now(), "unblock")
    given = {"user_id": with_mobile.user_id, "sms_code": sms, "code": with_mobile.code(now().at)}
    bent = given | {wrong: {"user_id": "ZZZZ9999", "sms_code": f"{(int(sms) + 1) % 10**6:06d}", "code": WRONG_CODE}.get(wrong)}
    received = Received(request_id=request, sms_code=bent["sms_code"])
    if wrong.startswith("initial"):
        received = by_letter()
    assert services.unblock(user_id=bent["user_id"], received=received, code=bent["code"], caller=now()) == "wrong"
    assert Credential.objects.get().failures == 5 and not opens(with_mobile, holders.PASSWORD, now())
    assert services.unblock(user_id=with_mobile.user_id, received=Received(request_id=request, sms_code=sms),
                            code=with_mobile.code(now(minutes=1).at), caller=now()) == "accepted"
    assert Credential.objects.get().failures == 0 and opens(with_mobile, holders.PASSWORD, now())


@pytest.mark.requirement("R140", "R141")
@pytest.mark.requirement("R153", part="later: the app")
@pytest.mark.parametrize("purpose", ["reset", "unblock"])
def test_every_refusal_stands_in_the_journal_and_tells_which_step_failed(marie, now, purpose):
    def tries(received, code):
        at = now(minutes=1)
        if purpose == "reset":
            return reset(marie, received, at, code=code or marie.code(at.at))
        return services.unblock(user_id=marie.user_id, received=received, code=code or marie.code(at.at), caller=at)

    for received, code in ((by_letter(initial_password="Other12345"), ""), (by_letter(), WRONG_CODE)):
        assert tries(received, code) == "wrong"
    found = Event.objects.filter(code="authentication.credential.codes_refused").order_by("at")
    assert [(event.about_id, event.facts) for event in found] == [
        (str(marie.identity.id), {"for": purpose}), (str(marie.identity.id), {"for": purpose, "step": "device"})]
    assert tries(by_letter(), "") == "accepted" and found.count() == 2


def test_a_device_that_is_disabled_recovers_nothing(marie, now):
    devices.disable(device_id=marie.device.id, reason="holder", caller=now())
    assert reset(marie, by_letter(), now()) == "no_device"
    assert Credential.objects.get().failures == 0


def test_a_reset_makes_known_browsers_strangers(marie, now):
    services.remember_browser(identity_id=marie.identity.id, caller=replace(now(), browser="home"))
    reset(marie, by_letter(), now())
    before = rules.current()
    rules.use(replace(before, lockout_lanes=True))
    try:
        services.check_first_step(user_id=marie.user_id, password="Wrong1", device="token",
                                  caller=replace(now(), browser="home"))
        assert Credential.objects.get().failures == 1
    finally:
        rules.use(before)


@pytest.mark.requirement("R141")
def test_asking_and_wrong_answers_cost_the_same_for_everybody(marie, now, system, hashes):
    """Unknown UserID, a holder with and one without a mobile, and a blocked one: hashes and statements."""
    mobile = holders.new(system, given_names="Anne")
    accounts.record_contact(identity_id=mobile.identity.id, kind="mobile", value="+352621123456", read_back=True,
                            caller=system)
    blocked = holders.new(system, given_names="Paul")
    block(blocked, now())
    people = {"unknown": "ZZZZ9999", "letter": marie.user_id, "mobile": mobile.user_id, "blocked": blocked.user_id}
    asking, answering = {}, {}
    for name, user_id in people.items():
        with CaptureQueriesContext(connection) as queries:
            request = services.ask_code(user_id=user_id, purpose="reset", caller=now())
        asking[name] = [query["sql"].split()[0] for query in queries]
        services.send_codes(caller=now())
        before = len(hashes)
        with CaptureQueriesContext(connection) as queries:
            services.reset_password(
                user_id=user_id, code="123456", password=NEW, caller=now(),
                received=Received(request_id=request, sms_code="999999", initial_password="Other12345", challenge="1"))
        answering[name] = ([query["sql"].split()[0] for query in queries], len(hashes) - before)
    assert len({str(value) for value in asking.values()}) == 1, asking
    assert len({str(value) for value in answering.values()}) == 1, answering
    assert OneTimeCode.objects.filter(identity=None).count() == 1
