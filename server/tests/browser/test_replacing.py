# SPDX-License-Identifier: Apache-2.0
"""Replacement of a product, visits at the desk and a Scan's first images in a browser: axe, three languages, a telephone's
width."""

import pytest
from django.test import Client

from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.signer import client as signer_client
from testkit import applications, holders
from testkit.applications import ACTIVATION_CODE, Application

from .entering import page_with_session

pytestmark = pytest.mark.django_db(transaction=True)
VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]
NEW, SCAN = "22-2222222-2", "SC-01-123456"


@pytest.fixture
def marie(holder):
    return holder


def logged_in(open_context, live_server, language, width, at, holder, scope):
    client = Client(HTTP_HOST="localhost")
    applications.log_in(client, at=at, identity_id=holder.id, person_id=holder.person_id, scope=scope)
    return page_with_session(open_context(language, width), live_server, client)


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_from_the_report_to_the_new_token(scene, marie, system, clock, open_context, live_server, inspect_page, language,
                                          width):
    here = f"{language}-{width}"
    page = logged_in(open_context, live_server, language, width, clock.now(), marie.identity, "devices")
    old = Device.objects.get(serial=marie.serial)
    page.goto(f"/my/products/{old.id}/replace?language={language}")
    inspect_page(page, f"replace-{here}")
    page.check("[value=stolen]")
    page.locator("main form button[type=submit]").first.click()
    inspect_page(page, f"replace-reported-{here}")
    page.goto("/my/products")
    inspect_page(page, f"replace-products-{here}")
    page.locator("main a[href*='/cancel']").click()
    inspect_page(page, f"replace-cancel-{here}")

    officer = holders.trusted_agent(system, role="registration_officer", organisation_id=scene.desk.id)
    scene.stock(NEW)
    desk = logged_in(open_context, live_server, language, width, clock.now(), officer.identity, "staff")
    desk.goto(f"/desk/visits/?language={language}")
    desk.fill("[name=sought]", "NOBODY22")
    desk.locator("main form button[type=submit]").first.click()
    inspect_page(desk, f"visits-{here}")
    desk.fill("[name=sought]", marie.serial)
    desk.locator("main form button[type=submit]").first.click()
    desk.locator("form[action$='/check'] button").click()
    inspect_page(desk, f"visit-unanswered-{here}")
    for name in ("type", "country"):
        desk.select_option(f"[name={name}]", {"type": "identity_card", "country": "LU"}[name])
    for name, value in (("number", "XAB12CD34"), ("expires_on_day", "30"), ("expires_on_month", "6"),
                        ("expires_on_year", "2030"), ("family_names", "Specimen"), ("given_names", "Marie"),
                        ("birth_date_day", "1"), ("birth_date_month", "1"), ("birth_date_year", "1985")):
        desk.fill(f"[name={name}]", value)
    desk.check("[name=person_present]")
    desk.locator("form[action$='/check'] button").click()
    inspect_page(desk, f"visit-identified-{here}")
    desk.check("[name=device]")
    desk.select_option("[name=replaced_for]", "stolen")
    desk.fill("[name=new_serial]", NEW)
    desk.check("[name=delivery][value=hand]")
    clock.advance(seconds=30)
    desk.fill("[name=code]", officer.code(clock.now()))
    desk.locator("form[action$='/replace'] button").click()
    inspect_page(desk, f"visit-replaced-{here}")

    fresh = open_context(language, width).new_page()
    fresh.goto(f"/my/replacement?language={language}")
    inspect_page(fresh, f"replacement-login-{here}")
    fresh.fill("[name=user_id]", marie.codes["user_id"])
    fresh.fill("[name=password]", "Abc123")
    fresh.locator("main form button[type=submit]").first.click()
    inspect_page(fresh, f"replacement-token-{here}")
    clock.advance(seconds=30)
    fresh.fill("[name=code]", scene.shows(NEW, clock.now()))
    fresh.locator("main form button[type=submit]").first.click()
    inspect_page(fresh, f"replacement-done-{here}")
    assert fresh.url.endswith("/my/replacement/done")


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_a_scans_first_image_and_a_report_without_a_product(scene, system, clock, open_context, inspect_page, language,
                                                            width):
    here = f"{language}-{width}"
    devices.import_stock(scans=[devices.ScanKey(serial=SCAN, factory_key=bytes(range(32)))],
                         signer=signer_client.bound(), caller=system)
    scene.seeds[SCAN] = bytes(range(32))
    marie = Application.place(scene, clock.now(), product="scan").pay(clock.now()).papers(clock.now())
    marie.identify(clock.now())
    marie.approve(clock.now(), serial=SCAN)
    page = open_context(language, width).new_page()
    page.goto(f"/my/certificate/activate?language={language}")
    page.goto("/my/certificate/activate/check")
    page.locator("main form button").last.click()
    page.fill("[name=user_id]", marie.codes["user_id"])
    page.fill("[name=initial_password]", marie.codes["initial_password"])
    page.locator("main form button[type=submit]").first.click()
    page.fill("[name=activation_code]", ACTIVATION_CODE)
    page.locator("main form button[type=submit]").first.click()
    inspect_page(page, f"scan-begin-{here}")
    page.locator("main form button[type=submit]").first.click()
    inspect_page(page, f"scan-image-{here}")
    page.goto(f"/my/replacement/report?language={language}")
    page.locator("main form button[type=submit]").first.click()
    inspect_page(page, f"report-product-{here}")
    page.goto("/products/scan/")
    inspect_page(page, f"product-scan-{here}")
