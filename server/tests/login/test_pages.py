# SPDX-License-Identifier: Apache-2.0
import re
import time

import pytest
from django.test import Client
from lxml import html

from paraph.domain.authentication.gallery import PICTURES
from paraph.domain.authentication.models import LoginTransaction, Session
from paraph.domain.devices import services as devices
from paraph.domain.organisations import services as organisations
from paraph.domain.partners import services as partners
from paraph.interfaces.callers import SESSION_KEY
from paraph.interfaces.login import door
from paraph.signer import client
from paraph.signer.errors import SignerUnavailable
from testkit import holders

from .conftest import plain

PICTURE = PICTURES[holders.IMAGE]


def test_the_whole_way(visitor, marie, clock):
    page = visitor.get("/login/?next=/verify/").content.decode()
    assert 'value="token"' in page and 'value="scan"' in page and 'value="app"' not in page
    page = visitor.get("/login/password?next=/verify/&device=token").content.decode()
    assert 'autocomplete="username"' in page and 'autocomplete="current-password"' in page and "Connexion" in page
    assert visitor.first_step(marie.user_id, next="/verify/")["Location"] == "/login/code"
    page = visitor.get("/login/code").content.decode()
    assert 'autocomplete="one-time-code"' in page and 'inputmode="numeric"' in page
    answer = visitor.second_step(marie.code(clock.now()))
    assert (answer.status_code, answer["Location"]) == (302, "/verify/")
    session = Session.objects.get(pk=visitor.session[SESSION_KEY])
    assert session.identity_id == marie.identity.id


@pytest.mark.parametrize(("device", "named"), [("token", "Votre produit\xa0: Token,"), ("scan", "Votre produit\xa0: Scan,")])
def test_the_first_step_says_for_which_product_it_is(visitor, db, device, named):
    assert named in visitor.get(f"/login/password?device={device}&next=/my/").content.decode()
    assert "Votre produit" not in visitor.get("/login/password?device=pager&next=/my/").content.decode()


@pytest.mark.requirement("R286")
def test_the_login_page_shows_the_genuine_address_and_the_warning(visitor, db):
    page = visitor.get("/login/password?device=token").content.decode()
    assert "http://localhost:8000" in page and "Ne donnez jamais ensemble votre UserID" in page


@pytest.mark.requirement("R121", part="later: cards")
@pytest.mark.requirement("R119", part="later: cards")
def test_the_image_appears_at_the_code_and_not_before(visitor, marie, clock):
    before = [visitor.get("/login/"), visitor.get("/login/password?device=token"),
              visitor.first_step(marie.user_id, "Wrong1"), visitor.get("/login/code")]
    answer = visitor.first_step(marie.user_id)
    for page in [*before, answer]:
        assert PICTURE.address not in page.content.decode() and "image/svg+xml;base64" not in page.content.decode()
        assert holders.IMAGE not in str(page.items()) + str(page.cookies)
    page = visitor.get("/login/code").content.decode()
    assert PICTURE.address in page and "Votre image secrète\xa0: un phare" in page
    others = [picture for picture in PICTURES.values() if picture.address in page]
    assert others == [PICTURE], "no decoys"
    assert PICTURE.address not in Client().get("/login/code").content.decode()


@pytest.mark.requirement("R124")
def test_help_cancel_and_phone_stand_next_to_the_image(visitor, marie, clock):
    visitor.first_step(marie.user_id)
    page = visitor.get("/login/code").content.decode()
    picture = page.index(PICTURE.address)
    assert "ce site est probablement un faux" in page[picture:] and "tel:+35220000000" in page[picture:picture + 2500]
    assert 'action="/login/cancel"' in page[picture:]
    assert visitor.post("/login/cancel")["Location"] == "/"
    assert LoginTransaction.objects.get().state == "cancelled"
    assert visitor.second_step(marie.code(clock.now()))["Location"].startswith("/login/")
    assert not Session.objects.exists()


@pytest.mark.parametrize("target", [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example", "",
    "///evil.example", "/\t/evil.example", "evil.example",
])
def test_the_door_leads_nowhere_else(visitor, marie, clock, target):
    answer = visitor.log_in(marie, clock.now(), next=target)
    assert answer["Location"] == "/my/"


def test_a_ticket_can_not_be_made_or_changed_outside(visitor, db):
    good = door.address(next="/openid/x", back="/", partner_id="01900000-0000-7000-8000-000000000000", origin="")
    ticket = good.split("ticket=")[1]
    for forged in ("x", ticket[:-3] + "abc", ticket + "A"):
        assert visitor.get(f"/login/password?device=token&ticket={forged}").status_code == 409


def test_an_old_ticket_opens_nothing_and_leads_to_the_request_itself(visitor, marie, monkeypatch):
    """Whether the partner's request still waits, its own page says: it gives a fresh ticket, or the way to the partner."""
    address = door.address(next="/openid/x", back="/", partner_id="01900000-0000-7000-8000-000000000000", origin="")
    real = time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: real + 15 * 60 + 5)
    assert visitor.get(address)["Location"] == "/openid/x"
    answer = visitor.post(f"/login/password?device=token&ticket={address.split('ticket=')[1]}",
                          {"user_id": marie.user_id, "password": holders.PASSWORD})
    assert answer["Location"] == "/openid/x" and not LoginTransaction.objects.exists()


def links(page) -> dict[str, str]:
    """What stands on each link of the page's main part, and where it leads."""
    return {" ".join(link.text_content().split()): link.get("href") for link in html.fromstring(page.content).xpath("//main//a")}


@pytest.fixture
def bank(tree, system):
    """The ticket of a request by a partner that accepts Token and Scan."""
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token", "scan"],
                                caller=system)
    address = door.address(next="/openid/x", back="/openid/x/cancelled", partner_id=partner.id, origin="https://bank.example")
    return address.split("ticket=")[1]


def test_a_device_that_is_not_there_leads_back_to_the_choice_with_the_partners_request(visitor, marie, bank, system):
    devices.disable(device_id=marie.device.id, reason="holder", caller=system)
    page = visitor.post(f"/login/password?device=token&ticket={bank}",
                        {"user_id": marie.user_id, "password": holders.PASSWORD})
    assert page.status_code == 200 and "il faut un Token actif" in page.content.decode()
    [target] = html.fromstring(page.content).xpath('//a[contains(@class, "govuk-back-link")]/@href')
    assert target.startswith("/login/?") and "device=" not in target
    chooser = visitor.get(target).content.decode()
    assert "Banque Exemple" in chooser and 'value="scan"' in chooser


def test_a_device_that_the_partner_does_not_accept_leads_back_to_those_that_it_does(visitor, marie, bank):
    page = visitor.post(f"/login/password?device=app&ticket={bank}",
                        {"user_id": marie.user_id, "password": holders.PASSWORD})
    assert page.status_code == 422
    assert "Banque Exemple" in visitor.get(links(page)["Revenir au choix du produit"]).content.decode()


def test_after_too_many_tries_the_same_request_goes_on(visitor, marie, bank, limited):
    limited("door", tries=1)
    for _ in range(2):
        page = visitor.post(f"/login/password?device=token&ticket={bank}", {"user_id": marie.user_id, "password": "Wrong1"})
    assert page.status_code == 429 and page["Retry-After"]
    assert "Banque Exemple" in visitor.get(links(page)["Revenir au choix du produit"]).content.decode()


def test_a_forged_ticket_leads_to_the_door(visitor, db):
    page = visitor.get("/login/password?device=token&ticket=x")
    assert links(page)["Recommencer la connexion"] == "/login/"


def test_while_the_signer_is_away_each_step_can_be_taken_up_again(visitor, marie, clock, monkeypatch):
    def away(self, *args, **asked):
        raise SignerUnavailable()

    with monkeypatch.context() as away_now:
        away_now.setattr(client.InProcessSigner, "_ask", away)
        page = visitor.first_step(marie.user_id, next="/verify/")
        assert page.status_code == 503 and "next=%2Fverify%2F" in links(page)["Revenir au choix du produit"]
    visitor.first_step(marie.user_id, next="/verify/")
    with monkeypatch.context() as away_now:
        away_now.setattr(client.InProcessSigner, "_ask", away)
        page = visitor.second_step(marie.code(clock.now()))
        assert page.status_code == 503 and links(page)["Reprendre la connexion"] == "/login/code"
    assert visitor.get("/login/code").status_code == 200
    clock.advance(seconds=91)
    assert visitor.second_step(marie.code(clock.now()))["Location"] == "/verify/"


@pytest.mark.requirement("R106")
def test_a_wrong_code_says_what_helps_and_nothing_of_what_was_wrong(visitor, marie):
    visitor.first_step(marie.user_id)
    assert "plusieurs fois" not in visitor.get("/login/code").content.decode()
    seen = set()
    for code in ("000000", "111111", "222222", "333333", "444444", "555555"):
        page = visitor.second_step(code)
        words = page.content.decode()
        assert "refusé plusieurs fois" in words and "code de sécurité" in words and "après 5 essais" in words
        assert links(page)["Gérer mes produits"] == "/my/products"
        seen.add(re.sub(r"\d{6}", "", plain(page)))
    assert len(seen) == 1, "the sixth is of a blocked account"


def test_the_web_session_gets_a_new_name(visitor, marie, clock):
    visitor.first_step(marie.user_id)
    planted = visitor.session.session_key
    visitor.second_step(marie.code(clock.now()))
    assert visitor.session.session_key != planted
    thief = Client()
    thief.cookies["paraph_session"] = planted
    assert SESSION_KEY not in thief.session


def test_a_new_login_ends_the_one_before(visitor, marie, clock):
    visitor.log_in(marie, clock.now())
    first = visitor.session[SESSION_KEY]
    clock.advance(minutes=1)
    visitor.log_in(marie, clock.now())
    assert Session.objects.get(pk=first).end_reason == "new_login"
    assert visitor.session[SESSION_KEY] != first


def test_logout_needs_a_post_and_ends_the_session(visitor, marie, clock):
    visitor.log_in(marie, clock.now())
    session = visitor.session[SESSION_KEY]
    assert visitor.get("/login/logout").status_code == 405
    told = visitor.post("/login/logout", follow=True).content.decode()
    assert "Vous êtes déconnecté." in told and "Vous êtes déconnecté." not in visitor.get("/").content.decode()
    assert Session.objects.get(pk=session).end_reason == "logout"
    assert SESSION_KEY not in visitor.session


@pytest.mark.parametrize("path", ["/login/password?device=token", "/login/code", "/login/cancel", "/login/logout"])
def test_every_form_needs_its_token(db, path):
    assert Client(enforce_csrf_checks=True).post(path, {}).status_code == 403


def test_frames_are_refused_and_forms_stay_here(visitor, marie):
    visitor.first_step(marie.user_id)
    policy = visitor.get("/login/code")["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and policy.endswith("form-action 'self'")


def test_a_code_of_the_wrong_length_says_so_and_a_wrong_one_does_not(visitor, marie):
    visitor.first_step(marie.user_id)
    assert "Le code a 6 chiffres." in visitor.second_step("12345").content.decode()
    page = visitor.second_step("000000").content.decode()
    assert "Ce code n’est pas accepté" in page and page.count("<title>Erreur\xa0:") == 1


def test_blanks_in_a_code_are_forgiven(visitor, marie, clock):
    visitor.first_step(marie.user_id)
    code = marie.code(clock.now())
    assert visitor.second_step(f" {code[:3]} {code[3:]} ").status_code == 302


def test_too_late_leads_back_with_a_word(visitor, marie, clock):
    visitor.first_step(marie.user_id, next="/verify/")
    clock.advance(seconds=181)
    answer = visitor.second_step(marie.code(clock.now()))
    page = visitor.get(answer["Location"]).content.decode()
    assert "Le délai est dépassé" in page and "next=%2Fverify%2F" in page


@pytest.mark.requirement("R087", part="here: the door; signing in its own tests")
def test_a_product_that_is_not_activated_is_told_to_its_owner(visitor, tree, system, clock):
    paul = holders.new(system)
    visitor.first_step(paul.user_id, holders.INITIAL_PASSWORD)
    page = visitor.second_step(paul.code(clock.now())).content.decode()
    assert "not_activated" in page and "doit être activé" in page
    assert 'href="/my/certificate/activate"' in page and 'href="/login/?next=%2Fmy%2F"' in page
    assert not Session.objects.exists()


@pytest.mark.requirement("R136")
def test_staff_chooses_a_password_at_the_first_login(visitor, tree, system, clock):
    claire = holders.new(system, kind="staff", given_names="Claire")
    devices.activate(device_id=claire.device.id, caller=system)
    desk = organisations.create_organisation(slug="desk", name="Desk", roles=["registration_authority"], address={},
                                             caller=system)
    organisations.add_membership(person_id=claire.identity.person_id, organisation_id=desk.id,
                                 role="registration_officer", caller=system)
    visitor.first_step(claire.user_id, holders.INITIAL_PASSWORD)
    assert "secrète" not in visitor.get("/login/code").content.decode()
    assert visitor.second_step(claire.code(clock.now()))["Location"] == "/login/new-password"
    sentences = {"Abc12": "trop court", "Abcdef12345": "trop long", "ABC123": "minuscule", "abc123": "majuscule",
                 "Abcdef": "chiffre", holders.INITIAL_PASSWORD: "mot de passe initial"}
    for password, sentence in sentences.items():
        page = visitor.post("/login/new-password", {"password": password, "again": password}).content.decode()
        assert sentence in page, password
    page = visitor.post("/login/new-password", {"password": "Neu123", "again": "Neu124"}).content.decode()
    assert "pas les mêmes" in page
    assert SESSION_KEY not in visitor.session
    answer = visitor.post("/login/new-password", {"password": "Neu123", "again": "Neu123"})
    assert answer["Location"] == "/desk/"
    assert visitor.get("/login/new-password")["Location"] == "/login/", "once"


@pytest.mark.requirement("R152")
def test_after_a_block_a_new_password_is_advised(visitor, marie, clock):
    for _ in range(5):
        visitor.first_step(marie.user_id, "Wrong1")
    clock.advance(hours=12)
    answer = visitor.log_in(marie, clock.now(), next="/verify/")
    page = visitor.get(answer["Location"]).content.decode()
    assert "/login/change-password" in page and 'href="/verify/"' in page


@pytest.mark.parametrize("language, words", [("de", "Ihr Geheimbild: ein Leuchtturm"),
                                             ("en", "Your secret image: a lighthouse")])
def test_other_languages(visitor, marie, language, words):
    visitor.first_step(marie.user_id)
    assert words in visitor.get(f"/login/code?language={language}").content.decode()


def change(visitor, current, password, again=None):
    return visitor.post("/login/change-password", {"current": current, "password": password, "again": again or password})


@pytest.mark.requirement("R149", part="later: cards")
def test_the_password_is_changed_after_a_login_alone(visitor, marie, clock):
    assert visitor.get("/login/change-password")["Location"].startswith("/login/?next=")
    visitor.log_in(marie, clock.now())
    page = visitor.get("/login/change-password").content.decode()
    assert "régulièrement" in page and "Dernier changement\xa0: 24 novembre 2026." in page
    assert "pas correct" in change(visitor, "Wrong1", "Neu456").content.decode()
    assert "pas les mêmes" in change(visitor, holders.PASSWORD, "Neu456", "Neu457").content.decode()
    assert "que l’actuel" in change(visitor, holders.PASSWORD, holders.PASSWORD).content.decode()
    answer = change(visitor, holders.PASSWORD, "Neu456")
    assert "Votre mot de passe est changé" in visitor.get(answer["Location"]).content.decode()
    visitor.post("/login/logout")
    assert visitor.first_step(marie.user_id).status_code == 200
    assert visitor.first_step(marie.user_id, "Neu456").status_code == 302
