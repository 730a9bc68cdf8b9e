# SPDX-License-Identifier: Apache-2.0
"""Forgotten password and blocked account with a Scan and no Token (R140, R141, R153, R154): image and eight digits."""

import re

import pytest
from django.test import Client

from paraph.domain.accounts import services as accounts
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services
from paraph.domain.authentication.models import Credential, RecoveryStep
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.kernel.caller import Caller
from testkit import holders
from testkit.simulators.scan import look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
NEW = "Neu456"


@pytest.fixture
def marie(scene, system, clock):
    """She has a Scan; her Token is retired. Her codes are those of a letter."""
    holder = holders.new(system)
    holders.activate(holder, system)
    clock.advance(minutes=1)
    later = Caller.system(at=clock.now(), name="cli:test")
    holder.scan = holders.add_scan(holder, later)
    devices.retire(device_id=holder.device.id, reason="lost", caller=later)
    return holder


@pytest.fixture
def with_mobile(marie, system):
    accounts.record_contact(identity_id=marie.identity.id, kind="mobile", value="+352621123456", read_back=True,
                            caller=system)
    return marie


def text(response):
    return response.content.decode()


def letter(marie, **changes):
    return {"user_id": marie.user_id, "initial_password": holders.INITIAL_PASSWORD, "challenge": holders.CHALLENGE,
            "password": NEW, "again": NEW} | changes


def shown(marie, browser):
    return look(marie.scan, re.search(r"PARAPH:[^<]+", text(browser.get("/my/recovery-with-scan")))[0])


def logs_in(marie, password):
    door = Client(HTTP_HOST="localhost")
    door.post("/login/password?device=scan&next=/my/", {"user_id": marie.user_id, "password": password})
    found = re.search(r"PARAPH:[^<]+", text(door.get("/login/code")))
    return bool(found) and door.post("/login/code", {"code": look(marie.scan, found[0]).code})["Location"] == "/my/"


@pytest.mark.requirement("R140", "R141")
def test_a_new_password_by_letter_and_scan(client, marie):
    assert client.post("/my/forgotten-password/codes", letter(marie))["Location"] == "/my/recovery-with-scan"
    screen = shown(marie, client)
    assert screen.purpose == "UNBLOCK" and "nouveau mot de passe" in screen.text
    assert client.post("/my/recovery-with-scan", {"code": "0" * 8}).status_code == 422
    assert client.post("/my/recovery-with-scan", {"code": screen.code})["Location"] == "/my/forgotten-password/done"
    assert not RecoveryStep.objects.get().password_hash and Message.objects.filter(template="password_reset").exists()
    assert logs_in(marie, NEW) and not logs_in(marie, holders.PASSWORD)


@pytest.mark.requirement("R153", part="later: the app")
@pytest.mark.requirement("R154", part="later: cards")
def test_a_blocked_account_opens_by_letter_and_scan(client, marie):
    for _ in range(5):
        assert not logs_in(marie, "Wrong1")
    assert not logs_in(marie, holders.PASSWORD)
    given = {"user_id": marie.user_id, "initial_password": holders.INITIAL_PASSWORD}
    assert client.post("/my/unblock/codes", given)["Location"] == "/my/recovery-with-scan"
    assert client.post("/my/recovery-with-scan", {"code": shown(marie, client).code})["Location"] == "/my/unblock/done"
    assert Credential.objects.get(identity=marie.identity).failures == 0 and logs_in(marie, holders.PASSWORD)


@pytest.mark.requirement("R153", part="later: the app")
def test_with_a_mobile_the_sms_is_needed(client, with_mobile, clock):
    marie = with_mobile
    assert client.post("/my/unblock/codes", {"user_id": marie.user_id,
                                             "initial_password": holders.INITIAL_PASSWORD}).status_code == 422
    client.post("/my/unblock", {"user_id": marie.user_id})
    services.send_codes(caller=Caller.system(at=clock.now(), name="job:codes"))
    code = Message.objects.get(template="sms_code").content["codes"]["code"]
    assert client.post("/my/unblock/codes", {"user_id": marie.user_id, "sms_code": code}).status_code == 302
    assert client.post("/my/recovery-with-scan", {"code": shown(marie, client).code}).status_code == 302


@pytest.mark.parametrize("wrong", [{"user_id": "ZZZZ9999"}, {"initial_password": "x"}, {"challenge": "000000"}])
def test_wrong_codes_get_one_answer_and_no_image(client, marie, wrong):
    answers = [client.post("/my/forgotten-password/codes", letter(marie, **change)) for change in (wrong, wrong | {
        "code": "123456"})]
    assert [answer.status_code for answer in answers] == [422, 422] and not RecoveryStep.objects.exists()
    assert client.get("/my/recovery-with-scan")["Location"] == "/my/"


def test_who_has_a_token_alone_is_asked_for_its_code_after_right_codes(client, scene, system):
    holder = holders.new(system)
    holders.activate(holder, system)
    answer = client.post("/my/forgotten-password/codes", letter(holder))
    assert answer.status_code == 422 and "Il manque le code de votre Token" in text(answer)


def test_who_has_a_scan_alone_and_gives_a_tokens_code_is_told_of_his_scan(client, marie):
    answer = client.post("/my/forgotten-password/codes", letter(marie, code="123456"))
    assert answer.status_code == 422
    assert "aucun Token n’est actif" in text(answer) and "Vous avez un Scan" in text(answer)
    assert client.post("/my/forgotten-password/codes", letter(marie))["Location"] == "/my/recovery-with-scan"


def test_an_image_is_good_for_three_minutes_and_an_answer_once(client, marie, clock):
    for seconds, status in ((180, 302), (181, 422)):
        client.post("/my/forgotten-password/codes", letter(marie))
        screen = shown(marie, client)
        clock.advance(seconds=seconds)
        assert client.post("/my/recovery-with-scan", {"code": screen.code}).status_code == status
    step = RecoveryStep.objects.order_by("opened_at").first()
    assert services.finish_recovery(step_id=step.id, answer=screen.code,
                                    caller=Caller(at=clock.now(), channel="web")) == "over"


def test_wrong_answers_block_like_wrong_logins_and_a_blocked_password_stays(client, marie):
    client.post("/my/forgotten-password/codes", letter(marie))
    for _ in range(5):
        assert client.post("/my/recovery-with-scan", {"code": "0" * 8}).status_code == 422
    answer = client.post("/my/recovery-with-scan", {"code": shown(marie, client).code})
    assert answer.status_code == 422 and "votre compte est bloqué" in text(answer)
    assert Event.objects.filter(code="authentication.credential.password_reset").count() == 0
    assert Device.objects.filter(identity=marie.identity, state="active").count() == 1


@pytest.mark.requirement("R142")
def test_a_blocked_account_hears_so_before_an_image_and_keeps_its_password(client, marie):
    before = Credential.objects.get(identity=marie.identity).password_hash
    for _ in range(5):
        assert not logs_in(marie, "Wrong1")
    assert "bloqué :" not in text(client.post("/my/forgotten-password/codes", letter(marie, challenge="000000")))
    answer = client.post("/my/forgotten-password/codes", letter(marie))
    assert answer.status_code == 422 and "votre compte est bloqué" in text(answer) and not RecoveryStep.objects.exists()
    assert Credential.objects.get(identity=marie.identity).password_hash == before


@pytest.mark.requirement("R153", part="later: the app")
@pytest.mark.parametrize("wrong", ["user_id", "initial_password", "code"])
def test_each_wrong_one_alone_unblocks_nothing(client, marie, wrong):
    for _ in range(5):
        assert not logs_in(marie, "Wrong1")
    right = {"user_id": marie.user_id, "initial_password": holders.INITIAL_PASSWORD}
    bent = right | ({wrong: "ZZZZ9999"} if wrong in right else {})
    answer = client.post("/my/unblock/codes", bent)
    assert answer.status_code == (422 if wrong in right else 302)
    assert client.post("/my/recovery-with-scan", {"code": "0" * 8}).status_code == (302 if wrong in right else 422)
    assert Credential.objects.get(identity=marie.identity).failures == 5 and not logs_in(marie, holders.PASSWORD)
    client.post("/my/unblock/codes", right)
    assert client.post("/my/recovery-with-scan", {"code": shown(marie, client).code})["Location"] == "/my/unblock/done"


@pytest.mark.requirement("R080")
@pytest.mark.parametrize("end", [devices.disable, devices.retire])
@pytest.mark.parametrize("start", ["/my/forgotten-password/codes", "/my/unblock/codes"])
def test_a_scan_that_was_reported_answers_no_image_of_before(client, marie, clock, start, end):
    """Somebody has her letter and her Scan and is at the image; she reports the Scan."""
    client.post(start, letter(marie))
    screen, later = shown(marie, client), Caller.system(at=clock.now(), name="cli:test")
    end(device_id=Device.objects.get(serial=marie.scan.serial).id, reason="lost", caller=later)
    answer = client.post("/my/recovery-with-scan", {"code": screen.code})
    assert answer.status_code == 422 and "Le temps de cette image est passé" in text(answer)
    assert not Event.objects.filter(code__in=("authentication.credential.password_reset",
                                              "authentication.account.unblocked")).exists()


@pytest.mark.requirement("R147")
@pytest.mark.parametrize("start", ["/my/forgotten-password/codes", "/my/unblock/codes"])
def test_what_was_begun_with_old_codes_ends_with_them(client, marie, clock, start):
    client.post(start, letter(marie))
    screen, later = shown(marie, client), Caller.system(at=clock.now(), name="cli:test")
    services.renew_initial(identity_id=marie.identity.id, initial_password="Fresh12345", challenge="654321", caller=later)
    assert not RecoveryStep.objects.get().password_hash
    assert client.post("/my/recovery-with-scan", {"code": screen.code}).status_code == 422
    assert not Event.objects.filter(code__in=("authentication.credential.password_reset",
                                              "authentication.account.unblocked")).exists()
    assert client.post(start, letter(marie)).status_code == 422
    client.post(start, letter(marie, initial_password="Fresh12345", challenge="654321"))
    assert client.post("/my/recovery-with-scan", {"code": shown(marie, client).code}).status_code == 302


def test_guesses_at_an_image_are_limited_and_the_journal_has_each(client, marie, limited):
    client.post("/my/unblock/codes", letter(marie))
    code = shown(marie, client).code
    limited("recovery", tries=2)
    guesses = [client.post("/my/recovery-with-scan", {"code": "0" * 8}).status_code for _ in range(3)]
    assert guesses == [422, 429, 429], "her letter was the first of the two"
    refused = Event.objects.filter(code="authentication.credential.codes_refused")
    assert {event.facts["step"] for event in refused} == {"device"} and refused.count() == 1
    assert client.post("/my/recovery-with-scan", {"code": code}).status_code == 429
