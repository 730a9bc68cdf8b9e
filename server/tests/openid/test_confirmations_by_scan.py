# SPDX-License-Identifier: Apache-2.0
"""A holder with a Scan: his device shows who asks and the exact text, and its code covers every octet of what is signed."""

import json
import re
from datetime import timedelta
from hashlib import sha256

import pytest

from paraph.domain.authentication.gallery import PICTURES
from paraph.domain.authentication.models import Confirmation, Credential
from paraph.domain.identity_provider import services
from paraph.domain.partners import services as partners
from paraph.interfaces.callers import SESSION_KEY
from paraph.pki import scan as protocol
from testkit import holders
from testkit.simulators.scan import NotForMe, look

from .confirming import TEXT, choose, details, page_of, proof_of
from .flow import CALLBACK, parameters_of


@pytest.fixture
def bank(tree, system):
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token", "scan"],
                                caller=system)
    return services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK],
                                    details_types=["paraph_confirmation"], caller=system)


@pytest.fixture
def scan(marie, clock, system):
    """Marie's Scan beside her Token."""
    added = holders.add_scan(marie, system.at_instant(clock.now()))
    clock.advance(seconds=60)
    return added


def waits(person, marie, scan, clock, **changes):
    """The address of the page with the image, and what the Scan shows of it."""
    address = choose(person, page_of(person, marie, clock.now(), **changes), scan.serial)
    return address, shown(person, address, scan)


def shown(person, address, scan):
    return look(scan, re.search(r"PARAPH:[^<]+", person.get(address).content.decode())[0])


@pytest.mark.requirement("R120", part="later: the app")
def test_no_secret_image_beside_the_scans_and_the_one_of_marie_beside_her_tokens(person, bank, marie, scan, clock):
    page = page_of(person, marie, clock.now())
    for device, beside in ((scan, False), (marie.device, True), (scan, False)):
        asked = person.get(choose(person, page, device.serial)).content.decode()
        assert (PICTURES[holders.IMAGE].address in asked) is beside is ("secrète" in asked)


def test_the_scan_shows_who_asks_and_the_exact_text_and_the_proof_says_so(person, program, bank, marie, scan, clock):
    address, screen = waits(person, marie, scan, clock)
    assert (screen.purpose, screen.partner, screen.text) == ("CONFIRM", "Banque Exemple", TEXT)
    back = parameters_of(person.post(address, {"code": screen.code}))
    detail = proof_of(program.redeem(back["code"], bank))
    proof = detail["proof"]
    assert (proof["device"], proof["evidence"]) == ("scan", "device-bound")
    covered = protocol.decode(proof["device_statement"])
    assert (covered.partner, covered.text) == ("Banque Exemple", TEXT)
    assert covered.documents[-1].digest == sha256(proof["statement"]).digest(), "the device's code covers what the key signed"
    assert covered.documents[-1].label == detail["reference"] == json.loads(proof["statement"])["reference"]


def test_the_device_that_shows_the_text_stands_first(person, bank, marie, scan, clock):
    page = person.get(page_of(person, marie, clock.now())).content.decode()
    assert page.index(scan.serial) < page.index(marie.device.serial)


def test_a_document_is_shown_by_its_label_and_its_digest(person, bank, marie, scan, clock):
    digest = sha256(b"contrat").digest()
    _, screen = waits(person, marie, scan, clock, authorization_details=details("", digest=digest.hex(), label="Contrat n° 7"))
    assert screen.text == "" and screen.documents[0] == ("Contrat n° 7", digest)


def test_the_longest_text_under_the_longest_label_still_fits_on_the_device(person, bank, marie, scan, clock):
    text, label = "é" * 300, "é" * 100
    _, screen = waits(person, marie, scan, clock, authorization_details=details(text, digest="ab" * 32, label=label))
    assert screen.text == text and screen.documents[0][0] == label


@pytest.mark.parametrize(("old", "new"), [("1 250", "1 251"), ("LU28", "LU29"), ("0000", "0001")])
def test_one_changed_sign_of_amount_or_account_is_another_code(person, bank, marie, scan, clock, old, new):
    first, code = waits(person, marie, scan, clock)
    other, changed = waits(person, marie, scan, clock, authorization_details=details(TEXT.replace(old, new)))
    assert person.post(first, {"code": changed.code}).status_code == 422
    assert person.post(other, {"code": code.code}).status_code == 422
    assert set(Confirmation.objects.values_list("state", flat=True)) == {"shown"}
    assert person.post(first, {"code": code.code}).status_code == 303


def test_the_image_of_a_login_confirms_nothing_and_the_other_way_round(person, bank, marie, scan, clock):
    address, screen = waits(person, marie, scan, clock)
    visitor = type(person)()
    visitor.post("/login/password?device=scan", {"user_id": marie.user_id, "password": holders.PASSWORD})
    login = shown(visitor, "/login/code", scan)
    assert login.purpose == "LOGIN"
    assert person.post(address, {"code": login.code}).status_code == 422
    visitor.post("/login/code", {"code": screen.code})
    assert SESSION_KEY not in visitor.session
    assert person.post(address, {"code": screen.code}).status_code == 303


def test_a_new_image_makes_the_code_of_the_one_before_worthless(person, bank, marie, scan, clock):
    address, screen = waits(person, marie, scan, clock)
    person.post(address.replace("/code", "/image"))
    again = shown(person, address, scan)
    assert person.post(address, {"code": screen.code}).status_code == 422
    assert person.post(address, {"code": again.code}).status_code == 303


def test_another_scan_sees_nothing(person, bank, marie, scan, clock, system):
    address, _ = waits(person, marie, scan, clock)
    jean = holders.new(system, given_names="Jean", family_names="Weber")
    holders.activate(jean, system.at_instant(clock.now()))
    clock.advance(seconds=30)
    with pytest.raises(NotForMe):
        shown(person, address, holders.add_scan(jean, system.at_instant(clock.now())))


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("late", "good"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_an_image_is_good_for_180_seconds(person, bank, marie, scan, clock, signer, monkeypatch, late, good):
    """The page's own limit: the signer is not asked about a code that comes too late, and the page says what to do."""
    address, screen = waits(person, marie, scan, clock)
    clock.set(clock.now() + timedelta(seconds=180) + late)
    page = person.get(address).content.decode()
    assert ("PARAPH:" in page, 'name="code"' in page, "Le temps de cette image est passé" in page) == (good, good, not good)
    asked, ask = [], signer._ask
    monkeypatch.setattr(signer, "_ask", lambda call, **given: asked.append(call) or ask(call, **given))
    answered = person.post(address, {"code": screen.code})
    assert (answered.status_code, bool(asked)) == ((303, True) if good else (422, False))
    if not good:
        body = answered.content.decode()
        assert "Demandez une nouvelle image." in body and "PARAPH:" not in body and "Nouvelle image" in body
        assert Confirmation.objects.get().state == "shown" and Credential.objects.get().failures == 0
        person.post(address.replace("/code", "/image"))
        assert person.post(address, {"code": shown(person, address, scan).code}).status_code == 303
