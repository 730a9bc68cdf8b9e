# SPDX-License-Identifier: Apache-2.0
"""Sixteen at once, on both databases."""

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services
from paraph.domain.authentication.models import Credential, LoginEvidence, OneTimeCode, Session
from paraph.domain.notifications.models import Message
from testkit import holders
from testkit.races import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
TIMES = 16


def first(holder, caller, password=holders.PASSWORD):
    return services.check_first_step(user_id=holder.user_id, password=password, device="token", caller=caller)


@pytest.mark.requirement("R115")
def test_one_code_from_sixteen_browsers_opens_one_session(transactional_marie, now):
    marie = transactional_marie
    logins = [first(marie, now()).transaction_id for _ in range(TIMES)]
    outcomes = at_once(lambda number: services.check_code(
        transaction_id=logins[number], code=marie.code(now().at), caller=now()).outcome)
    assert outcomes.count("accepted") == 1
    assert set(outcomes) <= {"accepted", "wrong"}
    assert Session.objects.count() == LoginEvidence.objects.count() == 1


@pytest.mark.requirement("R115")
def test_one_page_sent_sixteen_times_opens_one_session_and_counts_nothing(transactional_marie, now):
    marie = transactional_marie
    login = first(marie, now()).transaction_id
    outcomes = at_once(lambda _: services.check_code(
        transaction_id=login, code=marie.code(now().at), caller=now()).outcome)
    assert outcomes.count("accepted") == 1
    assert set(outcomes) <= {"accepted", "busy", "over"}
    assert Credential.objects.get().failures == 0


@pytest.mark.requirement("R150")
def test_of_sixteen_guessed_codes_five_are_judged(transactional_marie, now, signer):
    marie = transactional_marie
    logins = [first(marie, now()).transaction_id for _ in range(TIMES)]
    wrong = f"{(int(marie.code(now().at)) + 1) % 10**6:06d}"
    outcomes = at_once(lambda number: services.check_code(
        transaction_id=logins[number], code=wrong, caller=now()).outcome)
    assert set(outcomes) == {"wrong"}
    assert [entry.event for entry in signer.record()].count("code.wrong") == 5
    assert first(marie, now()).transaction_id is None


@pytest.mark.requirement("R150")
def test_of_sixteen_wrong_passwords_five_count(transactional_marie, now):
    outcomes = at_once(lambda _: first(transactional_marie, now(), "Wrong1").transaction_id)
    assert outcomes == [None] * TIMES
    assert Credential.objects.get().failures == 5


def test_of_sixteen_guesses_at_the_challenge_five_count(transactional_marie, now):
    outcomes = at_once(lambda _: services.check_challenge(
        identity_id=transactional_marie.identity.id, challenge="000000", caller=now()))
    assert set(outcomes) == {"wrong"}
    assert Credential.objects.get().challenge_tries == 5


@pytest.mark.requirement("R140")
def test_one_sms_code_sixteen_times_changes_one_password(transactional_marie, now, system):
    marie = transactional_marie
    accounts.record_contact(identity_id=marie.identity.id, kind="mobile", value="+352621123456", read_back=True,
                            caller=system)
    request = services.ask_code(user_id=marie.user_id, purpose="reset", caller=now())
    services.send_codes(caller=now())
    received = services.Received(request_id=request,
                                 sms_code=Message.objects.get(template="sms_code").content["codes"]["code"])
    outcomes = at_once(lambda number: services.reset_password(
        user_id=marie.user_id, received=received, code=marie.code(now().at), password=f"Neu{number:03d}",
        caller=now()))
    assert outcomes.count("accepted") == 1 and outcomes.count("wrong") == TIMES - 1
    assert Event.objects.filter(code="authentication.credential.password_reset").count() == 1


def test_one_asked_code_and_sixteen_workers_send_one_sms(transactional_marie, now, system):
    marie = transactional_marie
    accounts.record_contact(identity_id=marie.identity.id, kind="mobile", value="+352621123456", read_back=True,
                            caller=system)
    services.ask_code(user_id=marie.user_id, purpose="unblock", caller=now())
    assert sum(at_once(lambda _: services.send_codes(caller=now()))) == 1
    assert Message.objects.filter(template="sms_code").count() == 1


@pytest.mark.requirement("R082", "R135")
def test_one_security_code_sixteen_times_opens_one_session(transactional_marie, now):
    marie = transactional_marie
    code = services.make_security_code(identity_id=marie.identity.id, caller=now())
    outcomes = at_once(lambda _: services.log_in_with_security_code(
        user_id=marie.user_id, password=holders.PASSWORD, security_code=code, caller=now()))
    assert len([outcome for outcome in outcomes if outcome]) == 1
    assert Session.objects.filter(scope="devices").count() == 1


@pytest.mark.requirement("R135")
def test_each_of_sixteen_guesses_at_a_security_code_costs_a_try(transactional_marie, now):
    marie = transactional_marie
    code = services.make_security_code(identity_id=marie.identity.id, caller=now())
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    outcomes = at_once(lambda _: services.log_in_with_security_code(
        user_id=marie.user_id, password=holders.PASSWORD, security_code=wrong, caller=now()))
    assert outcomes == [None] * TIMES
    assert OneTimeCode.objects.get().tries == TIMES and Credential.objects.get().failures == 5
