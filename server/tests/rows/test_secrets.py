# SPDX-License-Identifier: Apache-2.0
"""Passwords, initial codes and UserIDs: which opens what, how it arrives, and who is never told it."""

import pytest
from django.test import Client
from server.tests.access.test_matrix import addresses

from paraph.domain.accounts.models import Identity
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import Credential, Session
from paraph.domain.authentication.services import PasswordRefused, Received
from paraph.domain.certification import queries as certificates
from paraph.domain.devices.models import Device
from paraph.domain.notifications import services as notifications
from paraph.domain.orders.queries import follow_secret
from paraph.kernel.caller import Caller
from testkit import applications, holders
from testkit.applications import Application

SECRETS = {"password": holders.PASSWORD, "initial password": holders.INITIAL_PASSWORD, "Challenge": holders.CHALLENGE,
           "activation code": holders.ACTIVATION_CODE}


def others(*right):
    return [secret for name, secret in SECRETS.items() if name not in right]


# --- R138: each is refused where another is expected -------------------------------------------------------------------


@pytest.mark.requirement("R138", part="later: the app's passcode")
@pytest.mark.parametrize("device", ["token", "scan", "passkey"])
def test_only_the_password_opens_the_door(marie, browser, device):
    for secret in others("password"):
        browser.post(f"/login/password?device={device}&next=/my/", {"user_id": marie.user_id, "password": secret})
    assert Credential.objects.get().failures == len(SECRETS) - 1
    assert browser.post("/login/password?device=token&next=/my/", {
        "user_id": marie.user_id, "password": holders.PASSWORD})["Location"] == "/login/code"


@pytest.mark.requirement("R138", part="later: the app's passcode")
def test_only_initial_password_and_challenge_suspend(marie, browser):
    def suspends(initial_password, challenge):
        browser.post("/my/certificate/suspend-with-codes", {
            "user_id": marie.user_id, "initial_password": initial_password, "challenge": challenge})
        Credential.objects.update(initial_password_tries=0, challenge_tries=0)
        return certificates.for_subject(str(marie.identity.id))[0].state == "suspended"

    assert not any(suspends(secret, holders.CHALLENGE) for secret in others("initial password"))
    assert not any(suspends(holders.INITIAL_PASSWORD, secret) for secret in others("Challenge"))
    assert suspends(holders.INITIAL_PASSWORD, holders.CHALLENGE)


@pytest.mark.requirement("R138", part="later: the app's passcode")
def test_a_password_is_changed_with_the_password_and_never_to_the_initial_one(marie, browser, clock):
    browser.post("/login/password?device=token&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
    browser.post("/login/code", {"code": marie.code(clock.now())})

    def changes(current, new):
        answer = browser.post("/login/change-password", {"current": current, "password": new, "again": new})
        return answer.status_code == 302

    assert not any(changes(secret, "Neu456") for secret in others("password"))
    assert not changes(holders.PASSWORD, holders.INITIAL_PASSWORD), "a password once more, and not that of the letter"
    assert changes(holders.PASSWORD, "Neu456")


@pytest.mark.requirement("R138", part="later: the app's passcode")
def test_only_the_initial_codes_stand_for_a_missing_mobile(marie, clock):
    caller = Caller(at=clock.now(), channel="web")

    def resets(password="Neu456", **received):
        codes = {"initial_password": holders.INITIAL_PASSWORD, "challenge": holders.CHALLENGE} | received
        outcome = authentication.reset_password(user_id=marie.user_id, received=Received(**codes), password=password,
                                                code=marie.code(clock.now()), caller=caller)
        Credential.objects.update(initial_password_tries=0, challenge_tries=0)
        return outcome == "accepted"

    assert not any(resets(initial_password=secret) for secret in others("initial password"))
    assert not any(resets(challenge=secret) for secret in others("Challenge"))
    with pytest.raises(PasswordRefused):
        resets(password=holders.INITIAL_PASSWORD)
    assert resets()


@pytest.mark.requirement("R138", part="later: the app's passcode")
@pytest.mark.parametrize("secret", others("initial password"))
def test_only_the_initial_password_unblocks(marie, clock, secret):
    Credential.objects.update(failures=5, failed_at=clock.now())

    def unblocks(initial_password):
        return authentication.unblock(
            user_id=marie.user_id, received=Received(initial_password=initial_password), code=marie.code(clock.now()),
            caller=Caller(at=clock.now(), channel="web"))

    assert unblocks(secret) == "wrong" and Credential.objects.get().failures == 5
    assert unblocks(holders.INITIAL_PASSWORD) == "accepted"


# --- R139: by SMS or by letter ----------------------------------------------------------------------------------------


@pytest.mark.requirement("R139")
@pytest.mark.parametrize(("mobile", "way"), [("+352621123456", "sms"), ("", "letter")])
def test_the_first_initial_password_is_delivered_by_sms_or_letter_and_the_record_says_so(scene, clock, mobile, way):
    Application.prepared(scene, clock.now(), applicant=applications.applicant(mobile=mobile))
    notifications.deliver(at=clock.now())
    records = [event.facts for event in Event.objects.filter(code="notifications.message.delivered")]
    assert [facts["channel"] for facts in records if facts["template"] == "codes"] == [way]


# --- R148: no form gives a UserID back ---------------------------------------------------------------------------------


@pytest.mark.requirement("R148")
@pytest.mark.django_db(transaction=True)
def test_whoever_knows_everything_else_is_told_no_user_id(scene, clock, subtests):
    """Every address, with everything about Marie that is not her UserID in every field a form could have, and her order's
    own page."""
    marie = Application.prepared(scene, clock.now())
    codes, order = marie.codes, marie.order
    marie.activate(Caller(at=clock.now(), channel="web"))
    identity = Identity.objects.get(pk=marie.order.identity_id)
    knows = {
        "family_names": "Specimen", "given_names": "Marie", "birth_date_day": "1", "birth_date_month": "1",
        "birth_date_year": "1985", "birth_date": "1985-01-01", "email": "marie@post.example", "mobile": "+352621123456",
        "postcode": "1536", "document_ending": "CD34", "number": "XAB12CD34", "serial": marie.serial, "ssn": identity.ssn,
        "reference": order.reference, "sought": "Specimen", "password": applications.PASSWORD,
        "again": applications.PASSWORD, "current": applications.PASSWORD, "initial_password": codes["initial_password"],
        "challenge": codes["challenge"], "activation_code": applications.ACTIVATION_CODE, "code": marie.token_code(clock.now()),
        "what": "UserID", "device_type": "token", "reason": "defective"}
    client = Client(HTTP_HOST="localhost", raise_request_exception=False)
    tried = 0
    own = f"/shop/orders/{order.reference}/{follow_secret(order.id)}/"
    assert client.get(own).status_code == 200
    for address in sorted({*addresses(), own, f"{own}confirmation/", f"{own}pay/"}):
        if address.startswith(("/outbox/", "/faces/")):  # the demonstration's mailbox shows her letters, to this computer
            continue
        for answer in (client.get(address, knows), client.post(address, knows)):
            body = b"" if answer.streaming else answer.content
            tried += 1
            with subtests.test(msg=address):
                assert identity.user_id not in body.decode(errors="replace") + str(answer.headers) + str(answer.cookies)
    assert tried > 200


# --- R154: no code unblocks a card -------------------------------------------------------------------------------------


@pytest.mark.requirement("R154", part="later: cards")
@pytest.mark.parametrize("chip", ["smartcard", "signing_stick", "eid"])
def test_right_codes_unblock_no_chip(marie, clock, chip):
    caller = Caller(at=clock.now(), channel="web")
    for _ in range(5):
        authentication.check_first_step(user_id=marie.user_id, password="Wrong1", device="token", caller=caller)
    Identity.objects.update(device_family="chip")
    Device.objects.update(type=chip)
    assert authentication.unblock(
        user_id=marie.user_id, received=Received(initial_password=holders.INITIAL_PASSWORD),
        code=marie.code(clock.now()), caller=caller) == "no_device"
    assert Credential.objects.get().failures == 5 and not Session.objects.exists()
