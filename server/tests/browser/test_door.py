# SPDX-License-Identifier: Apache-2.0
"""The door and the consent in Chromium, from a partner on another origin and back to it."""

import socket
from urllib.parse import urlencode

import pytest

from paraph.domain.identity_provider import services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from testkit import holders

from .bank import callback

# RFC 7636, appendix B.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
def tree(tree, system):
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=system)


@pytest.fixture
def bank(marie, system):
    """A partner with a program of its own on another port; gives its callback address."""
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple", "de": "Musterbank", "en": "Example Bank"},
                                category="bank", accepts=["token"], caller=system)
    with callback() as address:
        services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[address], caller=system)
        yield address


def start(page, bank):
    page.goto("/openid/authorize?" + urlencode({
        "client_id": "bank", "redirect_uri": bank, "response_type": "code", "scope": "openid profile", "state": "st",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256", "device": "token", "prompt": "login"}))


def first_step(page, marie):
    page.fill("[name=user_id]", marie.user_id)
    page.fill("[name=password]", holders.PASSWORD)
    page.get_by_role("button", name="Connexion").click()


@pytest.mark.requirement("R106")
@pytest.mark.requirement("R212")
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_a_partner_through_door_and_consent_and_back(bank, marie, clock, open_context, script):
    """With nothing installed: no card middleware listens, and open_context sees that no page asks another host for one."""
    with socket.socket() as knock:
        assert knock.connect_ex(("127.0.0.1", 24727)) != 0
    page = open_context("fr", 320, hosts=[bank.split("/")[2]], java_script_enabled=script).new_page()
    start(page, bank)
    first_step(page, marie)
    page.fill("[name=code]", marie.code(clock.now()))
    page.get_by_role("button", name="Connexion").click()
    page.get_by_role("button", name="Oui, envoyer").click()
    page.wait_for_url(f"{bank}?**")
    assert "code=" in page.url and "state=st" in page.url and "iss=" in page.url


@pytest.mark.parametrize("step", ["door", "consent"])
def test_no_leads_back_to_the_partner(bank, marie, clock, open_context, step):
    page = open_context("fr", 1280, hosts=[bank.split("/")[2]]).new_page()
    start(page, bank)
    first_step(page, marie)
    if step == "door":
        page.get_by_role("button", name="Annuler").click()
    else:
        page.fill("[name=code]", marie.code(clock.now()))
        page.get_by_role("button", name="Connexion").click()
        page.get_by_role("button", name="Non, ne rien envoyer").click()
    page.wait_for_url(f"{bank}?**")
    assert "error=access_denied" in page.url


def test_the_pages_on_the_way(bank, marie, clock, open_context, inspect_page):
    page = open_context("fr", 320).new_page()
    views = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]

    def inspect(name):
        address = page.url
        joined = "&" if "?" in address else "?"
        for language, width in views:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}{joined}language={language}")
            inspect_page(page, f"{name}-{language}-{width}")
        page.goto(f"{address}{joined}language=fr")

    start(page, bank)
    inspect("login-password")
    first_step(page, marie)
    inspect("login-code")
    page.fill("[name=code]", marie.code(clock.now()))
    page.get_by_role("button", name="Connexion").click()
    inspect("openid-consent")
