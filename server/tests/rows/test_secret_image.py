# SPDX-License-Identifier: Apache-2.0
"""R119, R121, R124: every page that asks for a Token's code after a right password shows the secret image, what to do when it
is another, and a way to give up."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml import html
from server.tests.openid.confirming import choose, page_of
from server.tests.openid.flow import CALLBACK, Person

from paraph.domain.authentication.gallery import PICTURES
from paraph.domain.devices import services as devices
from paraph.domain.identity_provider import services as identity_provider
from paraph.domain.partners import services as partners
from paraph.domain.signing.models import SignatureRequest
from paraph.signer import client as signer_client
from testkit import documents, holders
from testkit.signatory import new_signatory, pass_time

LANGUAGES = {
    "fr": ("Est-ce votre image secrète ?", "probablement un faux", "fermez cette page et appelez-nous", "un phare"),
    "de": ("Ist das Ihr Geheimbild?", "wahrscheinlich gefälscht", "schließen Sie diese Seite und rufen Sie uns an",
           "ein Leuchtturm"),
    "en": ("Is this your secret image?", "probably a fake", "close this page and call us", "a lighthouse")}
PICTURE = PICTURES[holders.IMAGE]


def logged_in(holder, at):
    browser = Client(HTTP_HOST="localhost")
    browser.post("/login/password?device=token&next=/my/", {"user_id": holder.user_id, "password": holders.PASSWORD})
    assert browser.post("/login/code", {"code": holder.code(at)}).status_code == 302
    return browser


def stocked_scan(system):
    devices.import_stock(scans=[devices.ScanKey(serial="S-1", factory_key=bytes(range(32)))], signer=signer_client.bound(),
                         caller=system)


def stands_beside_the_field(browser, address, giving_up):
    """In each language: image, its name, the advice, the number that a telephone dials, the report, the field, a way out."""
    for language, words in LANGUAGES.items():
        answer = browser.get(address, {"language": language})
        assert answer.status_code == 200, address
        page = html.fromstring(answer.content)
        [figure] = page.xpath("//figure[contains(@class, 'faces-secret-image')]")
        said = re.sub(r"\s+", " ", figure.text_content())
        assert figure.xpath(".//img/@src") == [PICTURE.address]
        assert figure.xpath(".//img/@alt")[0].endswith(words[-1])
        assert all(sentence in said for sentence in words[:-1]), (address, language, said)
        assert figure.xpath(".//a/@href") == ["tel:+35220000000", "/my/report-fraud"]
        assert page.xpath("//main//figure[contains(@class, 'faces-secret-image')]/following::input[@inputmode='numeric']")
        assert page.xpath(f"//main//{giving_up}"), (address, "no way to give up")


@pytest.mark.requirement("R119", "R121", part="later: cards")
@pytest.mark.requirement("R124")
def test_at_the_door(marie, browser):
    browser.post("/login/password?device=token&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
    stands_beside_the_field(browser, "/login/code", "form[@action='/login/cancel']//button")


@pytest.mark.requirement("R119", "R121", part="later: cards")
@pytest.mark.requirement("R124")
@pytest.mark.usefixtures("near", "house")
def test_at_a_signature(clock):
    signatory = new_signatory(clock=clock)
    browser = logged_in(signatory.holder, clock.now())
    pass_time(clock, seconds=30)
    browser.post("/sign/", {"file": SimpleUploadedFile("Bail.pdf", documents.pdf(["Un"]))})
    row = SignatureRequest.objects.get()
    browser.post(f"/sign/{row.id}/prepare")
    stands_beside_the_field(browser, f"/sign/{row.id}/code", f"form[@action='/sign/{row.id}/decline']//button")


@pytest.mark.requirement("R119", "R121", part="later: cards")
@pytest.mark.requirement("R124")
def test_at_a_confirmation_for_a_partner(marie, system, clock):
    bank = partners.register(slug="bank", name={"fr": "Banque"}, category="bank", accepts=["token"], caller=system)
    identity_provider.register_client(client_id="bank", partner_id=bank.id, redirect_addresses=[CALLBACK],
                                      details_types=["paraph_confirmation"], caller=system)
    person = Person()
    page = page_of(person, marie, clock.now())
    assert PICTURE.address not in person.get(page).content.decode(), "nothing is asked for yet"
    stands_beside_the_field(person, choose(person, page, marie.device.serial),
                            f"form[@action='{page}']//button[@value='no']")


@pytest.mark.requirement("R119", "R121", part="later: cards")
@pytest.mark.requirement("R124")
def test_where_the_token_allows_a_scan(marie, system, clock):
    stocked_scan(system)
    page = f"/my/products/{devices.assign(identity_id=marie.identity.id, serial='S-1', caller=system).id}/add"
    browser = logged_in(marie, clock.now())
    browser.post(page)
    stands_beside_the_field(browser, page, "a[@href='/my/products'][@role='button']")
    clock.advance(seconds=30)
    browser.post(page, {"code": marie.code(clock.now())})
    shown = browser.get(page).content.decode()
    assert "PARAPH:" in shown and PICTURE.address not in shown, "R120: the Scan's turn"


@pytest.mark.requirement("R119", "R121", part="later: cards")
@pytest.mark.requirement("R124")
def test_where_two_codes_bring_the_token_back(marie, clock):
    stands_beside_the_field(logged_in(marie, clock.now()), f"/my/products/{marie.device.id}/resynchronise",
                            "a[@href='/my/products'][@role='button']")


@pytest.mark.requirement("R121", part="later: cards")
@pytest.mark.parametrize("address", ["/my/forgotten-password/codes", "/my/unblock/codes"])
def test_where_no_password_was_right_there_is_none(marie, browser, address):
    """Who has forgotten his password can't be shown his image: whoever asks would see it."""
    browser.post(address.removesuffix("/codes"), {"user_id": marie.user_id})
    page = browser.get(address).content.decode()
    assert not any(picture.address in page for picture in PICTURES.values()) and "data:image" not in page
