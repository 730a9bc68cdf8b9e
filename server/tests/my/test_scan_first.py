# SPDX-License-Identifier: Apache-2.0
"""A Scan as the first and only device: handed out at the desk, activated by two images, then it logs in."""

import re

import pytest
from django.test import Client

from paraph.domain.authentication.models import LoginEvidence
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.devices.services import IncompatibleDevice
from paraph.domain.registration.models import Activation
from paraph.domain.registration.services import NotCertifiable
from paraph.signer import client as signer_client
from testkit.applications import ACTIVATION_CODE, IMAGE, PASSWORD, Application, applicant
from testkit.simulators.scan import SimulatedScan, look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
BASE, SERIAL, KEY = "/my/certificate/activate", "SC-01-123456", bytes(range(32))


@pytest.fixture
def scan(scene, system):
    devices.import_stock(scans=[devices.ScanKey(serial=SERIAL, factory_key=KEY)], signer=signer_client.bound(),
                         caller=system)
    scene.seeds[SERIAL] = KEY
    return SimulatedScan(SERIAL, KEY.hex())


def identified(scene, at, **parts):
    application = Application.place(scene, at, product="scan", **parts).pay(at).papers(at)
    application.identify(at)
    return application


@pytest.fixture
def marie(scene, scan, clock):
    return identified(scene, clock.now()).approve(clock.now(), serial=SERIAL)


@pytest.fixture
def browser(client, marie):
    """At the page that asks the device."""
    client.get(BASE)
    client.get(f"{BASE}/check")
    client.post(f"{BASE}/check")
    client.post(f"{BASE}/codes", {name: marie.codes[name] for name in ("user_id", "initial_password")})
    assert client.post(f"{BASE}/code", {"activation_code": ACTIVATION_CODE})["Location"] == f"{BASE}/device"
    return client


def text(response):
    return response.content.decode()


def aimed(scan, browser, page):
    return look(scan, re.search(r"PARAPH:[^<]+", text(browser.get(page)))[0])


def finish(browser):
    for page, answer in (("password", {"password": PASSWORD, "again": PASSWORD}), ("image", {"image": IMAGE}),
                         ("content", {"accepted": "on"}), ("terms", {"accepted": "on"})):
        shown = text(browser.get(f"{BASE}/{page}"))
        answer = browser.post(f"{BASE}/{page}", answer)
        assert answer.status_code == 302, page
        if page == "image":
            # R120: it is never shown with a Scan, so nobody is told to miss it.
            assert "cette image ne s’affiche pas avec lui" in shown and "vous n’êtes pas sur notre site" not in shown
    return text(browser.get(answer["Location"]))


def test_two_images_then_it_is_active_and_logs_in(browser, scan, marie, clock):
    page = f"{BASE}/device"
    assert "PARAPH:" not in text(browser.get(page)), "looking at the page makes no image"
    browser.post(f"{page}/image")
    screen = aimed(scan, browser, page)
    assert screen.purpose == "OPENING" and len(screen.code) == 10
    assert browser.post(page, {"code": "0" * 10}).status_code == 422
    assert browser.post(page, {"code": screen.code})["Location"] == page
    screen = aimed(scan, browser, page)
    assert screen.purpose == "ACTIVATE" and SERIAL in screen.text and len(screen.code) == 8
    assert browser.post(page, {"code": "0" * 8}).status_code == 422
    assert browser.post(page, {"code": screen.code})["Location"] == f"{BASE}/password"
    assert "Votre produit est activé" in finish(browser)
    assert Device.objects.get(serial=SERIAL).state == "active" and not bytes(Activation.objects.get().image)
    door = Client(HTTP_HOST="localhost")
    door.post("/login/password?device=scan&next=/my/", {"user_id": marie.codes["user_id"], "password": PASSWORD})
    screen = aimed(scan, door, "/login/code")
    assert screen.purpose == "LOGIN"
    assert door.post("/login/code", {"code": screen.code})["Location"] == "/my/"
    assert LoginEvidence.objects.get().device_serial == SERIAL


def test_a_fresh_image_takes_the_place_of_one_whose_time_is_over(browser, scan, clock):
    page = f"{BASE}/device"
    browser.post(f"{page}/image")
    old = aimed(scan, browser, page)
    clock.advance(seconds=180)
    assert "Le temps de cette image est passé" not in text(browser.get(page))
    clock.advance(seconds=1)
    assert "Le temps de cette image est passé" in text(browser.get(page))
    assert browser.post(page, {"code": old.code}).status_code == 422
    assert browser.get(f"{page}/image").status_code == 405
    browser.post(f"{page}/image")
    assert browser.post(page, {"code": aimed(scan, browser, page).code}).status_code == 302


def test_the_second_answer_is_no_answer_to_the_first_image(browser, scan):
    page = f"{BASE}/device"
    browser.post(f"{page}/image")
    browser.post(page, {"code": aimed(scan, browser, page).code})
    before = aimed(scan, browser, page)
    browser.post(f"{page}/image")
    assert browser.post(page, {"code": before.code}).status_code == 422, "of the image before"
    assert Activation.objects.get().state == "read"


def test_who_ordered_a_scan_is_handed_no_token(scene, scan, clock):
    application = identified(scene, clock.now())
    with pytest.raises(IncompatibleDevice):
        application.approve(clock.now(), serial="11-1111111-1")
    application.approve(clock.now(), serial=SERIAL)


def test_names_that_no_certificate_can_hold_are_said_before_the_codes_leave(scene, clock):
    """A Cyrillic letter among Latin ones: the gate would refuse the certificate."""
    parts = {"applicant": applicant(family_names="Mullеr")}
    application = Application.place(scene, clock.now(), **parts).pay(clock.now()).papers(clock.now())
    application.identify(clock.now())
    with pytest.raises(NotCertifiable) as refused:
        application.approve(clock.now())
    assert refused.value.facts["findings"]
    application.order.refresh_from_db()
    assert application.order.state == "proven" and Device.objects.get(serial="11-1111111-1").state == "in_stock"
