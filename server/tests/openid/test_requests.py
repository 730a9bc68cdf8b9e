# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.identity_provider.models import AuthorisationRequest
from paraph.domain.partners import services as partners

from .flow import CALLBACK, Person, challenge, parameters_of


@pytest.mark.parametrize("changes", [
    {"redirect_uri": "https://evil.example/callback"},
    {"redirect_uri": CALLBACK + "/"},
    {"redirect_uri": CALLBACK + "?x=1"},
    {"redirect_uri": CALLBACK.upper()},
    {"redirect_uri": CALLBACK.replace("https", "http")},
    {"redirect_uri": CALLBACK + "#x"},
    {"redirect_uri": "https://bank.example:443/callback"},
    {"redirect_uri": None},
    {"redirect_uri": [CALLBACK, CALLBACK]},
    {"client_id": "nobody"},
    {"client_id": None},
    {"client_id": ["bank", "bank"]},
])
@pytest.mark.requirement("RFC 6749 3.1.2.4")
@pytest.mark.requirement("R076")
def test_a_foreign_client_or_address_is_answered_on_our_own_page(person, bank, changes):
    answer = person.authorize(**changes)
    assert answer.status_code == 400 and "Location" not in answer
    assert "Nous ne connaissons pas ce service" in answer.content.decode()
    assert not AuthorisationRequest.objects.exists()


@pytest.mark.parametrize("changes, error", [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"scope": "openid matricule"}, "invalid_scope"),
    ({"scope": "openid everything"}, "invalid_scope"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"request": "eyJ"}, "request_not_supported"),
    ({"request_uri": "https://bank.example/r"}, "request_uri_not_supported"),
    ({"nonce": ["a", "b"]}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"max_age": "soon"}, "invalid_request"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "none"}, "login_required"),
])
@pytest.mark.requirement("RFC 6749 4.1.2.1")
@pytest.mark.requirement("R288", part="here: data that the program is not registered for; later: other protocols")
def test_errors_go_back_with_state_and_issuer(person, bank, changes, error):
    answer = person.authorize(**changes)
    assert answer.status_code == 303 and answer["Location"].startswith(CALLBACK + "?")
    given = parameters_of(answer)
    assert (given["error"], given["state"], given["iss"]) == (error, "st", "http://localhost:8000")
    assert not AuthorisationRequest.objects.exists()


@pytest.mark.requirement("OpenID Connect Core 3.1.2.1")
def test_prompt_none_never_passes_the_consent(person, bank, marie, clock):
    person.log_in_for(person.authorize(), marie, clock.now())
    assert parameters_of(person.authorize(prompt="none"))["error"] == "consent_required"


def test_prompt_login_asks_again_and_a_plain_request_does_not(person, bank, marie, clock):
    person.log_in_for(person.authorize(), marie, clock.now())
    clock.advance(minutes=1)
    assert person.get(person.authorize()["Location"]).status_code == 200
    asked = person.authorize(prompt="login")
    assert person.get(asked["Location"])["Location"].startswith("/login/")
    assert person.get(person.log_in_for(asked, marie, clock.now())).status_code == 200


@pytest.mark.requirement("OpenID Connect Core 3.1.2.1")
def test_max_age_at_its_limit(person, bank, marie, clock):
    person.log_in_for(person.authorize(), marie, clock.now())
    clock.advance(seconds=60)
    assert person.get(person.authorize(max_age="60")["Location"]).status_code == 200
    clock.advance(seconds=1)
    assert person.get(person.authorize(max_age="60")["Location"])["Location"].startswith("/login/")
    assert person.get(person.authorize(max_age="0")["Location"])["Location"].startswith("/login/")


def test_a_level_that_no_device_reaches_is_an_error(person, bank, marie, clock):
    levels = "http://eidas.europa.eu/LoA/high"
    where = person.log_in_for(person.authorize(acr_values=levels), marie, clock.now())
    assert parameters_of(person.get(where))["error"] == "unmet_authentication_requirements"
    levels += " http://eidas.europa.eu/LoA/substantial"
    assert person.get(person.authorize(acr_values=levels)["Location"]).status_code == 200


def test_the_partners_own_minimum_can_not_be_lowered_in_the_address(person, bank, marie, clock, system):
    partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], minimum_level="high",
                      caller=system)
    where = person.log_in_for(person.authorize(acr_values="http://eidas.europa.eu/LoA/low"), marie, clock.now())
    assert parameters_of(person.get(where))["error"] == "unmet_authentication_requirements"


@pytest.mark.parametrize(("language", "words"), [
    ("fr", "Retourner à Banque Exemple"), ("de", "Musterbank"), ("en", "Example Bank")])
def test_looking_at_the_page_of_who_turned_back_ends_nothing(person, bank, language, words):
    asked = person.authorize()["Location"].partition("?")[0]
    page = person.get(f"{asked}/cancelled?language={language}")
    assert words in page.content.decode()
    assert page["Content-Security-Policy"].endswith("form-action 'self' https://bank.example")
    assert AuthorisationRequest.objects.get().state == "asked"
    assert parameters_of(person.post(f"{asked}/cancelled"))["error"] == "access_denied"
    assert AuthorisationRequest.objects.get().state == "refused"
    assert person.post(f"{asked}/cancelled").status_code == 410


def test_a_request_ends_after_fifteen_minutes(person, bank, marie, clock):
    asked = person.authorize()
    door_page = person.get(asked["Location"])["Location"]
    clock.advance(minutes=15)
    page = person.get(asked["Location"])
    assert page.status_code == 410 and "Retourner à Banque Exemple" in page.content.decode()
    assert 'href="https://bank.example"' in page.content.decode(), "its site, never its answer address"
    assert "Banque Exemple" in person.get(door_page).content.decode()


def test_of_a_request_that_never_was_nothing_is_known(person, db):
    page = person.get("/openid/requests/01900000-0000-7000-8000-000000000000")
    assert page.status_code in (404, 410) and "Retourner à Ba" not in page.content.decode()


@pytest.mark.requirement("R105", part="later: the app and cards")
@pytest.mark.requirement("R301")
def test_the_product_chosen_at_the_partner_is_kept_and_the_partners_policy_decides(person, bank, system):
    german = Person()
    asked = german.authorize(device="token", ui_locales="de-LU de")
    assert asked["Location"].endswith("?device=token&language=de")
    assert "device=token" in german.get(asked["Location"])["Location"]
    assert "device" not in person.authorize(device="smartcard")["Location"]
    page = person.get(person.get(person.authorize()["Location"])["Location"]).content.decode()
    assert 'value="token"' in page and 'value="app"' not in page, "accepted there, but not able to log in yet"
    partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["smartcard"], caller=system)
    page = person.get(person.get(person.authorize()["Location"])["Location"]).content.decode()
    assert "Aucun produit disponible" in page


def test_a_request_may_come_by_post(person, bank):
    answer = person.post("/openid/authorize", {
        "client_id": "bank", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid",
        "code_challenge": challenge(), "code_challenge_method": "S256"})
    assert answer.status_code == 303 and answer["Location"].startswith("/openid/requests/")


@pytest.mark.requirement("OpenID Connect Discovery 3")
def test_discovery_says_what_is_true(client, db):
    found = client.get("/.well-known/openid-configuration").json()
    assert found["issuer"] == "http://localhost:8000"
    assert found["code_challenge_methods_supported"] == ["S256"] and found["response_types_supported"] == ["code"]
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert found[name].startswith("http://localhost:8000/openid/")
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["request_uri_parameter_supported"] is False
