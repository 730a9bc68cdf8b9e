# SPDX-License-Identifier: Apache-2.0
"""Pages on paper, without styles and without a mouse."""

import pytest

from testkit import documents, holders, signatory

from .entering import with_token

RELATIVE = """() => [...document.querySelectorAll("main a[href^='/']")].filter(one => one.getClientRects().length)
    .map(one => getComputedStyle(one, '::after').content)"""
FOCUSED = "() => document.activeElement.id || document.activeElement.className"


@pytest.fixture
def marie(live_server, signer, clock, tmp_path):
    signatory.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")
    return signatory.new_signatory(clock=clock)


def test_the_evidence_of_a_signature_is_complete_on_paper(marie, clock, page, screenshot, tmp_path):
    with_token(page, marie, "/sign/")
    original = tmp_path / "Bail.pdf"
    original.write_bytes(documents.pdf(["Bail"]))
    page.locator("#id_file").set_input_files(original)
    page.locator("main form button").first.click()
    page.wait_for_url("**/page/1")
    page.get_by_role("button", name="J’ai lu, je veux signer").click()
    signatory.pass_time(clock, seconds=30)
    page.locator("#id_code").fill(marie.code())
    page.get_by_role("button", name="Signer", exact=True).click()
    page.wait_for_url("**/done")
    assert not page.get_by_text("Numéro de série du certificat").is_visible(), "folded on the screen"
    page.emulate_media(media="print")
    screenshot(page, "paper-signature")
    assert page.get_by_text("Numéro de série du certificat").is_visible()
    assert page.locator("main code").first.bounding_box()["height"] > 10
    for hidden in (".govuk-button", ".faces-languages", ".faces-account", ".govuk-back-link", ".govuk-skip-link"):
        assert page.locator(hidden).count() and not any(one.is_visible() for one in page.locator(hidden).all()), hidden
    addresses = page.evaluate(RELATIVE)
    assert addresses and set(addresses) == {"none"}, "an address without its host"
    page.goto("/sign/ledger")
    assert page.get_by_text(f"Token {marie.device_serial}").is_visible()
    screenshot(page, "paper-ledger")


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_the_door_with_the_keyboard_alone(marie, open_context, language):
    """From the choice of a product to My space: each stop is where a reader expects it, and shows that it has the focus."""
    page = open_context(language, 1280).new_page()
    page.goto(f"/login/?next=/my/&language={language}")

    def tab_to(wanted, limit=12):
        for _ in range(limit):
            page.keyboard.press("Tab")
            if wanted in page.evaluate(FOCUSED):
                style = page.evaluate("""() => { const one = getComputedStyle(document.activeElement);
                    return [one.outlineStyle, one.boxShadow] }""")
                label = page.evaluate("""() => { const label = document.activeElement.labels?.[0];
                    return label ? getComputedStyle(label, '::before').boxShadow : 'none' }""")
                assert style[0] != "none" or style[1] != "none" or label != "none", f"{wanted} does not show its focus"
                return
        raise AssertionError(f"{wanted} is not reached in {limit} steps")

    page.keyboard.press("Tab")
    assert "govuk-skip-link" in page.evaluate(FOCUSED), "the first stop leads over the navigation"
    page.keyboard.press("Enter")
    tab_to("id_device_0", 2)
    page.keyboard.press("Space")
    tab_to("govuk-button", 1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/password**")
    tab_to("id_user_id")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.className.includes('govuk-error-summary')")
    tab_to("id_user_id")
    page.keyboard.type(marie.holder.user_id)
    tab_to("id_password", 1)
    page.keyboard.type(holders.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login/code")
    tab_to("id_code", 16)
    page.keyboard.type(marie.code())
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/")


def test_without_styles_the_order_is_the_one_of_the_eyes(marie, open_context):
    context = open_context("fr", 320, java_script_enabled=False)
    context.route("**/*.css", lambda route: route.abort())
    page = context.new_page()
    page.goto("/login/password?device=token&next=/my/")
    text = page.locator("body").inner_text()
    order = ["Aller au contenu", "Français", "Choisir un autre produit", "Se connecter", "Votre produit", "UserID",
             "Mot de passe", "Mot de passe oublié", "La vraie adresse", "Besoin d’aide"]
    places = [text.index(words) for words in order]
    assert places == sorted(places), list(zip(order, places, strict=True))
    with_token(page, marie, "/my/")
    text = page.locator("main").inner_text()
    order = ["Mon espace", "Bonjour", "Actif", marie.device_serial, "Signer un document", "Mon certificat", "Mes secrets",
             "Mes produits", "Ce qui s’est passé"]
    places = [text.index(words) for words in order]
    assert places == sorted(places), list(zip(order, places, strict=True))
