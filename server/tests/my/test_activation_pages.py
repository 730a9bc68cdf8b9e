# SPDX-License-Identifier: Apache-2.0
"""The activation journey over HTTP: one question per page, nothing skipped, nothing said too much."""

from datetime import timedelta

import pytest

from paraph.domain.registration.models import Activation
from testkit.applications import ACTIVATION_CODE, IMAGE, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/my/certificate/activate"


def walk(client, prepared, clock, upto="done", **changes):
    """Walks the pages with right answers up to the page named; the answers to a page can be changed."""
    codes = prepared.codes
    answers = {
        "check": {}, "codes": {"user_id": codes["user_id"], "initial_password": codes["initial_password"]},
        "code": {"activation_code": ACTIVATION_CODE}, "device": {"code": prepared.token_code(clock.now())},
        "password": {"password": PASSWORD, "again": PASSWORD}, "image": {"image": IMAGE},
        "content": {"accepted": "on"}, "terms": {"accepted": "on"}}
    client.get(BASE)
    for page, answer in answers.items():
        if page == upto:
            return client.get(f"{BASE}/{page}")
        assert client.get(f"{BASE}/{page}").status_code == 200, page
        response = client.post(f"{BASE}/{page}", answer | changes.get(page, {}))
        if response.status_code != 302:
            return response
    return client.get(response["Location"])


@pytest.mark.requirement("R087", "R088", "R126", part="here: My space; the door in other tests, the app later")
def test_the_journey_ends_activated(client, prepared, clock):
    response = walk(client, prepared, clock)
    assert response.status_code == 200 and "Votre produit est activé" in response.content.decode()
    assert "24 novembre 2029" in response.content.decode()
    prepared.order.refresh_from_db()
    assert prepared.order.state == "activated"
    assert PASSWORD not in response.content.decode()


@pytest.mark.requirement("R090")
def test_a_second_activation_is_refused_and_changes_nothing(client, prepared, clock):
    walk(client, prepared, clock)
    clock.advance(minutes=2)
    client.session.flush()
    client.cookies.clear()
    response = walk(client, prepared, clock)
    assert response.status_code == 409 and "déjà activé" in response.content.decode()
    assert Activation.objects.count() == 1


@pytest.mark.requirement("R088", "R092")
@pytest.mark.parametrize(("page", "answer"), [
    ("codes", {"initial_password": "wrong"}), ("codes", {"user_id": "ZZZZZZZZ"}),
    ("code", {"activation_code": "00000"}), ("device", {"code": "000000"})])
def test_a_wrong_code_stops_at_its_page(client, prepared, clock, page, answer):
    response = walk(client, prepared, clock, **{page: answer})
    assert response.status_code == 422
    assert f"/{page}" in response.wsgi_request.path
    prepared.order.refresh_from_db()
    assert prepared.order.state == "prepared"


@pytest.mark.requirement("R106", part="here: My space; the door in other tests")
def test_a_wrong_user_id_and_a_wrong_initial_password_get_the_same_page(client, prepared, clock):
    pages = []
    for answer in ({"initial_password": "wrong"}, {"user_id": "ZZZZZZZZ"}, {"user_id": "", "initial_password": ""}):
        client.cookies.clear()
        response = walk(client, prepared, clock, codes=answer)
        text = response.content.decode()
        pages.append(text.split("govuk-error-summary__list")[1].split("</ul>")[0] if "govuk-error-summary" in text else "")
    assert pages[0] == pages[1] != pages[2]


@pytest.mark.requirement("R136")
@pytest.mark.parametrize(("password", "sentence"), [
    ("Abc12", "trop court"), ("Abcdefgh123", "trop long"), ("ABC123", "minuscule"), ("abc123", "majuscule"),
    ("Abcdef", "un chiffre")])
def test_each_password_rule_has_its_own_message(client, prepared, clock, password, sentence):
    response = walk(client, prepared, clock, password={"password": password, "again": password})
    assert response.status_code == 422 and sentence in response.content.decode()


def test_both_faults_of_a_password_are_told_at_once(client, prepared, clock):
    page = walk(client, prepared, clock, password={"password": "abc", "again": "abd"}).content.decode()
    assert "il faut au moins 6 caractères" in page and "Ajoutez au moins un chiffre." in page and "pas les mêmes" in page


@pytest.mark.parametrize("password", ["Abc123", "Abcdefg123"])
@pytest.mark.requirement("R136")
def test_six_and_ten_characters_are_accepted(client, prepared, clock, password):
    assert "activé" in walk(client, prepared, clock, password={"password": password, "again": password}).content.decode()


def test_the_initial_password_is_no_new_password(client, prepared, clock):
    initial = prepared.codes["initial_password"]
    response = walk(client, prepared, clock, password={"password": initial, "again": initial})
    assert response.status_code == 422 and "mot de passe initial" in response.content.decode()


def test_pages_cannot_be_reached_out_of_order(client, prepared, clock):
    for page in ("code", "device", "password", "image", "content", "terms", "done"):
        assert client.get(f"{BASE}/{page}")["Location"] == BASE
    assert client.get(f"{BASE}/codes")["Location"] == f"{BASE}/check"
    walk(client, prepared, clock, upto="device")
    assert client.get(f"{BASE}/terms")["Location"] == f"{BASE}/device"
    assert client.post(f"{BASE}/terms", {"accepted": "on"})["Location"] == f"{BASE}/device"


def test_the_content_names_the_holder_before_anything_is_made(client, prepared, clock):
    text = walk(client, prepared, clock, upto="content").content.decode()
    assert "Specimen" in text and "Marie" in text
    assert client.post(f"{BASE}/content", {}).status_code == 422


def test_after_half_an_hour_it_begins_again_and_the_codes_still_work(client, prepared, clock):
    walk(client, prepared, clock, upto="password")
    clock.advance(minutes=31)
    response = client.post(f"{BASE}/password", {"password": PASSWORD, "again": PASSWORD})
    assert response.status_code == 409 and "écoulé" in response.content.decode()
    client.cookies.clear()
    assert "activé" in walk(client, prepared, clock).content.decode()


def test_a_double_click_on_the_last_button_makes_one_pair(client, prepared, clock):
    walk(client, prepared, clock, upto="terms")
    first = client.post(f"{BASE}/terms", {"accepted": "on"})
    second = client.post(f"{BASE}/terms", {"accepted": "on"})
    assert first["Location"] == second["Location"] == f"{BASE}/done"


@pytest.mark.requirement("R089")
def test_day_sixty_works_and_day_sixty_one_does_not(client, prepared, clock):
    clock.set(prepared.order.activation_deadline - timedelta(microseconds=1))
    assert "activé" in walk(client, prepared, clock).content.decode()


@pytest.mark.requirement("R089")
def test_the_first_instant_of_day_sixty_one_is_too_late(client, prepared, clock):
    clock.set(prepared.order.activation_deadline)
    response = walk(client, prepared, clock)
    assert response.status_code == 409 and "délai" in response.content.decode()


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_each_page_speaks_each_language(client, prepared, clock, language):
    client.get("/my/", {"language": language})
    walk(client, prepared, clock, upto="terms")
    for page in ("check", "codes"):
        assert f'lang="{language}"' in client.get(f"{BASE}/{page}").content.decode()
