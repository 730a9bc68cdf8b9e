# SPDX-License-Identifier: Apache-2.0
"""Anybody drops a file and reads, first in plain words, what it is worth."""

import base64
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.utils.translation import override

from paraph.domain.certification import services as certification
from paraph.domain.signing import queries, services
from paraph.domain.validation.report import Report
from paraph.kernel import rules
from testkit import documents
from testkit.signatory import new_signatory, pass_time
from testkit.signing_desk import Desk

pytestmark = pytest.mark.usefixtures("near")


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def drop(client, content, name="Bail.pdf", language="fr"):
    return client.post(f"/verify/?language={language}", {"file": SimpleUploadedFile(name, content)})


@pytest.fixture
def marie(house, clock):
    return new_signatory(clock=clock)


@pytest.fixture
def signed(marie):
    row = services.request(identity_id=marie.identity_id, file_name="Bail.pdf", content=documents.pdf(),
                           caller=marie.caller())
    services.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller())
    services.authorise(request_id=row.id, code=marie.code(), caller=marie.caller())
    services.finish(request_id=row.id, caller=marie.caller(), clock=marie.clock)
    return queries.signed_content(row.id, marie.caller())


@pytest.mark.requirement("R259", part="later: the case of a dispute")
@pytest.mark.requirement("R277", part="later: trusted lists")
def test_a_good_signature_in_words(client, signed):
    told = text(drop(client, signed))
    assert "C’est une signature électronique avancée de Marie Thiry." in told
    assert "Le contenu signé est intact" in told
    assert "Un horodatage prouve que la signature existait le 24 novembre 2026" in told
    assert "à la partie qui s’en prévaut d’apporter la preuve" in told
    assert "équivaut à une signature manuscrite dans toute" not in told
    assert "TOTAL_PASSED" in told
    assert "Nous n’avons gardé ni le fichier ni ce résultat" in told


def test_the_report_can_be_kept(client, signed):
    page = drop(client, signed).content.decode()
    encoded = re.search(r"data:application/json;base64,([^\"]+)\"", page).group(1)
    report = Report.from_dict(json.loads(base64.b64decode(encoded)))
    assert (report.verdict, report.signatures[0].certificate.name) == ("valid", "Marie Thiry")


def test_each_trouble_has_its_own_sentence(client, signed, clock):
    stranger = Desk(clock.now(), name="Inconnu")
    foreign = stranger.sign(documents.pdf(), stranger.pki.holder(), clock.now())
    for content, words in (
        (signed.replace(b"Contrat de location", b"Contrat de donation"), "même d’un seul caractère"),
        (foreign, "une autorité que nous ne connaissons pas"),
        (documents.pdf(), "ne contient aucune signature électronique"),
        (documents.encrypted(), "protégé par un mot de passe"),
        (b"Bonjour", "n’est pas un PDF"),
        (signed[:500], "endommagé ou incomplet"),
        (b"", "Ce fichier est vide"),
    ):
        answer = drop(client, content)
        assert answer.status_code == 200
        assert words in text(answer)
        assert ">Valable<" not in answer.content.decode()


def test_a_signature_made_while_suspended_is_not_valid(client, marie, signed, clock, house):
    """It was made before: it stays valid. What the history says of the instant decides, not what is now."""
    pass_time(clock, minutes=5)
    certification.suspend(generation=marie.generation, reason="holder_request", caller=marie.caller())
    assert "C’est une signature électronique avancée de Marie Thiry." in text(drop(client, signed))


def test_no_file_and_too_large_a_file(client, house):
    answer = client.post("/verify/", {})
    assert answer.status_code == 422
    assert "Choisissez le fichier PDF à vérifier" in text(answer)
    large = b"%PDF-1.7" + bytes(rules.current().document_megabytes * 1024 * 1024)
    assert "trop grand pour être vérifié" in text(drop(client, large))


def test_nothing_of_the_file_stays(client, signed, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    drop(client, signed)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_pages_speak_each_language(client, signed, language):
    assert f'<html lang="{language}"' in client.get(f"/verify/?language={language}").content.decode()
    page = drop(client, signed, language=language).content.decode()
    if language != "fr":
        assert "Le contenu signé" not in page
        assert "Résultat" not in page


@pytest.mark.parametrize(("language", "verdict"), [("fr", "À confirmer"), ("de", "Nicht bestätigt"), ("en", "Not confirmed")])
def test_what_could_not_be_decided_is_no_task_for_the_reader(client, db, language, verdict):
    """My space lists under the same French words what waits for an answer: the other languages need two."""
    signature = {"told": {"verdict": "undecided"}, "colour": "yellow"}
    with override(language):
        assert verdict in render_to_string("verify/answer.html", {"signatures": [signature]}, client.get("/").wsgi_request)
