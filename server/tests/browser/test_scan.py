# SPDX-License-Identifier: Apache-2.0
"""The Scan at the door in Chromium: what zxing-cpp reads from a screenshot of the page is what the Scan answers."""

from io import BytesIO

import pytest
from PIL import Image

from testkit import holders
from testkit.simulators.scan import look, read

from .looking import picture


@pytest.fixture
def marie(marie, scan):
    marie.scan = scan
    return marie


def seen(page):
    return read(Image.open(BytesIO(picture(page))))


@pytest.mark.requirement("R108")
@pytest.mark.parametrize(("language", "width", "script"), [("fr", 320, True), ("de", 1280, False), ("en", 390, True)])
def test_a_camera_reads_the_page_and_the_code_opens_the_door(marie, open_context, inspect_page, language, width, script):
    page = open_context(language, width, java_script_enabled=script).new_page()
    page.goto(f"/login/password?device=scan&next=/my/&language={language}")
    page.fill("[name=user_id]", marie.user_id)
    page.fill("[name=password]", holders.PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/login/code")
    if script:
        inspect_page(page, f"login-scan-{language}-{width}")
        assert 170 <= int(page.locator("[data-left]").inner_text()) <= 180
    screen = look(marie.scan, seen(page))
    assert screen.purpose == "LOGIN"
    page.fill("[name=code]", screen.code)
    page.locator("form[action='/login/code'] button").click()
    page.wait_for_url("**/my/")


@pytest.mark.requirement("R106", part="here: the Scan")
@pytest.mark.parametrize(("language", "script"), [("fr", True), ("de", False), ("en", True)])
def test_a_wrong_password_is_told_at_the_end_and_the_right_one_opens(marie, open_context, inspect_page, language, script):
    """Her Scan reads the image and shows a true login; the answer comes with the code, and her UserID is still there."""
    page = open_context(language, 320, java_script_enabled=script).new_page()

    def to_the_end(password):
        page.fill("[name=password]", password)
        page.locator("main button[type=submit]").first.click()
        page.wait_for_url("**/login/code")
        if script:
            page.locator("details summary").last.click()
            inspect_page(page, f"login-scan-help-{language}-320")
            page.locator("details summary").last.click()
        page.fill("[name=code]", look(marie.scan, seen(page)).code)
        page.locator("form[action='/login/code'] button").click()

    page.goto(f"/login/password?device=scan&next=/my/&language={language}")
    page.fill("[name=user_id]", marie.user_id)
    to_the_end("Wrong1")
    page.wait_for_url("**refused=1")
    if script:
        inspect_page(page, f"login-scan-refused-{language}-320")
    assert page.locator(".govuk-error-summary").is_visible()
    assert page.input_value("[name=user_id]") == marie.user_id
    to_the_end(holders.PASSWORD)
    page.wait_for_url("**/my/")
