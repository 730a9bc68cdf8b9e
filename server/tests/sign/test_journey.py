# SPDX-License-Identifier: Apache-2.0
"""From the upload to the signed file, over HTTP, without a script in the page."""

import re
from io import BytesIO

import pytest
from PIL import Image

from paraph.domain.certification import services as certification
from paraph.domain.signing.models import SignatureRequest
from paraph.domain.validation.services import validate
from paraph.interfaces.verify import trust
from paraph.kernel import rules
from testkit import documents
from testkit.signatory import new_signatory, pass_time

pytestmark = pytest.mark.usefixtures("near")


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def at_code_page(inside):
    reading = inside.upload()
    assert reading.status_code == 302, text(reading)
    row = SignatureRequest.objects.latest("requested_at")
    answer = inside.post(f"/sign/{row.id}/prepare")
    assert (answer.status_code, answer["Location"]) == (302, f"/sign/{row.id}/code")
    return row


@pytest.mark.requirement("R070", part="later: disputes")
@pytest.mark.requirement("R117")
def test_upload_read_sign_download_verify(inside, marie):
    reading = inside.upload()
    row = SignatureRequest.objects.get()
    assert reading["Location"] == f"/sign/{row.id}/page/1"
    first = text(inside.get(reading["Location"]))
    assert "Page un" in first, "the page's text stands beside its picture"
    assert "une signature électronique avancée" in first, "the level is said before"
    assert "n’équivaut pas à une signature manuscrite" in first
    picture = inside.get(f"/sign/{row.id}/page/2.png")
    assert Image.open(BytesIO(picture.content)).width >= 1000
    assert picture["Cache-Control"] == "no-store"
    inside.post(f"/sign/{row.id}/prepare")
    asking = inside.get(f"/sign/{row.id}/code")
    assert "Bail.pdf" in text(asking)
    assert row.document_id[:8] in text(asking)
    assert "Votre image secrète" in asking.content.decode()
    answer = inside.post(f"/sign/{row.id}/code", {"code": marie.code()})
    assert (answer.status_code, answer["Location"]) == (302, f"/sign/{row.id}/done")
    done = text(inside.get(answer["Location"]))
    assert "Le document est signé" in done
    assert "une signature électronique avancée" in done
    file = inside.get(f"/sign/{row.id}/document")
    assert file["Content-Type"] == "application/pdf"
    assert "Bail" in file["Content-Disposition"]
    told = validate(content=file.content, at=marie.clock.now(), trust=trust.ours())
    assert (told.verdict, told.signatures[0].level) == ("valid", "B-LTA"), told
    assert "Bail.pdf" in text(inside.get("/sign/"))
    assert "Bail.pdf" in text(inside.get("/sign/ledger"))


def test_the_login_code_does_not_sign(browser, marie):
    browser.log_in()
    row = at_code_page(browser)
    answer = browser.post(f"/sign/{row.id}/code", {"code": marie.code()})
    assert answer.status_code == 422
    assert "ne sert pas une seconde fois" in text(answer)
    row.refresh_from_db()
    assert row.state == "requested"


def test_a_late_code_opens_a_new_page_and_signs_nothing(inside, marie):
    row = at_code_page(inside)
    pass_time(marie.clock, seconds=181)
    late = inside.post(f"/sign/{row.id}/code", {"code": marie.code()})
    assert "Le temps pour donner le code est passé" in text(late)
    answer = inside.post(f"/sign/{row.id}/code", {"code": marie.code()})
    assert answer.status_code == 302, text(answer)


def test_a_suspended_holder_is_told_why(inside, marie):
    row = at_code_page(inside)
    certification.suspend(generation=marie.generation, reason="holder_request", caller=marie.caller())
    refused = inside.post(f"/sign/{row.id}/code", {"code": marie.code()})
    assert refused.status_code == 409
    assert "Votre certificat est suspendu" in text(refused)
    assert "Votre certificat est suspendu" in text(inside.get("/sign/"))


@pytest.mark.parametrize(("content", "words"), [
    (b"", "celui-ci est vide"),
    (b"Bonjour", "Ce fichier n’est pas un PDF. Enregistrez"),
    (documents.encrypted(), "protégé par un mot de passe"),
    (documents.pdf()[:400], "endommagé"),
    (documents.with_launch(), "lancer un programme"),
    (documents.with_dynamic_form(), "formulaire dynamique"),
])
def test_each_bad_file_is_told_what_is_wrong_with_it(inside, content, words):
    answer = inside.upload(content)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not SignatureRequest.objects.exists()


def test_a_script_in_the_document_is_said_before(inside):
    inside.upload(documents.with_script())
    row = SignatureRequest.objects.get()
    assert "contient un programme (JavaScript)" in text(inside.get(f"/sign/{row.id}/page/1"))


def test_declining_uses_no_key(inside, marie):
    row = at_code_page(inside)
    answer = inside.post(f"/sign/{row.id}/decline")
    assert "Votre clé n’a pas été utilisée" in text(inside.get(answer["Location"]))


def test_who_is_not_logged_in_goes_to_the_door(client, house):
    for address in ("/sign/", "/sign/ledger"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")


def test_who_was_away_too_long_reads_again_after_the_door(inside, marie):
    """The document waits; the door leads back to it, and nothing was prepared or declined by coming back."""
    inside.upload()
    row = SignatureRequest.objects.get()
    pass_time(marie.clock, minutes=rules.current().session_idle_minutes, seconds=1)
    for address in ("prepare", "decline"):
        sent = inside.post(f"/sign/{row.id}/{address}")
        assert sent["Location"].startswith("/login/")
    inside.log_in()
    for address in ("prepare", "decline"):
        assert inside.get(f"/sign/{row.id}/{address}")["Location"] == f"/sign/{row.id}/page/1"
    row.refresh_from_db()
    assert (row.state, row.signer_session) == ("requested", "")


def test_another_holder_finds_nothing(inside, marie):
    row = at_code_page(inside)
    paul = type(inside)(new_signatory(clock=marie.clock, given_names="Paul"))
    paul.log_in()
    for address in ("page/1", "page/1.png", "code", "done", "document"):
        assert paul.get(f"/sign/{row.id}/{address}").status_code == 404
    for address in ("prepare", "decline"):
        assert paul.post(f"/sign/{row.id}/{address}").status_code == 404


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_pages_speak_each_language(inside, language):
    row = at_code_page(inside)
    for address in ("/sign/", f"/sign/{row.id}/page/1", f"/sign/{row.id}/code", "/sign/ledger"):
        page = inside.get(f"{address}?language={language}").content.decode()
        assert f'<html lang="{language}"' in page
        if language != "fr":
            assert "signature électronique" not in page
