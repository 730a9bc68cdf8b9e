# SPDX-License-Identifier: Apache-2.0
"""R210: who has only a Token can't add a Scan himself; the agent assigns it, the holder allows and activates it."""

import re
from dataclasses import replace

import pytest
from django.test import Client

from paraph.domain.accounts.models import Identity
from paraph.domain.audit.models import Event
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device, Joining
from paraph.domain.devices.policy import Incompatible
from paraph.domain.devices.services import IncompatibleDevice
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services as registration
from paraph.domain.support.models import Case
from paraph.kernel.caller import Role
from paraph.kernel.errors import Forbidden
from paraph.signer import client as signer_client
from testkit import applications
from testkit.applications import log_in
from testkit.simulators.scan import SimulatedScan, look

from .test_console import RIGHT, agent, call  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
SERIAL, KEY = "SC-01-123456", bytes(range(32))


@pytest.fixture
def scan(system):
    devices.import_stock(scans=[devices.ScanKey(serial=SERIAL, factory_key=KEY)], signer=signer_client.bound(),
                         caller=system)
    return SimulatedScan(SERIAL, KEY.hex())


@pytest.fixture
def marie(holder, clock):
    """Her browser, logged in with her Token."""
    browser = Client(HTTP_HOST="localhost")
    log_in(browser, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope="full", at=clock.now())
    return browser


@pytest.fixture
def assigned(agent, call, scan):  # noqa: F811
    agent.post(f"{call}check", RIGHT)
    assert agent.post(f"{call}product", {"serial": SERIAL.lower()}).status_code == 302
    return Device.objects.get(serial=SERIAL)


def image(browser, page):
    return re.search(r"PARAPH:[^<]+", browser.get(page).content.decode())[0]


@pytest.mark.requirement("R210")
@pytest.mark.requirement("R208", part="later: the app")
def test_only_the_agent_can_add_a_scan_to_a_token(agent, call, scan, holder, marie, clock):  # noqa: F811
    with pytest.raises(IncompatibleDevice) as refused:
        devices.assign(identity_id=holder.identity.id, serial=SERIAL, by_holder=True,
                       caller=applications.Caller(at=clock.now(), channel="web", identity=str(holder.identity.id)))
    assert refused.value.why is Incompatible.NOT_THIS_WAY
    assert "Appelez-nous" in marie.get("/my/products").content.decode()
    assert agent.post(f"{call}product", {"serial": SERIAL}).status_code == 422, "before the caller is identified"
    assert not Device.objects.filter(serial=SERIAL, state="assigned").exists()
    agent.post(f"{call}check", RIGHT)
    assert agent.post(f"{call}product", {"serial": "SC-99"}).status_code == 422
    assert agent.post(f"{call}product", {"serial": SERIAL}).status_code == 302
    assert Device.objects.get(serial=SERIAL).identity_id == holder.identity.id
    assert Event.objects.filter(code="registration.helpdesk.product_assigned").count() == 1


@pytest.mark.requirement("R073", part="later: the app")
def test_the_holder_allows_it_with_his_token_and_answers_two_images(assigned, scan, marie, holder, clock):
    page = f"/my/products/{assigned.id}/add"
    assert page in marie.get("/my/products").content.decode()
    assert "Commencer" in marie.get(page).content.decode() and not Joining.objects.exists()
    marie.post(page)
    assert marie.post(page, {"code": "000000"}).status_code == 422
    clock.advance(seconds=30)
    assert marie.post(page, {"code": holder.token_code(clock.now())})["Location"] == page
    screen = look(scan, image(marie, page))
    assert screen.purpose == "OPENING" and len(screen.code) == 10
    assert marie.post(page, {"code": "0" * 10}).status_code == 422
    assert marie.post(page, {"code": screen.code})["Location"] == page
    screen = look(scan, image(marie, page))
    assert screen.purpose == "JOIN" and SERIAL in screen.text and len(screen.code) == 8
    assert marie.post(page, {"code": screen.code})["Location"] == "/my/products"
    assigned.refresh_from_db()
    assert assigned.state == "active"
    told = Message.objects.filter(template="device_added").latest("created_at")
    assert SERIAL in str(told.content)
    assert "Scan ajouté avec l’accord de votre Token" in marie.get("/my/activity").content.decode()


def test_a_new_image_takes_the_place_of_the_old_one(assigned, scan, marie, holder, clock):
    page = f"/my/products/{assigned.id}/add"
    marie.post(page)
    clock.advance(seconds=30)
    marie.post(page, {"code": holder.token_code(clock.now())})
    first = image(marie, page)
    clock.advance(seconds=182)
    assert "Le temps de cette image est passé" in marie.get(page).content.decode()
    assert marie.get(f"{page}/image").status_code == 405
    marie.post(f"{page}/image")
    second = image(marie, page)
    assert second != first
    assert marie.post(page, {"code": look(scan, first).code}).status_code == 422
    assert marie.post(page, {"code": look(scan, second).code}).status_code == 302


def test_the_half_hour_begins_anew_and_a_late_token_code_too(assigned, scan, marie, holder, clock):
    page = f"/my/products/{assigned.id}/add"
    marie.post(page)
    clock.advance(seconds=181)
    assert marie.post(page, {"code": holder.token_code(clock.now())})["Location"] == page
    assert "Commencer" in marie.get(page).content.decode()


@pytest.mark.requirement("R211", part="later: cards")
def test_a_scan_is_no_device_of_a_chip_identity(system, holder, scan):
    holder.identity.device_family = "chip"
    holder.identity.save()
    with pytest.raises(IncompatibleDevice) as refused:
        devices.assign(identity_id=holder.identity.id, serial=SERIAL, caller=system)
    assert (refused.value.code, refused.value.why) == ("incompatible_device", Incompatible.FAMILY)


@pytest.mark.requirement("R211", part="later: cards")
@pytest.mark.parametrize("chip", ["smartcard", "signing_stick", "eid"])
def test_the_agents_page_says_that_a_card_takes_no_scan(agent, call, holder, scan, chip):  # noqa: F811
    Identity.objects.filter(pk=holder.identity.id).update(device_family="chip")
    Device.objects.filter(serial=holder.serial).update(type=chip)
    agent.post(f"{call}check", RIGHT)
    answer = agent.post(f"{call}product", {"serial": SERIAL})
    assert answer.status_code == 422 and "Ce produit ne peut pas être ajouté à ce certificat" in answer.content.decode()
    assert Device.objects.get(serial=SERIAL).state == "in_stock"


@pytest.mark.requirement("R210")
@pytest.mark.parametrize("role", ["registration_officer", "auditor", "operator_admin", None])
def test_no_other_role_adds_a_scan(agent, call, scan, scene, clock, role):  # noqa: F811
    agent.post(f"{call}check", RIGHT)
    right = applications.Caller(at=clock.now(), channel="web", person=agent.person, session="s", scope="staff",
                                roles=frozenset({Role(str(scene.desk.id), "helpdesk_agent")}))
    roles = frozenset({Role(str(scene.desk.id), role)}) if role else frozenset()
    for wrong in (replace(right, roles=roles), replace(right, scope="full")):
        with pytest.raises(Forbidden):
            registration.assign_product(case_id=Case.objects.get().id, serial=SERIAL, caller=wrong)
    assert Device.objects.get(serial=SERIAL).state == "in_stock"
    registration.assign_product(case_id=Case.objects.get().id, serial=SERIAL, caller=right)
    assert Device.objects.get(serial=SERIAL).state == "assigned"


def test_nobody_elses_device_can_be_added(assigned, scan, system, clock):
    other = applications.holders.new(system, given_names="Paul")
    browser = Client(HTTP_HOST="localhost")
    log_in(browser, identity_id=other.identity.id, person_id=other.identity.person_id, scope="full", at=clock.now())
    assert browser.get(f"/my/products/{assigned.id}/add").status_code == 404
    assert browser.post(f"/my/products/{assigned.id}/add/image").status_code == 404
    assert not Joining.objects.exists()
