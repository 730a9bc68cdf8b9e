# SPDX-License-Identifier: Apache-2.0
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from joserfc.jwk import ECKey

pytestmark = pytest.mark.django_db


def begin(browser):
    answer = browser.post("/connexion", {"product": "token"})
    assert answer.status_code == 303
    return answer["Location"]


def come_back(browser, provider, address, **changes):
    return browser.get("/callback", provider.answer(address, datetime.now(UTC), **changes))


@pytest.mark.requirement("R301")
def test_product_choice_and_connexion_lead_to_the_trust_service(client, provider):
    page = client.get("/myguichet").content.decode()
    assert 'name="product"' in page and 'value="token"' in page and "Connexion" in page
    address = urlsplit(begin(client))
    asked = dict(parse_qsl(address.query))
    assert (address.netloc, address.path) == ("trust.example", "/openid/authorization")
    assert asked["device"] == "token" and asked["prompt"] == "login" and asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


@pytest.mark.parametrize("product", ["token", "scan", "passkey"])
def test_each_product_that_can_log_in_today_can_be_chosen(client, provider, product):
    assert f'value="{product}"' in client.get("/myguichet").content.decode()
    answer = client.post("/connexion", {"product": product})
    assert dict(parse_qsl(urlsplit(answer["Location"]).query))["device"] == product


@pytest.mark.requirement("R301")
@pytest.mark.parametrize(("accepted", "offered"), [
    (["scan", "token"], ["scan", "token"]), (["passkey"], ["passkey"]), (["smartcard", "ring of the future"], ["smartcard"])])
def test_what_the_trust_service_accepts_here_is_offered_and_nothing_else(client, provider, accepted, offered):
    provider.devices = accepted
    page = client.get("/myguichet").content.decode()
    assert re.findall(r'name="product" type="radio" value="(\w+)"', page) == offered
    for product in ("token", "passkey"):
        assert client.post("/connexion", {"product": product}).status_code == (303 if product in offered else 200)


@pytest.mark.parametrize("said", [[], None, "token", [1, {}]])
def test_where_it_does_not_say_the_trust_service_asks_itself(client, provider, said):
    provider.devices = said
    page = client.get("/myguichet").content.decode()
    assert 'name="product"' not in page and "Connexion" in page
    address = client.post("/connexion", {})
    assert address.status_code == 303 and "device" not in dict(parse_qsl(urlsplit(address["Location"]).query))


def test_the_list_is_asked_once_in_a_while_and_a_silent_service_is_left_alone(client, provider):
    client.get("/")
    client.get("/myguichet")
    assert [request.url.path for request in provider.asked].count("/openid/devices") == 1
    from guichet import views

    provider.down = True
    views.trust_service._devices_until = datetime.min.replace(tzinfo=UTC)
    views.trust_service._configuration = None
    for _ in range(3):
        assert 'name="product"' not in client.get("/").content.decode()
    assert len(provider.asked) == 3, "configuration, devices, and one more that failed"


@pytest.mark.requirement("R295", part="later: the other devices")
def test_a_login_opens_the_citizens_own_space(client, provider):
    answer = come_back(client, provider, begin(client))
    assert (answer.status_code, answer["Location"]) == (302, "/myguichet")
    page = client.get("/myguichet").content.decode()
    assert "Bonjour Marie Thiry" in page and "substantiel" in page
    assert "Bonjour" not in Client().get("/myguichet").content.decode()


@pytest.mark.requirement("R300")
@pytest.mark.parametrize("path", ["/", "/myguichet", "/nowhere"])
def test_the_tab_is_on_every_page(client, path):
    assert '<a class="govuk-link" href="/myguichet"' in client.get(path).content.decode()


@pytest.mark.parametrize("changes, claims, person", [
    ({"state": "other"}, {}, {}),
    ({"state": None}, {}, {}),
    ({"iss": "https://evil.example"}, {}, {}),
    ({"iss": None}, {}, {}),
    ({"code": "guessed"}, {}, {}),
    ({}, {"iss": "https://evil.example"}, {}),
    ({}, {"aud": "another"}, {}),
    ({}, {"aud": ["guichet", "another"]}, {}),
    ({}, {"nonce": "other"}, {}),
    ({}, {"nonce": None}, {}),
    ({}, {"exp": 1}, {}),
    ({}, {"exp": None}, {}),
    ({}, {"acr": "http://eidas.europa.eu/LoA/low"}, {}),
    ({}, {"acr": None}, {}),
    ({}, {"auth_time": 1}, {}),
    ({}, {"at_hash": "AAAA"}, {}),
    ({}, {}, {"sub": "somebody else"}),
])
@pytest.mark.requirement("R071")
def test_an_answer_that_is_not_right_in_every_point_opens_nothing(client, provider, changes, claims, person):
    provider.claims = claims
    provider.person |= person
    answer = come_back(client, provider, begin(client), **changes)
    assert answer.status_code == 400
    assert "citizen" not in client.session


def test_a_foreign_signature_and_no_signature_open_nothing(client, provider):
    begin(client)
    provider.published = [ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"}, auto_kid=False)]
    assert come_back(client, provider, begin(client)).status_code == 400
    assert "citizen" not in client.session


def test_rs256_is_accepted_and_a_new_key_is_fetched(client, provider, rsa_key):
    come_back(client, provider, begin(client))
    client.post("/logout")
    provider.key, provider.algorithm, provider.published = rsa_key, "RS256", [provider.key, rsa_key]
    from guichet import views

    views.trust_service._keys_at -= timedelta(minutes=1)
    assert come_back(client, provider, begin(client)).status_code == 302


def test_an_answer_serves_once_and_only_where_it_was_asked(client, provider):
    address = begin(client)
    answer = provider.answer(address, datetime.now(UTC))
    assert Client().get("/callback", answer).status_code == 400
    assert client.get("/callback", answer).status_code == 302
    assert client.get("/callback", answer).status_code == 400


def test_two_tabs_at_once_both_come_back(client, provider):
    first, second = begin(client), begin(client)
    assert come_back(client, provider, second).status_code == 302
    assert come_back(client, provider, first).status_code == 400, "the first login ended the pending ones with its session"


def test_no_is_told_calmly(client, provider):
    answer = come_back(client, provider, begin(client), code=None, error="access_denied")
    assert answer.status_code == 200 and "Rien n’a été envoyé" in answer.content.decode()
    assert "citizen" not in client.session


def test_the_web_session_gets_a_new_name(client, provider):
    address = begin(client)
    planted = client.session.session_key
    come_back(client, provider, address)
    assert client.session.session_key != planted
    thief = Client()
    thief.cookies["guichet_session"] = planted
    assert "Bonjour" not in thief.get("/myguichet").content.decode()


def test_logout_ends_the_session_and_needs_a_post(client, provider):
    come_back(client, provider, begin(client))
    assert client.get("/logout").status_code == 405
    client.post("/logout")
    assert "citizen" not in client.session


def test_forms_need_their_token(provider):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/connexion", {"product": "token"}).status_code == 403
    assert strict.post("/logout").status_code == 403


def test_a_trust_service_that_is_down_is_said_so(client, provider):
    provider.down = True
    assert client.post("/connexion", {"product": "token"}).status_code == 503
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_another_issuer_behind_the_address_is_refused(client, provider):
    provider.configuration["issuer"] = "https://evil.example"
    assert client.post("/connexion", {"product": "token"}).status_code == 503


def test_headers_cookies_and_languages(client, provider):
    page = client.get("/")
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "form-action 'self' https://trust.example" in policy
    assert "frame-ancestors 'none'" in policy and page["Cache-Control"] == "no-store"
    begin(client)
    assert client.cookies["guichet_session"]["httponly"] and client.cookies["guichet_csrf"]["httponly"]
    assert "Ihre Verfahren online" in client.get("/?language=de").content.decode()
    assert "Your procedures online" in client.get("/?language=en").content.decode()


def test_no_secret_reaches_the_browser(client, provider):
    answer = come_back(client, provider, begin(client))
    page = client.get("/myguichet").content.decode()
    assert "at-1" not in page + json.dumps(dict(client.session)) + str(answer.headers)
