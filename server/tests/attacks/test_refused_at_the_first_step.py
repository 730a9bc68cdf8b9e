# SPDX-License-Identifier: Apache-2.0
"""A login whose first step was wrong goes on to the second, where nothing can be right any more (R106): what it asks of devices
and signer, what it counts, what it leaves behind, and what its holder sees.
"""

import json

import pytest
from django.db import IntegrityError, transaction

from paraph.domain.audit.models import Event
from paraph.domain.authentication import services
from paraph.domain.authentication.models import Credential, LoginTransaction, Session
from paraph.domain.devices.models import Device
from paraph.kernel import secrets
from paraph.signer import client
from testkit import holders
from testkit.simulators.scan import NotForMe, look

from .walking import NOBODY, Browser, image_on, options_on, plain

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db, pytest.mark.requirement("R106")]


@pytest.fixture
def paul(rita, clock, system):
    """A holder who has a Token alone."""
    holder = holders.new(system.at_instant(clock.now()), given_names="Paul")
    holders.activate(holder, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    return holder


def test_a_login_that_was_refused_at_its_first_step_asks_nothing_of_the_scan(rita, signer, clock):
    """The holder's device counts no failure for a stranger who types codes, and no session for her key is opened."""
    before = len(signer.record())
    browser = Browser()
    browser.first_step("scan", rita.user_id, "Wrong1")
    code = look(rita.scan, image_on(browser.get("/login/code"))).code
    browser.post("/login/code", {"code": code})
    assert signer.record()[before:] == [], "nor does it leave a line for ever"
    login = LoginTransaction.objects.get(obstacle="password")
    assert (login.state, login.key_id, login.certificate_serial) == ("refused", "", "")
    assert Credential.objects.get(identity=rita.identity).failures == 1, "once, with the password"


def test_what_the_holder_sees_after_a_wrong_password(rita, clock):
    """Her Scan shows a true login, the page keeps her UserID, and in her account's activity it stands once."""
    browser = Browser()
    browser.first_step("scan", rita.user_id.lower(), "Wrong1")
    screen = look(rita.scan, image_on(browser.get("/login/code")))
    assert screen.purpose == "LOGIN" and "http://localhost:8000" in screen.text
    page = browser.post("/login/code", {"code": screen.code}, follow=True).content.decode()
    assert f'value="{rita.user_id.lower()}"' in page and "Vérifiez aussi votre produit" in page and "Wrong1" not in page
    assert browser.get("/login/password?device=scan&next=/my/").content.decode().count("n’est pas correct") == 0
    browser.first_step("scan", rita.user_id)
    answer = browser.post("/login/code", {"code": look(rita.scan, image_on(browser.get("/login/code"))).code})
    assert answer["Location"] == "/my/"
    assert browser.get("/my/activity").content.decode().count("Connexion refusée") == 1
    assert "login_refused" not in browser.session
    assert Credential.objects.get(identity=rita.identity).failures == 0


def test_the_image_of_nobody_is_read_by_no_scan(rita):
    browser = Browser()
    browser.first_step("scan", NOBODY, "Wrong1")
    with pytest.raises(NotForMe):
        look(rita.scan, image_on(browser.get("/login/code")))


def test_a_typed_user_id_stands_in_no_row(rita):
    browser = Browser()
    browser.first_step("scan", "QWER7654", "Wrong1")
    held = browser.session["login_waiting"]
    assert "QWER7654" not in json.dumps(held) and "Wrong1" not in json.dumps(held)


def test_the_log_says_why_by_names_alone(rita, paul):
    for user_id in (NOBODY, rita.user_id, paul.user_id):
        password = holders.PASSWORD if user_id == paul.user_id else "Wrong1"
        browser = Browser()
        browser.first_step("scan", user_id, password)
        browser.post("/login/code", {"code": "12345678"})
    told = Event.objects.filter(code__startswith="authentication.login.").order_by("id").exclude(
        code__in=("authentication.login.opened", "authentication.login.accepted"))
    assert [(event.code.rpartition(".")[2], event.facts.get("step", event.facts.get("obstacle"))) for event in told] == [
        ("refused", "password"), ("code_refused", "password"), ("refused", "password"), ("code_refused", "password"),
        ("refused", "device"), ("code_refused", "device")]
    assert not any(event.personal for event in told)


@pytest.mark.requirement("R150")
def test_five_wrong_passwords_block_whatever_the_product_and_the_code_counts_no_second_time(rita, clock, caller):
    for number in range(1, 6):
        browser = Browser()
        browser.first_step("scan", rita.user_id, "Wrong1")
        browser.post("/login/code", {"code": "12345678"})
        assert Credential.objects.get(identity=rita.identity).failures == number
    assert Event.objects.filter(code="authentication.account.blocked").count() == 1
    browser = Browser()
    browser.first_step("scan", rita.user_id)
    browser.post("/login/code", {"code": look(rita.scan, image_on(browser.get("/login/code"))).code})
    assert Session.objects.count() == 1
    clock.advance(hours=12)
    browser.first_step("scan", rita.user_id)
    answer = browser.post("/login/code", {"code": look(rita.scan, image_on(browser.get("/login/code"))).code})
    assert answer["Location"] == "/login/advice"


@pytest.mark.requirement("R150")
def test_a_product_that_is_not_there_counts_once_with_its_code(paul):
    browser = Browser()
    browser.first_step("scan", paul.user_id)
    assert Credential.objects.get(identity=paul.identity).failures == 0
    browser.post("/login/code", {"code": "12345678"})
    assert Credential.objects.get(identity=paul.identity).failures == 1


def test_when_the_signer_is_away_nothing_is_taken_back_that_was_not_counted(rita, clock, caller, monkeypatch):
    def away(*given, **named):
        raise client.SignerUnavailable()

    login = services.check_first_step(user_id=rita.user_id, password="Wrong1", device="scan", caller=caller).transaction_id
    monkeypatch.setattr(type(client.bound()), "_ask", away)
    with pytest.raises(client.SignerUnavailable):
        services.check_code(transaction_id=login, code="12345678", caller=caller.at_instant(clock.now()))
    assert Credential.objects.get(identity=rita.identity).failures == 1


def test_a_scan_that_the_signer_refuses_answers_nothing_and_nobody_sees_it(rita, signer, clock, caller):
    device = Device.objects.get(type="scan")
    signer.retire_device(attempt="lost", device_serial=device.serial)
    for password in ("Wrong1", holders.PASSWORD):
        browser = Browser()
        browser.first_step("scan", rita.user_id, password)
        page = browser.post("/login/code", {"code": "12345678"}, follow=True).content.decode()
        assert "le code n’est pas correct" in page
    assert sorted(LoginTransaction.objects.filter(device="scan").values_list("obstacle", flat=True)) == ["device", "password"]


def test_new_images_have_a_limit_for_each_address(rita, limited):
    limited("image", tries=2)
    browser = Browser()
    browser.first_step("scan", NOBODY, "Wrong1")
    assert [browser.post("/login/image").status_code for _ in range(3)] == [302, 302, 429]


@pytest.mark.parametrize("seconds", [180, 181])
def test_the_time_of_nobodys_image_ends_as_anybodys(rita, clock, seconds):
    found = set()
    for user_id, password in ((NOBODY, "Wrong1"), (rita.user_id, "Wrong1"), (rita.user_id, holders.PASSWORD)):
        browser = Browser()
        browser.first_step("scan", user_id, password)
        clock.advance(seconds=seconds)
        answer = browser.post("/login/code", {"code": "12345678"})
        found.add((answer.status_code, answer.get("Location", ""), "Le temps de cette image est passé" in plain(answer)))
    assert found == {(302, "/login/password?next=%2Fmy%2F&device=scan&refused=1", False) if seconds == 180 else
                     (200, "", True)}


def test_turning_back_and_another_browser(rita):
    for user_id, password in ((NOBODY, "Wrong1"), (rita.user_id, "Wrong1"), (rita.user_id, holders.PASSWORD)):
        browser = Browser()
        browser.first_step("scan", user_id, password)
        image = image_on(browser.get("/login/code"))
        stranger = Browser()
        assert stranger.get("/login/code")["Location"] == "/login/"
        assert stranger.post("/login/image")["Location"] == "/login/"
        assert image_on(browser.get("/login/code")) == image
        assert browser.post("/login/cancel")["Location"] == "/"
        assert browser.get("/login/code")["Location"] == "/login/"
    assert set(LoginTransaction.objects.filter(device="scan").values_list("state", flat=True)) == {"cancelled"}


def test_old_logins_of_nobody_are_forgotten(rita, clock, caller):
    Browser().first_step("scan", NOBODY, "Wrong1")
    kept = LoginTransaction.objects.count()
    clock.advance(days=1, hours=1)
    assert services.forget_logins(caller=caller.at_instant(clock.now())) == kept
    assert not LoginTransaction.objects.exists()


@pytest.mark.requirement("R150")
def test_a_right_passkey_after_a_wrong_password_opens_nothing_and_counts_once(rita):
    browser = Browser()
    browser.first_step("passkey", rita.user_id, "Wrong1")
    answer = browser.post("/login/passkey", {"answer": rita.authenticator.use(options_on(browser.get("/login/passkey")))})
    assert answer["Location"].endswith("&refused=1")
    assert Credential.objects.get(identity=rita.identity).failures == 1
    browser.first_step("passkey", rita.user_id)
    answer = browser.post("/login/passkey", {"answer": rita.authenticator.use(options_on(browser.get("/login/passkey")))})
    assert answer["Location"] == "/my/"


def test_a_hash_of_before_is_made_anew_at_equal_cost(rita, monkeypatch):
    """Whose hash is old costs two, right or wrong; it is replaced after a right password alone."""
    made, honest = [], secrets.hash_secret
    monkeypatch.setattr(secrets, "hash_secret", lambda *given: made.append(given) or honest(*given))
    monkeypatch.setattr(secrets, "needs_rehash", lambda stored: True)
    before = Credential.objects.get(identity=rita.identity).password_hash
    for number, password in enumerate(("Wrong1", holders.PASSWORD), 1):
        Browser().first_step("scan", rita.user_id, password)
        changed = Credential.objects.get(identity=rita.identity).password_hash != before
        assert (len(made), changed) == (number, password == holders.PASSWORD)


def test_the_database_refuses_that_an_obstacle_opens_anything(rita):
    Browser().first_step("scan", rita.user_id, "Wrong1")
    for change in ({"state": "accepted"}, {"state": "replacing"}, {"key_id": "k"}, {"identity": None, "obstacle": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LoginTransaction.objects.filter(obstacle="password").update(**change)
    assert LoginTransaction.objects.filter(obstacle="password").update(state="cancelled") == 1
