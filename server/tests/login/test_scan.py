# SPDX-License-Identifier: Apache-2.0
"""The door with a Scan: an image for this browser's login, a code that covers what the Scan showed of it."""

import re
from datetime import timedelta
from hashlib import sha256

import pytest
from django.conf import settings

from paraph.domain.authentication import queries
from paraph.domain.authentication.gallery import PICTURES
from paraph.domain.authentication.models import Credential, LoginEvidence, LoginTransaction, Session
from paraph.domain.devices import services as devices
from paraph.domain.partners import services as partners
from paraph.interfaces.callers import SESSION_KEY
from paraph.interfaces.login import door
from paraph.pki import scan as protocol
from testkit import holders
from testkit.simulators.scan import NotForMe, look

from .conftest import Visitor

# A login that was refused begins again; `next` is My space.
REFUSED = "/login/password?next=%2Fmy%2F&device=scan&refused=1"


def image_text(page) -> str:
    """The text in the page's image, as its alternative gives it."""
    return re.search(r"PARAPH:[^<]+", page.content.decode())[0]


def first(visitor, marie, **fields):
    assert visitor.first_step(marie.user_id, **{"device": "scan", **fields})["Location"] == "/login/code"
    return visitor.get("/login/code")


@pytest.mark.requirement("R073", part="later: the app")
@pytest.mark.requirement("R108")
def test_one_userid_and_one_password_open_the_door_with_either_device(visitor, marie, scan, clock):
    screen = look(scan, image_text(first(visitor, marie, next="/verify/")))
    assert screen.purpose == "LOGIN" and "http://localhost:8000" in screen.text and len(screen.code) == 8
    answer = visitor.second_step(f"{screen.code[:4]} {screen.code[4:]}")
    assert (answer.status_code, answer["Location"]) == (302, "/verify/")
    assert visitor.log_in(marie, clock.now())["Location"] == "/my/"


@pytest.mark.requirement("R120", part="later: the app")
def test_no_secret_image_for_a_scan(visitor, marie, scan):
    page = first(visitor, marie).content.decode()
    assert "secrète" not in page and not any(picture.address in page for picture in PICTURES.values())
    assert "<svg" in page and page.count("<path") >= 1


@pytest.mark.requirement("R207")
def test_the_steps_stand_in_the_order_of_the_device(visitor, marie, scan):
    page = first(visitor, marie).content.decode()
    places = [page.index(words) for words in ("en haut à droite", "Visez l’image", "Lisez ce que votre Scan", "8 chiffres")]
    assert places == sorted(places)


@pytest.mark.requirement("R213")
def test_no_image_on_the_page_of_a_token(visitor, marie, scan):
    assert "PARAPH:" not in first(visitor, marie, device="token").content.decode()


@pytest.mark.requirement("R108")
def test_the_code_of_one_browsers_image_opens_no_other_browser(marie, scan):
    """A thief who has the password shows her the image of his own browser: what she types opens nothing of hers, and
    what he could read from her image opens nothing of his."""
    hers, his = Visitor(), Visitor()
    her_code, his_code = (look(scan, image_text(first(browser, marie))).code for browser in (hers, his))
    assert hers.second_step(his_code)["Location"] == REFUSED
    assert his.second_step(her_code)["Location"] == REFUSED
    assert not Session.objects.exists()
    assert hers.second_step(look(scan, image_text(first(hers, marie))).code)["Location"] == "/my/"


def test_an_image_of_another_holder_is_not_read(visitor, marie, scan, system, clock):
    paul = holders.new(system.at_instant(clock.now()), given_names="Paul")
    holders.activate(paul, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    other = holders.add_scan(paul, system.at_instant(clock.now()))
    with pytest.raises(NotForMe):
        look(other, image_text(first(visitor, marie)))


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("late", "good"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_an_image_is_good_for_180_seconds(visitor, marie, scan, clock, signer, monkeypatch, late, good):
    """The page's own limit: the signer is not asked about a code that comes too late, and the page says what to do."""
    code = look(scan, image_text(first(visitor, marie))).code
    clock.set(clock.now() + timedelta(seconds=180) + late)
    page = visitor.get("/login/code").content.decode()
    assert ("PARAPH:" in page, 'name="code"' in page, "Le temps de cette image est passé" in page) == (good, good, not good)
    asked, ask = [], signer._ask
    monkeypatch.setattr(signer, "_ask", lambda call, **given: asked.append(call) or ask(call, **given))
    answered = visitor.second_step(code)
    assert bool(asked) is good
    if good:
        assert (answered.status_code, answered["Location"]) == (302, "/my/")
    else:
        body = answered.content.decode()
        assert answered.status_code == 200 and "Demandez une nouvelle image." in body and "PARAPH:" not in body
        assert re.search(r'action="/login/image">.*?Nouvelle image', body, re.DOTALL)
        assert not Session.objects.exists() and Credential.objects.get().failures == 0
        assert LoginTransaction.objects.get().state == "waiting"


def test_after_its_time_a_new_image_takes_its_place_without_another_password(visitor, marie, scan, clock):
    old = look(scan, image_text(first(visitor, marie))).code
    clock.advance(seconds=183)
    page = visitor.get("/login/code").content.decode()
    assert "Le temps de cette image est passé" in page and "PARAPH:" not in page
    assert visitor.get("/login/image").status_code == 405
    assert visitor.post("/login/image")["Location"] == "/login/code"
    new = look(scan, image_text(visitor.get("/login/code"))).code
    assert visitor.second_step(old)["Location"] == REFUSED
    assert old != new
    first(visitor, marie)
    visitor.post("/login/image")
    assert visitor.second_step(look(scan, image_text(visitor.get("/login/code"))).code)["Location"] == "/my/"


def test_the_page_asks_for_itself_again_without_a_script(visitor, marie, scan, clock):
    clock.advance(seconds=0)
    page = first(visitor, marie).content.decode()
    assert '<noscript><meta http-equiv="refresh" content="181"></noscript>' in page
    assert image_text(visitor.get("/login/code")) == image_text(visitor.get("/login/code")), "looking changes nothing"


@pytest.mark.requirement("R115")
def test_a_code_opens_once(visitor, marie, scan):
    code = look(scan, image_text(first(visitor, marie))).code
    assert visitor.second_step(code)["Location"] == "/my/"
    other = Visitor()
    first(other, marie)
    assert other.second_step(code)["Location"] == REFUSED


@pytest.mark.requirement("R150")
def test_wrong_codes_of_the_scan_block_the_account_like_any_other(visitor, marie, scan):
    for _ in range(5):
        good = look(scan, image_text(first(visitor, marie))).code
        assert visitor.second_step(str((int(good) + 1) % 10**8).zfill(8))["Location"] == REFUSED
    assert Credential.objects.get(identity=marie.identity).failures == 5
    assert visitor.second_step(look(scan, image_text(first(visitor, marie))).code)["Location"] == REFUSED
    assert not Session.objects.exists()


def test_a_code_of_the_wrong_length_counts_nothing(visitor, marie, scan):
    first(visitor, marie)
    assert "Le code a 8 chiffres." in visitor.second_step("123456").content.decode()
    assert Credential.objects.get(identity=marie.identity).failures == 0


@pytest.mark.requirement("R105", part="later: the app and cards")
@pytest.mark.parametrize("accepts, shown", [(["token", "scan"], {"token", "scan"}), (["scan"], {"scan"}),
                                            (["token", "app"], {"token"}), (["eid"], set())])
def test_the_chooser_offers_what_the_partner_accepts(visitor, marie, system, accepts, shown):
    bank = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=accepts, caller=system)
    address = door.address(next="/openid/x", back="/", partner_id=bank.id, origin="http://bank.example")
    page = visitor.get(address).content.decode()
    assert set(re.findall(r'type="radio" value="(\w+)"', page)) == shown


def test_the_scan_shows_the_partner_and_the_evidence_says_what_it_showed(visitor, marie, scan, system):
    bank = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["scan"], caller=system)
    address = door.address(next="/openid/x", back="/", partner_id=bank.id, origin="http://bank.example")
    ticket = address.split("ticket=")[1]
    visitor.post(f"/login/password?device=scan&ticket={ticket}", {"user_id": marie.user_id, "password": holders.PASSWORD})
    screen = look(scan, image_text(visitor.get("/login/code")))
    assert screen.partner == "Banque Exemple"
    assert visitor.second_step(screen.code).status_code == 302
    evidence = LoginEvidence.objects.get()
    shown = protocol.decode(bytes(evidence.device_statement))
    assert (shown.partner, shown.text) == (screen.partner, screen.text)
    assert shown.documents[0].digest.hex() == sha256(bytes(evidence.statement)).hexdigest()
    view = queries.session(visitor.session[SESSION_KEY], evidence.at)
    assert view.amr == ("pwd", "otp") and view.acr.endswith("/substantial")


@pytest.mark.parametrize(("name", "shown"), [
    ({"fr": "Banque Exemple", "de": "Beispielbank", "en": "Example Bank"}, "Beispielbank"),
    ({"fr": "é" * 32}, "é" * 32), ({"fr": "é" * 32 + "s"}, "é" * 30 + "…")])
def test_the_scan_shows_public_names_in_the_holders_language_once_and_no_internal_word(
    visitor, marie, scan, system, name, shown
):
    """64 octets have their place in an image; a longer name keeps its beginning."""
    bank = partners.register(slug="bank", name=name, category="bank", accepts=["scan"], caller=system)
    address = door.address(next="/openid/x", back="/", partner_id=bank.id, origin="http://bank.example")
    visitor.get("/login?language=de", follow=True)
    visitor.post(f"/login/password?device=scan&ticket={address.split('ticket=')[1]}",
                 {"user_id": marie.user_id, "password": holders.PASSWORD})
    lines = look(scan, image_text(visitor.get("/login/code"))).lines("de")
    assert lines[:2] == ["Anmeldung", shown] and len(lines) == 5 and "http://localhost:8000" in lines[3]


def test_at_the_portal_it_shows_the_services_name(visitor, marie, scan):
    lines = look(scan, image_text(first(visitor, marie))).lines()
    assert lines[:2] == ["Connexion", settings.OPERATOR.name] and len(lines) == 5


@pytest.mark.requirement("R080")
def test_with_the_token_disabled_the_scan_still_opens(visitor, marie, scan, system):
    devices.disable(device_id=marie.device.id, reason="holder", caller=system)
    assert "il faut un Token actif" in visitor.first_step(marie.user_id).content.decode()
    assert visitor.second_step(look(scan, image_text(first(visitor, marie))).code).status_code == 302


def test_a_scan_that_was_not_added_yet_opens_nothing_and_nobody_is_told_why(visitor, marie, system):
    devices.import_stock(scans=[devices.ScanKey(serial="S-1", factory_key=bytes(32))], signer=holders.client.bound(),
                         caller=system)
    devices.assign(identity_id=marie.identity.id, serial="S-1", caller=system)
    assert "PARAPH:" in first(visitor, marie).content.decode()
    login = LoginTransaction.objects.get()
    assert (login.obstacle, login.device_serial, login.key_id) == ("device", "", "")
    assert visitor.second_step("12345678")["Location"] == REFUSED


@pytest.mark.parametrize("language, words", [("de", "Neues Bild"), ("en", "New image")])
def test_other_languages(visitor, marie, scan, language, words):
    first(visitor, marie)
    assert words in visitor.get(f"/login/code?language={language}").content.decode()
