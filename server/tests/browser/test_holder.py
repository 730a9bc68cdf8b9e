# SPDX-License-Identifier: Apache-2.0
"""The officer's console and the holder's own pages in a browser: axe, three languages, a telephone's width."""

import pytest
from django.test import Client

from paraph.kernel.caller import Caller
from testkit import applications
from testkit.applications import ACTIVATION_CODE, PASSWORD, Application

from .entering import page_with_session

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/my/certificate/activate"


def logged_in(open_context, live_server, language, width, log_in):
    """A browser with a finished login behind it, as the door leaves it."""
    client = Client(HTTP_HOST="localhost")
    log_in(client)
    page = page_with_session(open_context(language, width), live_server, client)
    page.goto(f"/my/?language={language}")
    return page


def press(page):
    page.locator("main button.govuk-button[type=submit]").last.click()
    page.wait_for_load_state("load")


@pytest.mark.parametrize(("language", "width"), [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)])
def test_the_activation_page_by_page(scene, clock, open_context, inspect_page, language, width):
    prepared = Application.prepared(scene, clock.now())
    page = open_context(language, width).new_page()
    mark = f"{language}-{width}"
    page.clock.set_fixed_time(clock.now())
    page.goto(f"{BASE}?language={language}")
    inspect_page(page, f"activate-start-{mark}")
    page.locator("#check").click()
    inspect_page(page, f"activate-check-{mark}")
    press(page)
    codes = prepared.codes
    page.fill("[name=user_id]", codes["user_id"])
    page.fill("[name=initial_password]", "wrong")
    press(page)
    inspect_page(page, f"activate-codes-wrong-{mark}")
    page.fill("[name=initial_password]", codes["initial_password"])
    press(page)
    inspect_page(page, f"activate-code-{mark}")
    page.fill("[name=activation_code]", ACTIVATION_CODE)
    press(page)
    inspect_page(page, f"activate-device-{mark}")
    page.fill("[name=code]", prepared.token_code(clock.now()))
    press(page)
    page.fill("[name=password]", "short")
    page.fill("[name=again]", "other")
    press(page)
    inspect_page(page, f"activate-password-wrong-{mark}")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    press(page)
    inspect_page(page, f"activate-image-{mark}")
    page.locator("[name=image]").nth(3).check()
    press(page)
    inspect_page(page, f"activate-content-{mark}")
    page.check("[name=accepted]")
    press(page)
    inspect_page(page, f"activate-terms-{mark}")
    page.check("[name=accepted]")
    press(page)
    inspect_page(page, f"activate-done-{mark}")
    prepared.order.refresh_from_db()
    assert prepared.order.state == "activated"


@pytest.mark.parametrize(("language", "width"), [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)])
def test_my_space(scene, clock, open_context, live_server, inspect_page, language, width):
    prepared = Application.prepared(scene, clock.now())
    activation = prepared.activate(Caller(at=clock.now(), channel="web"))
    page = logged_in(open_context, live_server, language, width, lambda client: applications.log_in(
        client, identity_id=activation.identity_id, person_id=prepared.order.person_id, scope="full", at=clock.now()))
    for name in ("", "activity", "messages", "certificate/test", "certificate/suspend", "certificate/revoke"):
        page.goto(f"/my/{name}")
        inspect_page(page, f"my-{name.replace('/', '-') or 'home'}-{language}-{width}")
    page.goto("/my/certificate/suspend")
    press(page)
    inspect_page(page, f"my-suspend-unconfirmed-{language}-{width}")
    page.check("[name=confirmed]")
    press(page)
    inspect_page(page, f"my-suspended-{language}-{width}")
    page = logged_in(open_context, live_server, language, width, lambda client: applications.log_in(
        client, identity_id=activation.identity_id, person_id=prepared.order.person_id, scope="suspended",
        at=clock.now()))
    inspect_page(page, f"my-home-suspended-{language}-{width}")
    page.goto("/my/certificate/resume")
    inspect_page(page, f"my-resume-{language}-{width}")
    page.fill("[name=challenge]", prepared.codes["challenge"])
    press(page)
    inspect_page(page, f"my-resumed-{language}-{width}")
    page = logged_in(open_context, live_server, language, width, lambda client: applications.log_in(
        client, identity_id=activation.identity_id, person_id=prepared.order.person_id, scope="full", at=clock.now()))
    page.goto("/my/certificate/revoke")
    page.check("[name=confirmed]")
    press(page)
    inspect_page(page, f"my-revoked-{language}-{width}")


@pytest.mark.parametrize(("language", "width"), [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)])
def test_the_desk(scene, clock, open_context, live_server, inspect_page, language, width):
    scene.stock("11-1111111-1")
    paid = Application.place(scene, clock.now()).pay(clock.now())
    page = logged_in(open_context, live_server, language, width,
                     lambda client: applications.log_in_officer(client, scene, clock.now()))
    page.goto("/desk/")
    inspect_page(page, f"desk-queue-{language}-{width}")
    page.locator("main a.faces-reference").click()
    inspect_page(page, f"desk-order-{language}-{width}")
    page.goto("/desk/?show=closed")
    inspect_page(page, f"desk-queue-empty-{language}-{width}")
    paid.papers(clock.now())
    paid.identify(clock.now())
    page.goto(f"/desk/orders/{paid.order.id}/")
    inspect_page(page, f"desk-decision-{language}-{width}")


def test_a_red_cross_in_an_old_browser(open_context, live_server, inspect_page, demonstration):
    page = open_context("fr", 320, user_agent="Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/60.0").new_page()
    page.goto(BASE)
    page.locator("#check").click()
    inspect_page(page, "activate-check-red-fr-320")
    assert page.locator("main button[disabled]").count() == 1


def test_the_way_works_without_javascript(scene, clock, open_context):
    Application.prepared(scene, clock.now())
    page = open_context("fr", 320, java_script_enabled=False).new_page()
    page.goto(BASE)
    page.locator("#check").click()
    page.get_by_text("non mesurée").first.wait_for()
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/codes")
