# SPDX-License-Identifier: Apache-2.0
"""Staff with a Scan: invited with one, it is set up by two images in the first login, and opens sessions from then on."""

from datetime import timedelta

import pytest

from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import LoginTransaction
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.models import Device, Joining
from paraph.domain.devices.services import ScanKey
from paraph.domain.staff import services
from paraph.kernel import tokens
from paraph.kernel.errors import Forbidden, NotFound
from paraph.pki.scan import image_text
from paraph.signer import client
from testkit import holders
from testkit.simulators.scan import SimulatedScan, look

from .conftest import PASSWORD
from .test_pages import browser, text  # noqa: F401  (browser is a fixture)

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)
SERIAL = "SC-01-123456"


@pytest.fixture
def scan(office):
    key = tokens.token_bytes(32)
    device_services.import_stock(scans=[ScanKey(serial=SERIAL, factory_key=key)], signer=client.bound(),
                                 caller=office.scene.system)
    office.scene.seeds[SERIAL] = b""
    return SimulatedScan(SERIAL, key.hex())


@pytest.fixture
def luc(office, scan):
    return office.joined(token_serial=SERIAL)


def first_step(client_, luc, password=PASSWORD):
    return client_.post("/login/password?device=scan&next=/my/", {"user_id": luc.identity.user_id, "password": password})


def code(scan):
    return look(scan, image_text(bytes(Joining.objects.latest("opened_at").image))).code


def test_the_first_login_sets_it_up_and_the_next_page_logs_in(office, luc, scan, browser, signer):  # noqa: F811
    assert Device.objects.get(serial=SERIAL).state == "assigned"
    visitor = browser()
    assert first_step(visitor, luc, "Wrong123")["Location"] == "/login/code" and not Joining.objects.exists()
    assert first_step(visitor, luc)["Location"] == "/login/scan"
    page = text(visitor.get("/login/scan"))
    assert "Première image" in page and SERIAL in page and "<svg" in page and 'http-equiv="refresh"' in page
    wrong = visitor.post("/login/scan", {"code": "0000000000"})
    assert wrong.status_code == 422 and "ne sont pas les bons" in text(wrong)
    assert visitor.post("/login/scan", {"code": code(scan)})["Location"] == "/login/scan"
    assert "Deuxième image" in text(visitor.get("/login/scan"))
    assert visitor.post("/login/scan", {"code": code(scan)})["Location"] == "/login/scan/ready"
    assert "activé" in text(visitor.get("/login/scan/ready")) and visitor.get("/helpdesk/").status_code == 302
    assert Device.objects.get(serial=SERIAL).state == "active" and signer.device(SERIAL).holder == str(luc.identity_id)
    # The login itself, as every time.
    assert first_step(visitor, luc)["Location"] == "/login/code"
    login = LoginTransaction.objects.latest("state_since", "id")
    shown = look(scan, image_text(bytes(login.image)))
    assert visitor.post("/login/code", {"code": shown.code})["Location"] == "/helpdesk/"
    assert visitor.get("/helpdesk/").status_code == 200


def test_an_image_that_is_over_is_made_anew_without_script(office, luc, scan, browser, clock):  # noqa: F811
    visitor = browser()
    first_step(visitor, luc)
    joining = Joining.objects.get()
    old = code(scan)
    clock.set(joining.image_until + TICK)
    assert "Le temps de cette image est passé" in text(visitor.get("/login/scan"))
    late = visitor.post("/login/scan", {"code": old})
    assert late.status_code == 422 and "image est passé" in text(late)
    assert visitor.post("/login/scan/image")["Location"] == "/login/scan"
    joining.refresh_from_db()
    clock.set(joining.image_until)
    assert visitor.post("/login/scan", {"code": code(scan)}).status_code == 302


def test_nobody_gets_there_without_the_password_or_too_late(office, luc, scan, browser, clock):  # noqa: F811
    for address in ("/login/scan", "/login/scan/ready"):
        assert browser().get(address)["Location"] == "/login/"
    assert browser().post("/login/scan/image")["Location"] == "/login/"
    visitor = browser()
    first_step(visitor, luc)
    clock.advance(minutes=30)
    assert visitor.post("/login/scan", {"code": "1234567890"})["Location"].startswith("/login/password?")
    assert browser().post("/login/scan", {"code": "1234567890"})["Location"] == "/login/"


def test_a_second_beginning_ends_the_first(office, luc, scan, browser):  # noqa: F811
    one, two = browser(), browser()
    first_step(one, luc)
    digits = code(scan)
    office.clock.advance(seconds=1)
    first_step(two, luc)
    assert one.post("/login/scan", {"code": digits})["Location"].startswith("/login/password?")
    assert two.post("/login/scan", {"code": code(scan)})["Location"] == "/login/scan"


def test_only_his_own_and_only_with_that_scope(office, luc, scan):
    device = devices.by_serial(SERIAL)
    stranger = office.caller(office.anna)
    with pytest.raises(Forbidden):
        device_services.begin_setting_up(device_id=device.id, caller=stranger)
    with pytest.raises(NotFound):
        device_services.begin_setting_up(device_id=device.id, caller=authentication.as_owner(office.anna.identity, stranger))
    holders.set_up(device, scan, office.scene.system)
    with pytest.raises(NotFound):
        device_services.begin_setting_up(device_id=device.id, caller=authentication.as_owner(luc.identity, stranger))


def test_a_scan_beside_a_token_waits_for_the_signers_host(office, scan, browser):  # noqa: F811
    device_services.assign(identity_id=office.anna.identity_id, serial=SERIAL, caller=office.scene.system)
    authentication.begin_anew(identity_id=office.anna.identity_id, password_hash=authentication.hash_first_password(PASSWORD),
                              caller=office.scene.system)
    assert office.logs_in(office.anna.identity.user_id, "11-1111111-1").outcome == "accepted"
    step = authentication.check_first_step(user_id=office.anna.identity.user_id, password=PASSWORD, device="scan",
                                           caller=office.visitor())
    assert step.setting_up is None and step.transaction_id, "an image that no device reads, as for everybody"
    with holders._host() as host:
        host.trust_registrar(attempt="beside", holder=str(office.anna.identity_id), device_serial=SERIAL)
    step = authentication.check_first_step(user_id=office.anna.identity.user_id, password=PASSWORD, device="scan",
                                           caller=office.visitor())
    assert step.setting_up


def test_who_lost_his_scan_gets_a_token_or_the_reverse(office, luc, scan):
    holders.set_up(devices.by_serial(SERIAL), scan, office.scene.system)
    _, secret = office.renewal(luc, new="44-4444444-4")
    assert office.renew(secret).token_serial == "44-4444444-4"
    office.clock.advance(minutes=1)
    assert office.logs_in(luc.identity.user_id, "44-4444444-4").outcome == "accepted"


def test_a_suspended_member_sets_nothing_up(office, luc, scan, browser):  # noqa: F811
    services.suspend(member_id=luc.id, caller=office.caller(office.anna))
    assert first_step(browser(), luc)["Location"] == "/login/code" and not Joining.objects.exists()
