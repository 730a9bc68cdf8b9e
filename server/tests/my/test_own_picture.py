# SPDX-License-Identifier: Apache-2.0
"""R122: a picture of the holder's own as secret image, drawn anew in a confined child and shown after his password alone."""

import base64
from dataclasses import replace
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from paraph.domain.audit.models import Event
from paraph.domain.authentication import gallery, pictures, queries, services
from paraph.domain.authentication.models import Credential, OwnPicture
from paraph.kernel import confinement
from paraph.kernel.errors import Forbidden
from testkit import holders

PLACE = "Place d'Armes 49.6117"


def photograph(size=(1200, 800), kind="JPEG", **options):
    """With a place hidden in it and bytes behind its end."""
    drawn = Image.new("RGB", size, "#0b5d4f")
    hidden = Image.Exif()
    hidden[0x010E], hidden[0x0112] = PLACE, 6
    output = BytesIO()
    drawn.save(output, kind, exif=hidden, **options)
    return output.getvalue() + b"SECRET BEHIND THE END"


@pytest.fixture
def inside(marie, clock):
    client = Client()
    first_step(client, marie)
    assert client.post("/login/code", {"code": marie.code(clock.now())}).status_code == 302
    clock.advance(seconds=31)
    return client


def first_step(client, holder, word=holders.PASSWORD, device="token"):
    return client.post(f"/login/password?device={device}&next=/my/", {"user_id": holder.user_id, "password": word})


def send(client, content, name="a.jpg"):
    return client.post("/my/secret-image/own", {"picture": SimpleUploadedFile(name, content)})


def shown(client):
    text = client.get("/login/code").content.decode()
    return base64.b64decode(text.partition("data:image/jpeg;base64,")[2].partition('"')[0])


@pytest.mark.requirement("R122")
@pytest.mark.requirement("R119", part="later: cards")
def test_it_is_shown_after_the_right_password_and_nothing_of_the_file_is_kept(inside, marie):
    assert send(inside, photograph())["Location"] == "/my/secret-image/done"
    stranger = Client()
    assert "data:image/jpeg" not in first_step(stranger, marie, "Wrong1").content.decode()
    assert stranger.get("/login/code").status_code == 302
    first_step(stranger, marie)
    seen = shown(stranger)
    with Image.open(BytesIO(seen)) as drawn:
        assert drawn.format == "JPEG" and drawn.size == (213, 320), "upright, and small"
        assert not drawn.getexif() and "exif" not in drawn.info and "icc_profile" not in drawn.info
    for trace in (PLACE.encode(), b"SECRET", b"Exif"):
        assert trace not in seen
    assert Event.objects.filter(code="authentication.credential.image_changed").count() == 1


@pytest.mark.requirement("R123")
def test_no_page_of_an_open_session_shows_it(inside, marie):
    send(inside, photograph())
    assert b"data:image/jpeg" not in inside.get("/my/secret-image").content
    assert b"data:image/jpeg" not in inside.get("/my/secret-image/own").content


def test_another_one_takes_its_place_and_the_gallery_ends_it(inside, marie):
    send(inside, photograph())
    first = OwnPicture.objects.get().content
    send(inside, photograph(size=(100, 100)))
    assert OwnPicture.objects.get().content != first
    inside.post("/my/secret-image", {"image": "tree"})
    assert not OwnPicture.objects.exists()
    assert queries.secret_image(marie.identity.id).id == "tree"


def test_the_word_for_it_can_not_be_chosen_from_the_gallery(inside, marie):
    assert inside.post("/my/secret-image", {"image": "own"}).status_code == 422
    assert queries.secret_image(marie.identity.id).id == holders.IMAGE


def test_it_lies_sealed(inside, marie):
    send(inside, photograph())
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM authentication_ownpicture")
        [[stored]] = cursor.fetchall()
    assert b"JFIF" not in bytes(stored) and b"JFIF" in OwnPicture.objects.get().content


@pytest.mark.parametrize("content", [
    b"", b"GIF89a" + b"\0" * 100, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", photograph()[:400],
    photograph(size=(64, 63)), b"\x89PNG\r\n\x1a\n" + b"\xff" * 3000, b"%PDF-1.7 " + b"x" * 500],
    ids=["empty", "gif", "svg", "cut off", "too small", "rubbish", "pdf"])
def test_what_is_no_picture_changes_nothing(inside, marie, content):
    answer = send(inside, content)
    assert answer.status_code == 422 and "ne peut pas être utilisée" in answer.content.decode()
    assert Credential.objects.get(identity_id=marie.identity.id).secret_image == holders.IMAGE
    assert not OwnPicture.objects.exists()


@pytest.mark.parametrize("more", [0, 1])
def test_the_largest_file_and_one_octet_more(inside, more):
    content = photograph()
    content += b"\0" * (gallery.LARGEST - len(content) + more)
    assert send(inside, content).status_code == (302, 422)[more]


@pytest.mark.parametrize("size", [(64, 64), (63, 64)])
def test_the_smallest_picture(size):
    assert pictures.handle({}, photograph(size=size))[0]["problem"] == ("" if min(size) == 64 else "too_small")


def test_a_picture_of_more_points_than_any_camera_takes_is_not_opened():
    assert pictures.handle({}, photograph(size=(10001, 5000), kind="PNG"))[0]["problem"] == "too_large"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_kinds(kind):
    answer, drawn = pictures.handle({}, photograph(size=(200, 100), kind=kind))
    assert answer["problem"] == "" and drawn.startswith(b"\xff\xd8") and PLACE.encode() not in drawn


def test_when_all_places_are_taken_it_says_so(inside, monkeypatch):
    def full(*given):
        raise confinement.TooBusy("pictures")

    monkeypatch.setattr(confinement, "run", full)
    answer = send(inside, photograph())
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


@pytest.mark.requirement("R123")
@pytest.mark.parametrize("scope", ["", "devices", "suspended", "staff"])
def test_without_a_full_session_nothing_is_taken(marie, caller, scope):
    hers = replace(caller, identity=str(marie.identity.id), scope=scope)
    for change in (lambda: services.use_own_picture(content=photograph(), caller=hers),
                   lambda: services.change_image(image="tree", caller=hers)):
        with pytest.raises(Forbidden):
            change()
    assert queries.secret_image(marie.identity.id).id == holders.IMAGE


@pytest.mark.parametrize(("language", "words"), [
    ("fr", "Prendre une image à moi"), ("de", "Ein eigenes Bild verwenden"), ("en", "Use a picture of my own")])
def test_in_three_languages(inside, language, words):
    assert words in inside.get(f"/my/secret-image?language={language}").content.decode()
    assert words in inside.get(f"/my/secret-image/own?language={language}").content.decode()
