# SPDX-License-Identifier: Apache-2.0
"""Q20: the secret image is first chosen at activation, and a picture of the holder's own is as good as one of the gallery."""

import base64
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from paraph.domain.authentication.models import Credential, OwnPicture
from paraph.domain.registration.models import Activation
from paraph.domain.registration.services import abandon
from paraph.kernel import confinement
from testkit.applications import ACTIVATION_CODE, IMAGE, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/my/certificate/activate"


def photograph(colour="#0b5d4f", size=(400, 300)):
    output = BytesIO()
    Image.new("RGB", size, colour).save(output, "JPEG")
    return output.getvalue()


@pytest.fixture
def browser(client, prepared, clock):
    """At the page that asks for the image."""
    answers = {"check": {}, "codes": {name: prepared.codes[name] for name in ("user_id", "initial_password")},
               "code": {"activation_code": ACTIVATION_CODE}, "device": {"code": prepared.token_code(clock.now())},
               "password": {"password": PASSWORD, "again": PASSWORD}}
    client.get(BASE)
    for page, answer in answers.items():
        client.get(f"{BASE}/{page}")
        assert client.post(f"{BASE}/{page}", answer).status_code == 302, page
    return client


def send(client, content):
    return client.post(f"{BASE}/image/own", {"picture": SimpleUploadedFile("a.jpg", content)})


def finish(client):
    client.post(f"{BASE}/content", {"accepted": "on"})
    assert client.post(f"{BASE}/terms", {"accepted": "on"})["Location"] == f"{BASE}/done"


def at_the_code(prepared):
    """The page after the right password, in a browser of its own."""
    door = Client(HTTP_HOST="localhost")
    door.post("/login/password?device=token&next=/my/", {"user_id": prepared.codes["user_id"], "password": PASSWORD})
    return door.get("/login/code").content.decode()


@pytest.mark.requirement("R119", part="later: cards")
@pytest.mark.both_databases
def test_the_first_login_shows_it_and_no_page_before(browser, prepared, clock):
    assert "Prendre une image à moi" in browser.get(f"{BASE}/image").content.decode()
    assert send(browser, photograph())["Location"] == f"{BASE}/content"
    assert not OwnPicture.objects.exists(), "nothing is his before everything is settled"
    again = browser.get(f"{BASE}/image").content.decode()
    assert "déjà choisi une image à vous" in again and "data:image/jpeg" not in again and " checked" not in again
    finish(browser)
    activation = Activation.objects.get()
    assert (activation.secret_image, activation.own_picture) == ("", None)
    clock.advance(minutes=1)
    drawn = base64.b64decode(at_the_code(prepared).partition("data:image/jpeg;base64,")[2].partition('"')[0])
    with Image.open(BytesIO(drawn)) as picture:
        assert picture.size == (320, 240)


def test_who_changes_his_mind_has_the_last_choice_alone(browser, prepared, clock):
    send(browser, photograph())
    assert browser.post(f"{BASE}/image", {"image": IMAGE})["Location"] == f"{BASE}/content"
    assert Activation.objects.get().own_picture is None
    send(browser, photograph("#8a5a00", (200, 100)))
    browser.post(f"{BASE}/image", {"image": IMAGE})
    finish(browser)
    assert Credential.objects.get().secret_image == IMAGE and not OwnPicture.objects.exists()
    clock.advance(minutes=1)
    assert "data:image/jpeg" not in at_the_code(prepared)


@pytest.mark.parametrize("content", [b"", b"GIF89a" + b"\0" * 100, photograph()[:200], photograph(size=(63, 64))],
                         ids=["empty", "gif", "cut off", "too small"])
def test_what_is_no_picture_is_said_on_the_page_and_the_choice_before_stays(browser, content):
    browser.post(f"{BASE}/image", {"image": IMAGE})
    answer = send(browser, content)
    assert answer.status_code == 422 and "ne peut pas être utilisée" in answer.content.decode()
    assert (Activation.objects.get().secret_image, Activation.objects.get().own_picture) == (IMAGE, None)


def test_it_waits_sealed_and_goes_with_what_is_given_up(browser, system):
    send(browser, photograph())
    with connection.cursor() as cursor:
        cursor.execute("SELECT own_picture FROM registration_activation")
        [[stored]] = cursor.fetchall()
    activation = Activation.objects.get()
    assert b"JFIF" not in bytes(stored) and b"JFIF" in activation.own_picture
    abandon(activation_id=activation.id, reason="given up", caller=system)
    activation.refresh_from_db()
    assert activation.own_picture is None


@pytest.mark.parametrize(("late", "status"), [(timedelta(0), 302), (timedelta(microseconds=1), 409)])
def test_at_the_end_of_the_half_hour_and_after_it(browser, clock, late, status):
    clock.set(Activation.objects.get().proven_until + late)
    assert send(browser, photograph()).status_code == status
    assert bool(Activation.objects.get().own_picture) is (status == 302)


def test_when_all_places_are_taken_it_says_so(browser, monkeypatch):
    def full(*given):
        raise confinement.TooBusy("pictures")

    monkeypatch.setattr(confinement, "run", full)
    answer = send(browser, photograph())
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_before_the_device_has_answered_there_is_no_such_page(client, prepared):
    assert send(client, photograph())["Location"] == BASE


@pytest.mark.parametrize(("language", "words"), [
    ("fr", "Prendre une image à moi"), ("de", "Ein eigenes Bild verwenden"), ("en", "Use a picture of my own")])
def test_in_three_languages(browser, language, words):
    assert words in browser.get(f"{BASE}/image?language={language}").content.decode()
    assert words in browser.get(f"{BASE}/image/own?language={language}").content.decode()
    send(browser, photograph())
    page = browser.get(f"{BASE}/image?language={language}").content.decode()
    assert {"fr": "image à vous", "de": "eigenes Bild gewählt", "en": "picture of your own"}[language] in page
