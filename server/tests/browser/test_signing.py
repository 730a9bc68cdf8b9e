# SPDX-License-Identifier: Apache-2.0
"""From a file to its signature and its verification, in Chromium, with and without JavaScript."""

import pytest

from testkit import documents, signatory

from .entering import with_token

WORDS = {
    "fr": {"read": "Lire le document", "want": "J’ai lu, je veux signer", "sign": "Signer", "check": "Vérifier"},
    "de": {"read": "Dokument lesen", "want": "Ich habe gelesen und möchte unterschreiben", "sign": "Unterschreiben",
           "check": "Prüfen"},
    "en": {"read": "Read the document", "want": "I have read it and want to sign", "sign": "Sign", "check": "Check"},
}


@pytest.fixture
def marie(live_server, signer, clock, tmp_path):
    signatory.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")
    return signatory.new_signatory(clock=clock)


@pytest.mark.parametrize(("language", "width", "scripts"), [
    ("fr", 320, False), ("fr", 320, True), ("fr", 1280, True), ("de", 320, True), ("en", 320, True)])
def test_a_document_is_read_signed_and_verified(
    marie, clock, tmp_path, open_context, inspect_page, screenshot, language, width, scripts
):
    page = open_context(language, width, java_script_enabled=scripts).new_page()
    words = WORDS[language]
    # A name that no line can hold.
    original = tmp_path / f"Bail-{'x' * 80}.pdf"
    original.write_bytes(documents.pdf(["Bail du 24 novembre 2026", "Loyer : 900 euros"]))

    def look(name):
        keep = inspect_page if scripts else screenshot
        keep(page, f"sign-{name}-{language}-{width}{'' if scripts else '-no-scripts'}")

    def press(name):
        page.get_by_role("button", name=name, exact=True).click()

    with_token(page, marie, "/sign/", language)
    look("start")
    press(words["read"])
    look("no-file")
    page.locator("#id_file").set_input_files(original)
    press(words["read"])
    page.wait_for_url("**/page/1")
    look("read")
    page.locator("a[rel=next]").click()
    page.locator("figure img").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert not scripts or page.locator("figure img").evaluate("image => image.naturalWidth") > 0
    press(words["want"])
    look("code")
    page.locator("#id_code").fill(marie.code())
    press(words["sign"])
    look("wrong-code")
    signatory.pass_time(clock, seconds=30)
    page.locator("#id_code").fill(marie.code())
    press(words["sign"])
    page.wait_for_url("**/done")
    look("done")
    with page.expect_download() as download:
        page.locator("a[href$='/document']").click()
    signed = tmp_path / "signed.pdf"
    download.value.save_as(signed)
    page.goto("/sign/")
    look("list")
    page.goto("/sign/ledger")
    look("ledger")
    page.goto("/verify/")
    look("verify")
    for name, content in (("good", signed.read_bytes()),
                          ("changed", signed.read_bytes().replace(b"900 euros", b"950 euros")),
                          ("unsigned", original.read_bytes())):
        file = tmp_path / f"{name}.pdf"
        file.write_bytes(content)
        page.locator("#id_file").first.set_input_files(file)
        page.get_by_role("button", name=words["check"], exact=True).first.click()
        page.wait_for_load_state()
        look(f"verify-{name}")
        if scripts:
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            look(f"verify-{name}-technical")
