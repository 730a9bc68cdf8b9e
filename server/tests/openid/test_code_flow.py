# SPDX-License-Identifier: Apache-2.0
import json
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from joserfc import jwt
from joserfc.jwk import KeySet

from paraph.domain.accounts.models import Identity
from paraph.domain.certification import services as certification
from paraph.domain.identity_provider import queries, services
from paraph.domain.identity_provider.models import AuthorisationCode, Release
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from testkit import holders

from .flow import CALLBACK, parameters_of

LEVEL = "http://eidas.europa.eu/LoA/substantial"


def read(program, answer, algorithm="ES256"):
    published = KeySet.import_key_set(json.loads(program.get("/openid/jwks").content))
    return jwt.decode(answer.json()["id_token"], published, algorithms=[algorithm])


@pytest.mark.requirement("R071")
@pytest.mark.requirement("R295", part="later: the other devices")
def test_a_login_with_consent_gives_an_assertion_that_another_library_verifies(person, program, bank, marie, clock):
    consent = person.log_in_for(person.authorize(), marie, clock.now())
    back = person.agree(consent)
    assert back.status_code == 303 and back["Location"].startswith(CALLBACK + "?")
    assert parameters_of(back).keys() == {"code", "state", "iss"}
    assert (parameters_of(back)["state"], parameters_of(back)["iss"]) == ("st", "http://localhost:8000")
    answer = program.redeem(parameters_of(back)["code"], bank)
    assert answer["Cache-Control"] == "no-store"
    claims = read(program, answer).claims
    now = int(clock.now().timestamp())
    assert claims.items() >= {"iss": "http://localhost:8000", "aud": "bank", "nonce": "no", "acr": LEVEL, "iat": now,
                              "exp": now + 300, "auth_time": now, "amr": ["pwd", "otp"]}.items()
    person_data = program.userinfo(answer.json()["access_token"]).json()
    assert person_data == {"sub": claims["sub"], "given_name": "Marie", "family_name": "Thiry",
                           "birthdate": "1985-03-09"}


def test_rs256_for_a_client_that_asked_for_it(person, program, bank, marie, clock, system):
    keys.make(purpose="openid", algorithm="RSA-3072", label="rs256", caller=system)
    partner = partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)
    credentials = services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK],
                                           algorithm="RS256", caller=system)
    answer = program.redeem(person.code_for(marie, clock.now()), credentials)
    token = read(program, answer, "RS256")
    assert token.header["alg"] == "RS256" and token.claims["aud"] == "bank"
    assert {key["alg"] for key in program.get("/openid/jwks").json()["keys"]} == {"ES256", "RS256"}


@pytest.mark.requirement("R290", part="later: other protocols")
@pytest.mark.requirement("R292")
def test_each_release_shows_each_value_and_needs_a_fresh_yes(person, program, bank, marie, clock):
    consent = person.log_in_for(person.authorize(), marie, clock.now())
    page = person.get(consent).content.decode()
    for words in ("Banque Exemple", "Marie", "Thiry", "9 mars 1985", "substantiel", "mot de passe et code de votre produit",
                  "Oui, envoyer", "Non, ne rien"):
        assert words in page
    assert not Release.objects.exists()
    person.agree(consent)
    release = Release.objects.get()
    assert (release.claims, release.partner.slug) == (["birthdate", "family_name", "given_name"], "bank")
    again = person.authorize()
    page = person.get(again["Location"])
    assert page.status_code == 200 and "Oui, envoyer" in page.content.decode(), "asked again in the same session"
    assert Release.objects.count() == 1
    assert [row.partner.slug for row in queries.releases(marie.identity.person_id)] == ["bank"]
    history = person.get("/my/activity").content.decode().partition("Données transmises")[2].partition("<h2")[0]
    for words in ("Banque Exemple", "24 novembre 2026 à 10 h", "Date de naissance, Nom, Prénom"):
        assert words in re.sub(r"\s", " ", history)


def test_no_returns_access_denied_and_releases_nothing(person, bank, marie, clock):
    consent = person.log_in_for(person.authorize(), marie, clock.now())
    back = person.post(consent, {"answer": "no"})
    assert back.status_code == 303
    assert parameters_of(back).items() >= {"error": "access_denied", "state": "st",
                                           "iss": "http://localhost:8000"}.items()
    assert not Release.objects.exists() and not AuthorisationCode.objects.exists()
    assert person.post(consent, {"answer": "yes"}).status_code == 410


def test_turning_back_at_the_door_returns_access_denied(person, bank, marie):
    door = person.get(person.authorize()["Location"])["Location"].replace("/login/?", "/login/password?device=token&")
    person.post(door, {"user_id": marie.user_id, "password": holders.PASSWORD})
    page = person.get("/login/code")
    assert "Banque Exemple" in page.content.decode()
    assert page["Content-Security-Policy"].endswith("form-action 'self' https://bank.example")
    turned = person.post("/login/cancel")
    assert turned.status_code == 307
    back = person.post(turned["Location"])
    assert parameters_of(back)["error"] == "access_denied" and parameters_of(back)["state"] == "st"


def test_the_consent_page_may_lead_to_the_partner_and_nowhere_else(person, bank, marie, clock):
    page = person.get(person.log_in_for(person.authorize(), marie, clock.now()))
    assert page["Content-Security-Policy"].endswith("form-action 'self' https://bank.example")


def test_what_was_shown_is_what_is_sent(person, bank, marie, clock):
    consent = person.log_in_for(person.authorize(), marie, clock.now())
    assert person.agree(consent, value_given_name="Somebody else").status_code == 410
    assert not AuthorisationCode.objects.exists()


def test_consent_needs_the_forms_token(bank, marie, clock, person):
    consent = person.log_in_for(person.authorize(), marie, clock.now())
    person.handler.enforce_csrf_checks = True
    assert person.post(consent, {"answer": "yes"}).status_code == 403


def test_a_code_of_somebody_elses_browser_is_not_granted_without_login(person, bank, marie, clock):
    asked = person.authorize()["Location"]
    assert person.post(asked, {"answer": "yes"})["Location"].startswith("/login/")
    assert not AuthorisationCode.objects.exists()


@pytest.mark.requirement("R013", part="here: one Token at two partners; later: the app and cards")
def test_a_subject_is_another_one_at_each_partner_and_the_same_at_each_login(
        person, program, bank, marie, clock, system):
    other = partners.register(slug="other", name={"fr": "Autre"}, category="bank", accepts=["token"], caller=system)
    credentials = services.register_client(client_id="other", partner_id=other.id, redirect_addresses=[CALLBACK],
                                           caller=system)
    subjects = []
    for client_id, pair in (("bank", bank), ("bank", bank), ("other", credentials)):
        code = person.code_for(marie, clock.now(), client_id=client_id, prompt="login")
        subjects.append(read(program, program.redeem(code, pair)).claims["sub"])
        clock.advance(minutes=1)
    assert subjects[0] == subjects[1] != subjects[2]
    assert str(marie.identity.id) not in subjects and marie.identity.ssn not in subjects
    assert Identity.objects.filter(ssn__in=subjects).count() == 0


def test_a_suspended_holder_learns_why_and_the_partner_gets_nothing(person, bank, marie, clock, system):
    certification.suspend(generation=holders.generation_of(marie), reason="lost", caller=system)
    where = person.log_in_for(person.authorize(), marie, clock.now())
    page = person.get(where).content.decode()
    assert "Votre certificat est suspendu" in page and "Oui, envoyer" not in page
    assert "Votre certificat est suspendu" in person.post(where, {"answer": "yes"}).content.decode()
    assert parameters_of(person.post(where, {"answer": "no"}))["error"] == "access_denied"
    assert not AuthorisationCode.objects.exists()


@pytest.mark.parametrize(("amr", "told"), [
    (("pwd", "otp"), "mot de passe et code de votre produit"), (("pwd", "hwk", "user"), "mot de passe et clé d’accès"),
    (("pwd", "swk", "user"), "mot de passe et clé d’accès")])
def test_the_consent_says_with_what_the_person_logged_in(amr, told, rf):
    session = SimpleNamespace(amr=amr, acr="", authenticated_at=datetime(2026, 11, 24, 9, tzinfo=UTC))
    with translation.override("fr"):
        page = render_to_string("openid/consent.html", {"session": session, "partner": "Banque Exemple", "rows": []},
                                request=rf.get("/"))
    assert told in page
