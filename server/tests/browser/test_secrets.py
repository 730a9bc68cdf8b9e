# SPDX-License-Identifier: Apache-2.0
"""Products, secret image, fraud and the helpdesk's console in a browser: axe, three languages, a telephone's width."""

from datetime import timedelta

import pytest
from django.test import Client

from paraph.domain.accounts import services as accounts
from paraph.domain.devices import queries as devices
from paraph.domain.orders import catalogue
from paraph.domain.organisations import services as organisations
from paraph.kernel.caller import Caller
from testkit import applications
from testkit.applications import Application

from .entering import page_with_session

pytestmark = pytest.mark.django_db(transaction=True)
VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]


@pytest.fixture
def activated(db, signer, system, clock):
    before = catalogue.current()
    prepared = Application.prepared(applications.scene(system), clock.now())
    yield prepared, prepared.activate(Caller(at=clock.now(), channel="web")).identity_id
    catalogue.use(before)


def logged_in(open_context, live_server, language, width, at, **whom):
    client = Client(HTTP_HOST="localhost")
    applications.log_in(client, at=at, **whom)
    return page_with_session(open_context(language, width), live_server, client)


def press(page, selector="main button.govuk-button[type=submit]"):
    page.locator(selector).last.click()
    page.wait_for_load_state("load")


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_products_image_and_fraud(activated, clock, open_context, live_server, inspect_page, language, width):
    prepared, identity = activated
    page = logged_in(open_context, live_server, language, width, clock.now(), identity_id=identity,
                     person_id=prepared.order.person_id, scope="full")
    page.goto(f"/my/products?language={language}")
    inspect_page(page, f"my-products-{language}-{width}")
    page.goto(f"/my/products/{devices.for_identity(identity)[0].id}/resynchronise")
    press(page)
    inspect_page(page, f"my-resynchronise-unanswered-{language}-{width}")
    page.fill("[name=first]", prepared.token_code(clock.now() + timedelta(minutes=4)))
    page.fill("[name=second]", prepared.token_code(clock.now() + timedelta(minutes=4, seconds=30)))
    press(page)
    inspect_page(page, f"my-resynchronised-{language}-{width}")
    page.goto("/my/secret-image")
    press(page)
    inspect_page(page, f"my-secret-image-unanswered-{language}-{width}")
    page.goto("/my/report-fraud")
    inspect_page(page, f"my-report-{language}-{width}")
    page.fill("[name=what]", "http://paraph.evil")
    press(page)
    inspect_page(page, f"my-reported-{language}-{width}")


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_the_helpdesk(activated, clock, system, open_context, live_server, inspect_page, language, width):
    prepared, identity = activated
    person = accounts.create_person(
        claims=accounts.Claims(family_names="Schmit", given_names="Anne", birth_date=clock.now().date()),
        document_expires_on=None, caller=system)
    organisations.add_membership(person_id=person.id, organisation_id=prepared.scene.desk.id, role="helpdesk_agent",
                                 caller=system)
    staff = accounts.create_identity(person_id=person.id, kind="staff", device_family="server", caller=system)
    page = logged_in(open_context, live_server, language, width, clock.now(), identity_id=staff.id,
                     person_id=person.id, scope="staff")
    page.goto(f"/helpdesk/?language={language}")
    inspect_page(page, f"helpdesk-empty-{language}-{width}")
    page.goto(f"/helpdesk/?sought={prepared.codes['user_id']}")
    inspect_page(page, f"helpdesk-found-{language}-{width}")
    page.locator("main form[action*='/open/'] button").click()
    page.locator("form[action$='/check'] button").click()
    inspect_page(page, f"helpdesk-not-identified-{language}-{width}")
    for name, value in (("birth_date_day", "1"), ("birth_date_month", "1"), ("birth_date_year", "1985"),
                        ("document_ending", "CD34"), ("postcode", "1536")):
        page.fill(f"[name={name}]", value)
    page.locator("form[action$='/check'] button").click()
    inspect_page(page, f"helpdesk-identified-{language}-{width}")
    page.locator("form[action$='/disable'] button").click()
    inspect_page(page, f"helpdesk-nothing-to-disable-{language}-{width}")
    page.locator("form[action$='/security-code'] button").click()
    inspect_page(page, f"helpdesk-security-code-{language}-{width}")
    page.check("[name=channel][value=letter]")
    page.locator("form[action$='/codes'] button").click()
    page.wait_for_function("() => document.activeElement.classList.contains('govuk-notification-banner')")
    inspect_page(page, f"helpdesk-done-{language}-{width}")
    page.select_option("[name=reason]", "lost")
    page.locator("form[action$='/suspend'] button").click()
    page.wait_for_url("**?done=suspended")
    assert not page.locator("form[action$='/suspend']").count(), "nothing is left to suspend"
    page.select_option("[name=outcome]", "helped")
    page.locator("form[action$='/close'] button").click()
    page.wait_for_url("**?done=closed")
    inspect_page(page, f"helpdesk-closed-{language}-{width}")
    page.locator("main form[action*='/open/'] button").click()
    page.locator("form[action$='/check']").wait_for()
