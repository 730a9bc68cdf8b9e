# SPDX-License-Identifier: Apache-2.0
"""Signing with a Scan: it shows the document and its digest, and its code covers the very hash."""

import re

import pytest
from django.conf import settings

from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.signing import policy
from paraph.domain.signing.models import SignatureRequest
from paraph.interfaces.sign.wording import length_of
from paraph.pki.scan import decode
from testkit import holders
from testkit.signatory import pass_time
from testkit.simulators.scan import look

pytestmark = pytest.mark.usefixtures("near")


@pytest.fixture
def scan(inside, marie, system, clock):
    made = holders.add_scan(marie.holder, system.at_instant(clock.now()))
    pass_time(clock, seconds=30)
    return made


def image_text(inside, row) -> str:
    return re.search(r"PARAPH:[^<]+", inside.get(f"/sign/{row.id}/code").content.decode())[0]


def prepared(inside, scan, name="Bail.pdf"):
    inside.upload(name=name)
    row = SignatureRequest.objects.latest("id")
    inside.post(f"/sign/{row.id}/prepare", {"device": scan.serial})
    row.refresh_from_db()
    return row


@pytest.mark.requirement("R073", part="later: the app")
def test_the_holder_chooses_a_device_and_the_scan_shows_what_it_signs(inside, marie, scan, signer):
    inside.upload()
    row = SignatureRequest.objects.get()
    page = inside.get(f"/sign/{row.id}/page/1").content.decode()
    assert f'value="{scan.serial}"' in page and f'value="{marie.device_serial}"' in page
    inside.post(f"/sign/{row.id}/prepare", {"device": scan.serial})
    row.refresh_from_db()
    asking = inside.get(f"/sign/{row.id}/code").content.decode()
    assert "secrète" not in asking, "R120"
    screen = look(scan, image_text(inside, row))
    [(label, digest)] = screen.documents
    assert screen.purpose == "SIGN" and "http://localhost:8000" in screen.text
    assert label.startswith("Bail.pdf, 2 pages, ") and digest.hex() == row.digest
    assert decode(signer.scan_statement(row.signer_session)).documents[0].digest.hex() == row.digest
    answer = inside.post(f"/sign/{row.id}/code", {"code": f"{screen.code[:4]} {screen.code[4:]}"})
    assert answer["Location"] == f"/sign/{row.id}/done"
    assert inside.get(f"/sign/{row.id}/document")["Content-Type"] == "application/pdf"


@pytest.mark.requirement("R116", part="later: the app")
def test_the_code_for_one_document_signs_no_other_and_opens_no_login(inside, marie, scan):
    first, second = prepared(inside, scan), prepared(inside, scan, "Vente.pdf")
    codes = [look(scan, image_text(inside, row)).code for row in (first, second)]
    assert first.id != second.id
    assert inside.post(f"/sign/{second.id}/code", {"code": codes[0]}).status_code == 422
    assert inside.post(f"/sign/{first.id}/code", {"code": marie.code()}).status_code == 422
    assert inside.post(f"/sign/{first.id}/code", {"code": codes[0]}).status_code == 302
    assert inside.post(f"/sign/{second.id}/code", {"code": codes[1]}).status_code == 302


def test_a_new_image_makes_the_old_code_worthless_and_keeps_the_device(inside, scan):
    row = prepared(inside, scan)
    old = look(scan, image_text(inside, row)).code
    inside.post(f"/sign/{row.id}/prepare")
    new = look(scan, image_text(inside, row)).code
    assert inside.post(f"/sign/{row.id}/code", {"code": old}).status_code == 422
    assert inside.post(f"/sign/{row.id}/code", {"code": new}).status_code == 302


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("seconds", "status"), [(180, 302), (181, 200)])
def test_an_image_is_good_for_180_seconds(inside, scan, clock, seconds, status):
    row = prepared(inside, scan)
    code = look(scan, image_text(inside, row)).code
    pass_time(clock, seconds=seconds)
    answer = inside.post(f"/sign/{row.id}/code", {"code": code})
    assert answer.status_code == status
    if status == 200:
        assert "Voici une nouvelle image pour votre Scan" in answer.content.decode()


@pytest.mark.parametrize("name", ["Bail.pdf", "é" * 120 + ".pdf", "文" * 150 + ".pdf"])
def test_the_longest_name_has_its_place_on_the_scan(name):
    label = policy.label(policy.clean_name(name), "3 pages, 118 Ko")
    assert len(label.encode()) <= 255 and label.endswith(", 3 pages, 118 Ko") and label[0] == name[0]


@pytest.mark.parametrize(("language", "shown"), [("fr", "2 pages, 1 Ko"), ("de", "2 Seiten, 1 KB"), ("en", "2 pages, 1 KB")])
def test_what_stands_on_the_scan_stands_on_the_page_in_the_same_words(inside, scan, language, shown):
    """Nothing but what a person can compare: the service, the document, its length, one short fingerprint."""
    inside.get(f"/sign/?language={language}")
    row = prepared(inside, scan)
    page = inside.get(f"/sign/{row.id}/code").content.decode()
    purpose, service, _, notice, name, fingerprint, code = look(scan, image_text(inside, row)).lines(language)
    assert (service, name) == (settings.OPERATOR.name, f"Bail.pdf, {shown}") and "http://localhost:8000" in notice
    word, digits = fingerprint.split(" ", 1)
    assert digits == " ".join(row.digest[start:start + 4] for start in (0, 4, 8, 12)).upper()
    assert digits in page and word in page and shown in page and "SHA-256" not in page
    assert (purpose, len(code)) == ({"fr": "Signature", "de": "Signatur", "en": "Signature"}[language], 8)


@pytest.mark.parametrize(("octets", "shown"), [(1, "1 page, 1 Ko"), (999_001, "1 page, 1000 Ko"), (999_999, "1 page, 1000 Ko"),
                                               (1_000_000, "1 page, 1 Mo"), (1_000_001, "1 page, 2 Mo")])
def test_lengths_are_rounded_up(octets, shown):
    assert length_of(1, octets) == shown


@pytest.mark.requirement("R080")
@pytest.mark.parametrize("end", [devices.disable, devices.retire])
def test_a_scan_that_was_reported_signs_nothing_and_the_token_is_asked_instead(inside, marie, scan, system, clock, end):
    """The page with its image was open already, in a session that the Token had opened."""
    row = prepared(inside, scan)
    code = look(scan, image_text(inside, row)).code
    end(device_id=Device.objects.get(serial=scan.serial).id, reason="lost", caller=system.at_instant(clock.now()))
    page = inside.post(f"/sign/{row.id}/code", {"code": code}).content.decode()
    row.refresh_from_db()
    assert (row.state, row.device_serial, bytes(row.image)) == ("requested", marie.device_serial, b"")
    assert "image secrète" in page and "PARAPH:" not in page
    assert inside.post(f"/sign/{row.id}/code", {"code": code}).status_code == 422
    pass_time(clock, seconds=30)
    assert inside.post(f"/sign/{row.id}/code", {"code": marie.code()})["Location"] == f"/sign/{row.id}/done"


@pytest.mark.requirement("R080")
def test_without_another_device_it_is_said_that_none_signs(inside, marie, system, clock):
    inside.upload()
    row = SignatureRequest.objects.get()
    inside.post(f"/sign/{row.id}/prepare", {"device": marie.device_serial})
    devices.disable(device_id=marie.holder.device.id, reason="lost", caller=system.at_instant(clock.now()))
    answer = inside.post(f"/sign/{row.id}/code", {"code": marie.code()})
    row.refresh_from_db()
    assert answer.status_code == 409 and row.state == "requested" and "Désactivé" in answer.content.decode()
