# SPDX-License-Identifier: Apache-2.0
"""Thirty-two at once, on both databases."""

import pytest

from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import Credential, LoginEvidence, Session
from paraph.domain.devices.models import Device, Passkey
from paraph.domain.devices.services import EnrolmentOver, IncompatibleDevice, creation_options
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services as registration
from testkit import races
from testkit.simulators.authenticator import PRESENT, Authenticator

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
TIMES = 32


def at_once(action):
    return races.at_once(action, TIMES)


@pytest.fixture
def holder(transactional_marie, authenticator, add):
    add(transactional_marie, authenticator)
    return transactional_marie


@pytest.mark.requirement("R115")
def test_one_answer_thirty_two_times_opens_one_session(holder, authenticator, first_step, options, now):
    login = first_step(holder)
    text, before = authenticator.use(options(login)), Session.objects.count()
    outcomes = at_once(lambda _: authentication.check_passkey(transaction_id=login, answer=text, caller=now()).outcome)
    assert outcomes.count("accepted") == 1
    assert outcomes.count("over") == TIMES - 1
    assert Session.objects.count() - before == 1
    assert LoginEvidence.objects.filter(device_serial=Device.objects.get(type="passkey").serial).count() == 1
    assert Credential.objects.get().failures == 0


@pytest.mark.requirement("R150")
def test_of_thirty_two_wrong_answers_at_most_five_count(holder, authenticator, first_step, options, now):
    logins = [first_step(holder, address=f"192.0.2.{number}") for number in range(TIMES)]
    texts = [authenticator.use(options(login), flags=PRESENT) for login in logins]
    outcomes = at_once(lambda number: authentication.check_passkey(
        transaction_id=logins[number], answer=texts[number], caller=now()).outcome)
    assert set(outcomes) == {"wrong"}
    assert Credential.objects.get().failures == 5


def test_one_counter_in_thirty_two_logins_is_accepted_once_and_the_copy_seen(holder, authenticator, first_step, options, now):
    """A copied passkey is used in many places at the same time: each with the next counter."""
    logins = [first_step(holder, address=f"192.0.2.{number}") for number in range(TIMES)]
    texts = [authenticator.use(options(login), count=7) for login in logins]
    outcomes = at_once(lambda number: authentication.check_passkey(
        transaction_id=logins[number], answer=texts[number], caller=now()).outcome)
    assert outcomes.count("accepted") == 1
    assert set(outcomes) == {"accepted", "wrong"}
    assert Device.objects.get(type="passkey").reason == "cloned"
    assert Message.objects.filter(template="passkey_cloned").count() == 1


def test_one_challenge_thirty_two_times_makes_one_passkey(transactional_marie, logged_in):
    own = logged_in(transactional_marie)
    enrolment = registration.begin_passkey(caller=own)
    options = creation_options(enrolment, name="Marie")
    answers = [Authenticator().make(options) for _ in range(TIMES)]

    def add(number):
        try:
            registration.add_passkey(enrolment_id=enrolment.id, name=str(number), answer=answers[number], caller=own)
        except EnrolmentOver:
            return "over"
        return "added"

    outcomes = at_once(add)
    assert outcomes.count("added") == 1
    assert Passkey.objects.count() == 1


def test_thirty_two_challenges_make_five_passkeys(transactional_marie, logged_in):
    own = logged_in(transactional_marie)
    begun = [registration.begin_passkey(caller=own) for _ in range(TIMES)]
    answers = [Authenticator().make(creation_options(one, name="Marie")) for one in begun]

    def add(number):
        try:
            registration.add_passkey(enrolment_id=begun[number].id, name=str(number), answer=answers[number], caller=own)
        except IncompatibleDevice:
            return "too_many"
        return "added"

    assert at_once(add).count("added") == 5
    assert Passkey.objects.count() == 5
