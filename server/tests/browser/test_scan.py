# SPDX-License-Identifier: Apache-2.0
"""The Scan at the door in Chromium: what zxing-cpp reads from a screenshot of the page is what the Scan answers."""

from io import BytesIO

import pytest
from PIL import Image

from testkit import holders
from testkit.simulators.scan import look, read


@pytest.fixture
def marie(marie, scan):
    marie.scan = scan
    return marie


def seen(page):
    return read(Image.open(BytesIO(page.screenshot(full_page=True))))


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
