# SPDX-License-Identifier: Apache-2.0
"""A bank asks a holder to confirm a payment's exact words, in Chromium: with a Token, a Scan and a passkey; refused, reported,
too late. What the page shows is what the device shows, what the key signs and what the bank gets."""

import json
import subprocess
import sys
from base64 import b64decode
from datetime import timedelta

import pytest

from paraph.domain.authentication.models import Confirmation
from paraph.domain.identity_provider import services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from testkit import holders
from testkit.simulators.scan import write_scans

from .authenticator import Browser, passkeys_at
from .bank import Bank, callback
from .looking import picture

# As a bank writes it: a no-break space in the amount, ordinary ones in the IBAN.
PAYMENT = ("Virement de 1\u202f250,00\u00a0€ à Jean Weber\nIBAN LU28 0019 4006 4475 0000\n"
           "Communication : loyer de décembre 2026, appartement du 12, rue des Lilas")


# On how many lines each occurrence of a group of signs stands.
LINES_OF = """(element, group) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), places = []
    while (walker.nextNode()) for (const [at] of [...walker.currentNode.data].entries()) places.push([walker.currentNode, at])
    const text = places.map(([node, at]) => node.data[at]).join(''), lines = []
    for (let at = text.indexOf(group); at >= 0; at = text.indexOf(group, at + 1)) {
        const range = document.createRange(), [last, end] = places[at + group.length - 1]
        range.setStart(...places[at])
        range.setEnd(last, end + 1)
        lines.push(new Set([...range.getClientRects()].map(rectangle => Math.round(rectangle.top))).size)
    }
    return lines
}"""


@pytest.fixture
def tree(live_server, tree, system, settings):
    """Of a service that knows its own address, for which passkeys sign."""
    settings.URL = live_server.url
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=system)
    with passkeys_at(live_server.url):
        yield


@pytest.fixture
def bank(tree, live_server, system):
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple", "de": "Musterbank", "en": "Example Bank"},
                                category="bank", accepts=["token", "scan", "passkey"], caller=system)
    with callback() as address:
        yield Bank(live_server.url, address, services.register_client(
            client_id="bank", partner_id=partner.id, redirect_addresses=[address], details_types=["paraph_confirmation"],
            caller=system))


@pytest.fixture
def browser_of(open_context, bank, clock):
    return lambda language="fr", **more: Browser(open_context(language, 320, hosts=[bank.host], **more), clock)


@pytest.fixture
def look(inspect_page):
    """`look(page, name, language)`: the page as a phone and as a wide screen show it; it ends as a phone."""
    def look(page, name, language="fr"):
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            inspect_page(page, f"confirming-{name}-{language}-{width}")

    return look


def log_in(page, holder, at, language="fr"):
    page.goto(f"/login/password?device=token&next=/my/&language={language}")
    pass_the_door(page, holder, at)
    page.wait_for_url("**/my/")


def pass_the_door(page, holder, at):
    page.fill("[name=user_id]", holder.user_id)
    page.fill("[name=password]", holders.PASSWORD)
    press(page, "main button[type=submit]")
    page.fill("[name=code]", holder.code(at))
    press(page, "form[action='/login/code'] button")


def press(page, selector):
    with page.expect_navigation():
        page.locator(selector).first.click()


def choose(page, serial):
    """The device that shall wait."""
    if page.locator("[name=device][type=radio]").count():
        page.locator(f"[name=device][value='{serial}']").check()
    press(page, "button[name=answer][value=confirm]")


def words_of(page, part=".govuk-inset-text"):
    """Exactly what the page shows as what is confirmed."""
    return page.locator(f"{part} .faces-document__text").inner_text()


def proved(detail, text=PAYMENT):
    """With what it was confirmed, and what showed the words, when the proof is of exactly these."""
    assert (detail["text"], detail["result"]) == (text, "confirmed")
    assert json.loads(b64decode(detail["proof"]["statement"]))["text"] == text
    return detail["proof"]["device"], detail["proof"]["evidence"]


@pytest.mark.parametrize(("language", "script"), [("fr", True), ("fr", False), ("de", True), ("en", True)])
def test_with_a_token(marie, bank, clock, browser_of, look, language, script):
    """From the bank through the door to the words; the code of the login is used, the next one confirms."""
    page = browser_of(language, java_script_enabled=script).page

    def seen(name):
        if script:
            look(page, name, language)

    page.goto(bank.asks(text=PAYMENT))
    pass_the_door(page, marie, clock.now())
    page.wait_for_url("**/openid/confirmations/*")
    assert words_of(page) == PAYMENT
    seen("asked")
    choose(page, marie.device.serial)
    assert words_of(page) == PAYMENT
    seen("token")
    page.fill("[name=code]", marie.code(clock.now()))
    press(page, "form[action$='/code'] button")
    assert page.locator(".govuk-error-summary").is_visible()
    seen("token-wrong-code")
    clock.advance(seconds=30)
    page.fill("[name=code]", marie.code(clock.now()))
    press(page, "form[action$='/code'] button")
    assert page.url.startswith(f"{bank.callback}?")
    assert proved(bank.redeems(page.url)) == ("token", "server-bound")
    page.goto(f"/openid/confirmations/{Confirmation.objects.get().id}")
    assert page.url.endswith("/end")
    seen("confirmed")


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_with_a_scan(marie, scan, bank, clock, browser_of, look, tmp_path, language):
    """The program that people run reads a picture of the page: what it shows is what the page shows, line by line."""
    write_scans(tmp_path, [scan])
    page = browser_of(language).page
    log_in(page, marie, clock.now(), language)
    page.goto(bank.asks(text=PAYMENT))
    look(page, "asked-with-two-devices", language)
    choose(page, scan.serial)
    assert words_of(page) == PAYMENT
    look(page, "scan", language)
    seen = tmp_path / "picture.png"
    picture(page, seen)
    run = subprocess.run([sys.executable, "-m", "testkit.simulators.scan", scan.serial, seen, "--data", tmp_path,
                          "--language", language], capture_output=True, text=True, check=True, timeout=120)
    purpose, partner, _instant, *words, code = run.stdout.splitlines()
    assert purpose == {"fr": "Confirmation", "de": "Bestätigung", "en": "Confirmation"}[language]
    assert partner in {"fr": "Banque Exemple", "de": "Musterbank", "en": "Example Bank"}[language]
    assert "\n".join(words[:-1]) == PAYMENT and words[-1] == Confirmation.objects.get().reference
    page.fill("[name=code]", code)
    press(page, "form[action$='/code'] button")
    assert page.url.startswith(f"{bank.callback}?")
    assert proved(bank.redeems(page.url)) == ("scan", "device-bound")


def test_with_a_passkey(marie, bank, clock, browser_of, look):
    """Beside the button stands what no passkey shows: the words; and that the proof says where they stood."""
    browser = browser_of()
    page = browser.page
    browser.add(marie)
    page.goto(bank.asks(text=PAYMENT))
    asked = page.url
    choose(page, "passkey")
    waits = page.url
    for language, phrase in (("de", "Fenster Ihres Passkeys zeigt ihn nicht"), ("en", "own window does not show it"),
                             ("fr", "fenêtre de votre clé d’accès ne l’affiche pas")):
        page.goto(f"{asked}?language={language}")
        look(page, "asked-with-a-passkey", language)
        page.goto(waits)
        assert words_of(page) == PAYMENT
        browser.reads(phrase)
        look(page, "passkey", language)
    browser.send("setUserVerified", isUserVerified=False)
    page.locator("[data-start]").click()
    browser.reads("Rien n’a été fait")
    look(page, "passkey-closed")
    assert Confirmation.objects.get().state == "shown"
    browser.send("setUserVerified", isUserVerified=True)
    clock.set(Confirmation.objects.get().code_until + timedelta(microseconds=1))
    page.locator("[data-start]").click()
    page.wait_for_url(asked)
    for language in ("de", "en", "fr"):
        page.goto(f"{asked}?language={language}")
        assert page.locator(".govuk-warning-text").is_visible()
        look(page, "passkey-over", language)
    choose(page, "passkey")
    page.locator("[data-start]").click()
    page.wait_for_url(f"{bank.callback}?**")
    detail = bank.redeems(page.url)
    assert proved(detail) == ("passkey", "server-bound")
    assert detail["proof"]["public_key"] and "certificates" not in detail["proof"]


@pytest.mark.parametrize(("language", "where"), [("fr", "words"), ("de", "words"), ("en", "words"), ("fr", "device")])
def test_refused(marie, bank, clock, browser_of, look, language, where):
    """The bank learns that it was refused, and nothing else; the page of what became of it says so."""
    page = browser_of(language).page
    log_in(page, marie, clock.now(), language)
    page.goto(bank.asks(text=PAYMENT))
    if where == "device":
        choose(page, marie.device.serial)
    press(page, "button[name=answer][value=no]")
    assert page.url.startswith(f"{bank.callback}?error=access_denied") and "code=" not in page.url
    if where == "words":
        page.goto(f"/openid/confirmations/{Confirmation.objects.get().id}/end")
        look(page, "refused", language)
        page.goto("/my/confirmations")
        assert words_of(page, "main ol") == PAYMENT
        look(page, "answers", language)


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_it_is_not_me(marie, bank, clock, browser_of, look, language):
    page = browser_of(language).page
    log_in(page, marie, clock.now(), language)
    page.goto(bank.asks(text=PAYMENT))
    press(page, "button[name=answer][value=report]")
    assert page.url.endswith("/end") and Confirmation.objects.get().state == "reported"
    look(page, "reported", language)
    press(page, "main form button")
    assert page.url.startswith(f"{bank.callback}?error=access_denied")


@pytest.mark.parametrize("device", ["token", "scan"])
@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_too_late_for_the_code_and_then_for_the_answer(marie, scan, bank, clock, browser_of, look, language, device):
    """Each page says what to do: begin again with the device, and at the end go back to the bank."""
    page = browser_of(language).page
    log_in(page, marie, clock.now(), language)
    page.goto(bank.asks(text=PAYMENT))
    asked = page.url
    choose(page, {"token": marie.device.serial, "scan": scan.serial}[device])
    clock.set(Confirmation.objects.get().code_until + timedelta(microseconds=1))
    page.reload()
    assert page.locator(".govuk-warning-text").is_visible() and page.locator(".faces-qr").count() == 0
    look(page, f"{device}-over", language)
    press(page, "form[action$='/image'] button")
    assert not page.locator(".govuk-warning-text").count() and page.locator("[name=code]").is_visible()
    clock.set(Confirmation.objects.get().expires_at)
    page.goto(asked)
    assert page.url.endswith("/end")
    look(page, "too-late", language)
    press(page, "main form button")
    assert page.url.startswith(f"{bank.callback}?error=access_denied")


# The longest text that a partner may ask, with the longest account number, in groups that hold together and in one piece.
LONG = ("Virement de 1\u202f234\u202f567,00\u00a0€ à la Société coopérative d’habitation du Kirchberg\n"
        "IBAN MT84\u00a0MALT\u00a00110\u00a00001\u00a02345\u00a0MTLC\u00a0AST0\u00a001S\n"
        "depuis MT84MALT011000012345MTLCAST001S\nCommunication : ")
LONG += ("achat d'un appartement, acte du 24 novembre 2026, " * 20)[:600 - len(LONG.encode())].rstrip(" ,")


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_long_words_are_read_whole_and_groups_of_digits_stay_together(marie, scan, bank, clock, browser_of, look, language):
    page = browser_of(language).page
    log_in(page, marie, clock.now(), language)
    page.goto(bank.asks(text=LONG, digest="ab" * 32, label=f"Acte-{'x' * 60}.pdf"))
    look(page, "long", language)
    [words, label] = page.locator(".govuk-inset-text .faces-document__text").all()
    assert words.inner_text() == LONG and label.inner_text() == f"Acte-{'x' * 60}.pdf"
    for group in ("1\u202f234\u202f567,00\u00a0€", "MT84", "MALT", "0110", "2345", "MTLC", "AST0", "01S"):
        lines = words.evaluate(LINES_OF, group)
        assert lines and set(lines) == {1}, f"{group} stands on {lines} lines"
    choose(page, scan.serial)
    assert page.locator(".govuk-inset-text .faces-document__text").first.inner_text() == LONG
    look(page, "long-scan", language)
