# SPDX-License-Identifier: Apache-2.0
"""Staff and what they log in with, in Chromium: a Scan and a Token set up, new access, another address, an approval by Scan.

Each page is looked at in a telephone's width and in a desk's; `paraph-scan`, a program of its own, reads the pictures."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from paraph.domain.accounts.policy import Claims
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.registration.models import ShownApproval
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import Member
from paraph.signer import client as signer_client
from testkit import applications, holders, simulators
from testkit.applications import Application
from testkit.simulators import scan as simulator

from .looking import picture
from .test_staff import EVA, open_as, operators  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db(transaction=True)
LANGUAGES = ["fr", "de", "en"]
SCAN, TOKEN, PASSWORD = "SC-01-123456", "33-3333333-3", "Abc12345"
SOURCES = str(Path(simulators.__file__).parents[2])


@pytest.fixture
def look_at(inspect_page):
    """`look_at(page, name)`: axe and picture at 1280 and 320 px."""

    def look_at(page, name):
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            inspect_page(page, f"{name}-{page.evaluate('document.documentElement.lang')}-{width}")

    return look_at


@pytest.fixture
def drawer(scene, system, tmp_path):
    """A Scan in stock, in the hands of `paraph-scan`; what it shows for a page, as its lines."""
    devices.import_stock(scans=[devices.ScanKey(serial=SCAN, factory_key=bytes(range(32)))], signer=signer_client.bound(),
                         caller=system)
    simulator.write_scans(tmp_path, [simulator.SimulatedScan(SCAN, bytes(range(32)).hex())])

    def aim(page, serial=SCAN):
        seen = tmp_path / "picture.png"
        picture(page, seen)
        language = page.evaluate("document.documentElement.lang")
        done = subprocess.run(
            [sys.executable, "-m", "testkit.simulators.scan", "--data", str(tmp_path), "--language", language, serial,
             str(seen)], capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": SOURCES})
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return aim


def press(page, button):
    """The page that answers is there when this returns."""
    with page.expect_navigation():
        page.locator(button).first.click()


def submit(page, where="main form"):
    press(page, f"{where} button[type=submit]")


def link_of(template):
    text = Message.objects.filter(template=template).latest("created_at", "id").content["text"]
    return "/invited/link/" + next(word for word in text.split() if "/invited/link/" in word).rpartition("/")[2]


def decided(open_as, decider, language, look_at, name):  # noqa: F811
    """The other operator reads the request and grants it."""
    page = open_as(decider, language)
    page.goto(f"/operations/staff/?language={language}")
    look_at(page, name)
    press(page, "form[action$='/approve'] button")
    assert page.locator("form[action$='/approve']").count() == 0
    return page


def choose_password(page, look_at, name):
    for field in page.locator("input[type=password]").all():
        field.fill("kurz")
    submit(page)
    assert page.get_by_role("alert").count() == 1
    look_at(page, f"{name}-wrong")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    submit(page)
    page.wait_for_url("**/invited/done")


def first_step(page, member, device):
    page.goto(f"/login/password?device={device}&next=/my/")
    page.fill("[name=user_id]", member.identity.user_id)
    page.fill("[name=password]", PASSWORD)
    submit(page)


@pytest.fixture
def third(scene):
    """An agent of the first days: appointed before two operators were there."""
    made = services.appoint(
        claims=Claims(family_names="Weber-Schneider", given_names="Rita", birth_date=date(1985, 5, 5)), caller=scene.system,
        organisation_id=scene.desk.id, roles=["helpdesk_agent"], token_serial=scene.stock(TOKEN), email="rita@example.org")
    return Member.objects.get(identity_id=made.identity_id)


@pytest.fixture
def invited(operators, open_as, look_at):  # noqa: F811
    """Eva, asked for by Anne with the form; Bert granted it. `invited(language, serial)` is her page behind the link."""

    def invited(language, serial, page):
        anne = open_as(operators[0], language)
        anne.goto(f"/operations/staff/?language={language}")
        look_at(anne, f"devices-nobody-asked-{serial[:2]}")
        anne.goto("/operations/staff/invite/")
        submit(anne)
        look_at(anne, f"devices-invite-empty-{serial[:2]}")
        for name, value in (("given_names", EVA.given_names), ("family_names", EVA.family_names), ("birth_date_day", "1"),
                            ("birth_date_month", "1"), ("birth_date_year", "1990"), ("email", "eva@example.org"),
                            ("token", serial), ("reason", "Neue Kollegin")):
            anne.fill(f"[name={name}]", value)
        anne.select_option("[name=language]", language)
        anne.check("[name=roles][value=helpdesk_agent]")
        submit(anne)
        anne.wait_for_url("**/operations/staff/")
        look_at(anne, f"devices-invite-asked-{serial[:2]}")
        look_after = decided(open_as, operators[1], language, look_at, f"devices-invite-decide-{serial[:2]}")
        look_at(look_after, f"devices-invite-decided-{serial[:2]}")
        page.goto(f"{link_of('staff_invitation')}?language={language}")
        look_at(page, f"devices-link-{serial[:2]}")
        submit(page)
        page.wait_for_url("**/invited/password")
        choose_password(page, look_at, f"devices-password-{serial[:2]}")
        look_at(page, f"devices-ready-{serial[:2]}")
        return Member.objects.get(invitations__isnull=False)

    return invited


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scan_is_set_up_by_two_images_and_logs_in(invited, drawer, open_context, look_at, clock, language):
    page = open_context(language, 320).new_page()
    eva = invited(language, SCAN, page)
    clock.advance(minutes=1)
    first_step(page, eva, "scan")
    page.wait_for_url("**/login/scan")
    look_at(page, "devices-scan-first")
    digits = drawer(page)[-1]
    page.fill("[name=code]", "0000000000")
    submit(page, "form[action='/login/scan']")
    look_at(page, "devices-scan-first-wrong")
    page.fill("[name=code]", digits)
    submit(page, "form[action='/login/scan']")
    look_at(page, "devices-scan-second")
    shown = drawer(page)
    assert any(SCAN in line for line in shown), "the Scan names itself, in the words of the page"
    page.fill("[name=code]", "00000000")
    submit(page, "form[action='/login/scan']")
    look_at(page, "devices-scan-second-wrong")
    page.fill("[name=code]", shown[-1])
    submit(page, "form[action='/login/scan']")
    page.wait_for_url("**/login/scan/ready")
    look_at(page, "devices-scan-ready")
    assert Device.objects.get(serial=SCAN).state == "active"
    press(page, "main a.govuk-button")
    page.wait_for_url("**/login/password?**")
    page.fill("[name=user_id]", eva.identity.user_id)
    page.fill("[name=password]", PASSWORD)
    submit(page)
    page.wait_for_url("**/login/code")
    look_at(page, "devices-scan-login")
    page.fill("[name=code]", drawer(page)[-1])
    submit(page, "form[action='/login/code']")
    page.wait_for_url("**/helpdesk/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_token_is_set_up_by_its_first_code(invited, scene, open_context, look_at, clock, language):
    page = open_context(language, 320).new_page()
    eva = invited(language, scene.stock(TOKEN), page)
    clock.advance(minutes=1)
    first_step(page, eva, "token")
    page.wait_for_url("**/login/code")
    look_at(page, "devices-token-code")
    page.fill("[name=code]", "000000")
    submit(page, "form[action='/login/code']")
    look_at(page, "devices-token-code-wrong")
    page.fill("[name=code]", scene.shows(TOKEN, clock.now()))
    submit(page, "form[action='/login/code']")
    page.wait_for_url("**/helpdesk/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_lost_everything_comes_back_with_a_scan(third, operators, open_as, drawer, open_context, look_at,  # noqa: F811
                                                    clock, language):
    page = open_as(operators[0], language)
    page.goto(f"/operations/staff/{third.id}/ask/renew/?language={language}")
    submit(page)
    look_at(page, "devices-renew-empty")
    page.check("[name=password]")
    page.check("[name=lost]")
    page.fill("[name=device]", SCAN)
    page.fill("[name=reason]", "Sac volé dans le train entre Luxembourg et Trèves")
    submit(page)
    page.wait_for_url("**/operations/staff/")
    page.goto(f"/operations/staff/{third.id}/")
    look_at(page, "devices-renew-rests")
    decided(open_as, operators[1], language, look_at, "devices-renew-decide")
    her = open_context(language, 320).new_page()
    her.goto(f"{link_of('staff_renewal')}?language={language}")
    look_at(her, "devices-renew-link")
    submit(her)
    her.wait_for_url("**/invited/password")
    choose_password(her, look_at, "devices-renew-password")
    look_at(her, "devices-renew-done")
    clock.advance(minutes=1)
    first_step(her, third, "scan")
    her.wait_for_url("**/login/scan")
    for _ in range(2):
        her.fill("[name=code]", drawer(her)[-1])
        submit(her, "form[action='/login/scan']")
    her.wait_for_url("**/login/scan/ready")
    page.goto(f"/operations/staff/{third.id}/")
    look_at(page, "devices-renew-over")


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_address(operators, open_as, open_context, look_at, language):  # noqa: F811
    anne, bert = operators
    page = open_as(anne, language)
    page.goto(f"/operations/staff/{anne.id}/ask/address/?language={language}")
    page.fill("[name=email]", "bert@example.org")
    page.fill("[name=reason]", "Nouveau nom")
    submit(page)
    look_at(page, "devices-address-taken")
    address = "anne.thill.with.a.name.that.goes.on.and.on@a-rather-long-name-of-a-house.example.org"
    page.fill("[name=email]", address)
    submit(page)
    page.wait_for_url("**/operations/staff/")
    look_at(page, "devices-address-asked")
    decided(open_as, bert, language, look_at, "devices-address-decide")
    page.goto("/operations/staff/")
    look_at(page, "devices-address-sent")
    hers = open_context(language, 320).new_page()
    hers.goto(f"{link_of('staff_address')}?language={language}")
    look_at(hers, "devices-address-link")
    submit(hers)
    hers.wait_for_url("**/invited/address")
    look_at(hers, "devices-address-done")
    assert queries.email_of(anne) == address


@pytest.mark.requirement("R021", "R022")
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_is_approved_by_scan(scene, system, clock, open_as, tmp_path, drawer, look_at, language):  # noqa: F811
    names = {"family_names": "Schmit-Hoffmann-Weydert", "given_names": "Marie Amélie Joséphine"}
    order = Application.place(scene, clock.now(), applications.applicant(**names)).pay(clock.now()).papers(clock.now())
    order.identify(clock.now())
    scan = holders.registrars_scan(scene.registrar, system)
    simulator.write_scans(tmp_path, [scan])
    scene.stock("11-1111111-1")
    page = open_as(Member(identity_id=scene.registrar.identity.id, person_id=scene.officer_person), language)
    page.goto(f"/desk/orders/{order.order.id}/?language={language}")
    look_at(page, "approve-order")
    press(page, "button[name=by][value=scan]")
    look_at(page, "approve-incomplete")
    page.check("[name=person][value=new]")
    page.check("[name=contacts_read_back]")
    page.select_option("[name=token_serial]", "11-1111111-1")
    press(page, "button[name=by][value=scan]")
    page.wait_for_url("**/approving")
    look_at(page, "approve-image")
    shown = drawer(page, scan.serial)
    assert f"Marie Amélie Joséphine Schmit-Hoffmann-Weydert, {ShownApproval.objects.get().ssn}" in shown
    page.fill("[name=code]", "00000000")
    submit(page, "form[action$='/approving']")
    look_at(page, "approve-wrong")
    # At its last instant the page still counts down and asks itself anew; a moment later it says that the image is over.
    clock.set(ShownApproval.objects.get().image_until + timedelta(microseconds=1))
    page.goto(page.url)
    assert page.locator("[data-module=faces-countdown]").count() == 0
    assert page.locator("main .govuk-warning-text").count() == 1
    look_at(page, "approve-over")
    submit(page, "form[action$='/image']")
    page.fill("[name=code]", drawer(page, scan.serial)[-1])
    submit(page, "form[action$='/approving']")
    page.wait_for_url("**#approved")
    look_at(page, "approve-done")
    order.order.refresh_from_db()
    assert order.order.state == "prepared"
