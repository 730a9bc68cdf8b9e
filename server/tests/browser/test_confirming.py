# SPDX-License-Identifier: Apache-2.0
"""A bank asks a holder to confirm a payment's exact words, in Chromium: with a Token, a Scan and a passkey; refused, reported,
too late. What the page shows is what the device shows, what the key signs and what the bank gets."""

import json
from base64 import b64decode

import pytest

from paraph.domain.authentication.models import Confirmation
from paraph.domain.identity_provider import services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from testkit import holders

from .authenticator import Browser, passkeys_at
from .bank import Bank, callback

# As a bank writes it: a no-break space in the amount, ordinary ones in the IBAN.
PAYMENT = ("Virement de 1\u202f250,00\u00a0€ à Jean Weber\nIBAN LU28 0019 4006 4475 0000\n"
           "Communication : loyer de décembre 2026, appartement du 12, rue des Lilas")


@pytest.fixture
def tree(live_server, tree, system):
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


def words_of(page):
    """Exactly what the page shows as what is confirmed."""
    return page.locator(".govuk-inset-text .faces-document__text").inner_text()


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
