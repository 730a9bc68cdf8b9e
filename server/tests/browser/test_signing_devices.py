# SPDX-License-Identifier: Apache-2.0
"""A document is signed in Chromium by somebody who came in with a Scan, and by somebody who came in with a passkey."""

import subprocess
import sys

import pytest

from paraph.domain.authentication.models import Session
from testkit import documents, holders, signatory
from testkit.simulators.scan import write_scans

from .authenticator import Browser, passkeys_at
from .looking import picture


@pytest.fixture
def marie(live_server, signer, clock, tmp_path):
    signatory.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")
    with passkeys_at(live_server.url):
        yield signatory.new_signatory(clock=clock)


@pytest.fixture
def scan(marie, clock, system, tmp_path):
    """Her Scan, which lies in a folder where the program finds it."""
    made = holders.add_scan(marie.holder, system.at_instant(clock.now()))
    signatory.pass_time(clock, minutes=1)
    write_scans(tmp_path, [made])
    return made


def press(page, selector):
    with page.expect_navigation():
        page.locator(selector).first.click()


def read_document(page):
    """Up to the page that is asked whether its reader wants to sign."""
    page.locator("#id_file").set_input_files(
        {"name": "Bail.pdf", "mimeType": "application/pdf", "buffer": documents.pdf(["Bail du 24 novembre 2026"])})
    press(page, "main form button[type=submit]")
    page.wait_for_url("**/page/1")


def shown_by(scan, page, tmp_path, language):
    """What the program of the Scan prints of a picture of this page: its lines, and the code alone."""
    seen = tmp_path / "picture.png"
    picture(page, seen)
    run = subprocess.run([sys.executable, "-m", "testkit.simulators.scan", scan.serial, seen, "--data", tmp_path,
                          "--language", language], capture_output=True, text=True, check=True, timeout=120)
    *lines, code = run.stdout.splitlines()
    return lines, code


@pytest.mark.requirement("R073", part="later: the app")
@pytest.mark.requirement("R108")
@pytest.mark.parametrize(("language", "width", "script"), [
    ("fr", 320, True), ("fr", 320, False), ("de", 1280, True), ("en", 320, True)])
def test_with_a_scan_from_the_door_to_the_signature(
    marie, scan, open_context, inspect_page, tmp_path, language, width, script
):
    page = open_context(language, width, java_script_enabled=script).new_page()

    def look(name):
        if script:
            inspect_page(page, f"sign-scan-{name}-{language}-{width}")

    page.goto(f"/login/password?device=scan&next=/sign/&language={language}")
    page.fill("[name=user_id]", marie.holder.user_id)
    page.fill("[name=password]", holders.PASSWORD)
    press(page, "main button[type=submit]")
    _, code = shown_by(scan, page, tmp_path, language)
    page.fill("[name=code]", code)
    press(page, "form[action='/login/code'] button")
    page.wait_for_url("**/sign/")
    read_document(page)
    page.locator(f"[name=device][value='{scan.serial}']").check()
    look("read")
    press(page, "form[action$='/prepare'] button")
    look("code")
    lines, code = shown_by(scan, page, tmp_path, language)
    assert lines[0] == {"fr": "Signature", "de": "Signatur", "en": "Signature"}[language]
    assert any("Bail.pdf" in line for line in lines)
    fingerprint = lines[-1].split(" ", 1)[1]
    assert fingerprint in page.locator(".govuk-summary-list").inner_text(), "the page shows the beginning that the Scan shows"
    page.fill("[name=code]", code)
    press(page, "form:has([name=code]) button[type=submit]")
    page.wait_for_url("**/done")
    look("done")
    with page.expect_download() as download:
        page.locator("a[href$='/document']").click()
    assert b"/ByteRange" in download.value.path().read_bytes()


def test_with_a_passkey_somebody_comes_in_and_his_token_signs(marie, clock, open_context, inspect_page):
    """A passkey opens the door and signs nothing: the page asks for the Token by its number."""
    browser = Browser(open_context("fr", 320), clock)
    page = browser.page
    browser.add(marie.holder)
    signatory.trust_clock(clock)
    browser.use(marie.holder, next="/sign/")
    page.wait_for_url("**/sign/")
    assert Session.objects.latest("id").amr == ["pwd", "swk", "user"]
    read_document(page)
    assert page.locator("[name=device][type=radio]").count() == 0
    press(page, "form[action$='/prepare'] button")
    inspect_page(page, "sign-after-passkey-code-fr-320")
    browser.reads(marie.device_serial)
    assert page.locator("[data-module=faces-passkey]").count() == 0
    page.fill("[name=code]", marie.code())
    press(page, "form:has([name=code]) button[type=submit]")
    page.wait_for_url("**/done")
    page.goto("/sign/ledger")
    browser.reads(marie.device_serial)
