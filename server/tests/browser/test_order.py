# SPDX-License-Identifier: Apache-2.0
"""The order from the finder to the follow page, in Chromium, with and without JavaScript."""

from datetime import timedelta

import pytest

from paraph.domain.orders import services
from paraph.domain.organisations import queries as organisations

WORDS = {
    "fr": {"next": "Continuer", "order": "Commander", "commit": "Commander avec obligation de paiement",
           "pay": "Payer", "follow": "Suivre ma commande"},
    "de": {"next": "Weiter", "order": "Bestellen", "commit": "Zahlungspflichtig bestellen", "pay": "Bezahlen",
           "follow": "Meine Bestellung verfolgen"},
    "en": {"next": "Continue", "order": "Order", "commit": "Order with obligation to pay", "pay": "Pay",
           "follow": "Follow my order"},
}


@pytest.mark.parametrize(("language", "width", "scripts"), [
    ("fr", 320, False), ("fr", 320, True), ("fr", 1280, True), ("de", 320, True), ("en", 320, True)])
def test_an_order_from_the_finder_to_its_page(
    demonstration, system, live_server, open_context, inspect_page, screenshot, language, width, scripts
):
    [voucher] = services.create_vouchers(giver=organisations.by_slug("operator").id, count=1, caller=system,
                                         expires_at=system.at + timedelta(days=1))
    page = open_context(language, width, java_script_enabled=scripts).new_page()
    words = WORDS[language]

    def look(name):
        # axe itself needs scripts in the page.
        keep = inspect_page if scripts else screenshot
        keep(page, f"order-{name}-{language}-{width}{'' if scripts else '-no-scripts'}")

    def go_on():
        page.get_by_role("button", name=words["next"], exact=True).click()

    page.goto(f"/finder/?language={language}")
    page.locator("input[value=private]").check()
    go_on()
    page.locator("input[value=taxes]").check()
    go_on()
    page.locator("input[value=guichet]").check()
    go_on()
    page.locator("input[name=visit][value=yes]").check()
    go_on()
    look("finder-result")
    page.locator("main a[href='/products/token/']").first.click()
    page.get_by_role("button", name=words["order"], exact=True).click()

    go_on()
    look("applicant-error")
    page.locator("#id_family_names").fill("Specimen")
    page.locator("#id_given_names").fill("Marie")
    go_on()
    page.locator("input[value=identity_card]").check()
    page.locator("#id_number").fill("AB12CD34E")
    for part, text in (("day", "30"), ("month", "6"), ("year", "2030")):
        page.locator(f"#id_expires_on_{part}").fill(text)
    look("document")
    go_on()
    for part, text in (("day", "1"), ("month", "1"), ("year", "1985")):
        page.locator(f"#id_birth_date_{part}").fill(text)
    page.locator("#id_street").fill("2, rue du Fossé")
    page.locator("#id_postcode").fill("L-1536")
    page.locator("#id_city").fill("Luxembourg")
    look("birth")
    go_on()
    page.locator("#id_email").fill("marie@post.example")
    look("contact")
    go_on()
    assert page.locator("#id_activation_code").input_value() == "CD34E"
    look("code")
    go_on()
    page.locator("input[name=authority]").first.check()
    look("authority")
    go_on()
    look("check")
    page.get_by_role("button", name=words["next"], exact=True).click()
    page.locator("#id_accepted").check()
    look("terms")
    page.get_by_role("button", name=words["commit"], exact=True).click()
    page.locator("#id_voucher").fill("AAAA-AAAA-AAAA")
    page.get_by_role("button", name=words["pay"], exact=True).click()
    look("pay-error")
    page.locator("#id_voucher").fill(voucher)
    page.get_by_role("button", name=words["pay"], exact=True).click()
    look("confirmation")
    page.get_by_role("link", name=words["follow"], exact=True).click()
    look("follow")
