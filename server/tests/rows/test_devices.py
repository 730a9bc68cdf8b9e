# SPDX-License-Identifier: Apache-2.0
"""Which pages show the secret image, and which devices may be added by whom."""

import json
import re
from html import unescape

import pytest
from django.test import Client

from paraph.domain.accounts.models import Identity
from paraph.domain.authentication.gallery import PICTURES
from paraph.domain.authentication.models import LoginTransaction
from paraph.domain.devices import services as devices
from paraph.domain.devices.methods import passkey
from paraph.domain.devices.models import Device
from paraph.domain.devices.policy import Incompatible
from paraph.domain.devices.services import IncompatibleDevice
from paraph.domain.registration import queries as registration
from paraph.kernel.caller import Caller
from paraph.signer import client as signer_client
from testkit import applications, holders
from testkit.simulators.authenticator import Authenticator
from testkit.simulators.scan import NotForMe

# --- R120: the image is for Token and cards alone ----------------------------------------------------------------------


def page_of(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def neither_shown_nor_asked_for(page):
    pictures = any(picture.address in page for picture in PICTURES.values())
    return not pictures and "data:image" not in page and "image secrète" not in page.lower() and 'name="image"' not in page


def to_the_second_step(browser, marie, device):
    browser.post(f"/login/password?device={device}&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
    return browser


@pytest.mark.requirement("R120", part="later: the app")
def test_a_scan_recovers_without_the_image(marie, scan, browser, clock):
    """She has no Token left: the Scan's image for a new password and for an unblocked account."""
    devices.retire(device_id=marie.device.id, reason="lost", caller=Caller.system(at=clock.now(), name="cli:test"))
    codes = {"user_id": marie.user_id, "initial_password": holders.INITIAL_PASSWORD, "challenge": holders.CHALLENGE}
    browser.post("/my/forgotten-password/codes", codes | {"password": "Neu456", "again": "Neu456"})
    assert neither_shown_nor_asked_for(page_of(browser, "/my/recovery-with-scan"))
    browser.post("/my/unblock/codes", codes)
    assert neither_shown_nor_asked_for(page_of(browser, "/my/recovery-with-scan"))


@pytest.mark.requirement("R120", part="later: the app")
def test_a_scan_is_added_without_the_image(marie, browser, system, clock):
    to_the_second_step(browser, marie, "token")
    browser.post("/login/code", {"code": marie.code(clock.now())})
    devices.import_stock(scans=[devices.ScanKey(serial="S-1", factory_key=bytes(range(32)))], signer=signer_client.bound(),
                         caller=system)
    device = devices.assign(identity_id=marie.identity.id, serial="S-1", caller=system)
    address = f"/my/products/{device.id}/add"
    before = page_of(browser, address)
    browser.post(address)
    clock.advance(seconds=30)
    browser.post(address, {"code": marie.code(clock.now())})
    shown = page_of(browser, address)
    assert "PARAPH:" in shown
    assert neither_shown_nor_asked_for(before) and neither_shown_nor_asked_for(shown)


@pytest.mark.requirement("R120", part="later: the app")
def test_a_passkey_shows_none_and_the_token_does(marie, browser, clock):
    """A passkey is a type of its own. The image stands beside a code that one reads, as R119 lists."""
    before = passkey.current()
    passkey.use(passkey.relying_party({}, url="http://localhost:8000", name="Paraph"))
    try:
        to_the_second_step(browser, marie, "token")
        assert not neither_shown_nor_asked_for(page_of(browser, "/login/code")), "what is looked for is found"
        browser.post("/login/code", {"code": marie.code(clock.now())})
        browser.post("/my/passkeys")
        options = json.loads(unescape(re.search(r'data-options="([^"]+)"', page_of(browser, "/my/passkeys/new"))[1]))
        browser.post("/my/passkeys/new", {"name": "x", "answer": Authenticator().make(options)})
        other = to_the_second_step(Client(HTTP_HOST="localhost"), marie, "passkey")
        assert neither_shown_nor_asked_for(page_of(other, "/login/passkey"))
    finally:
        passkey.use(before)


# --- R208 to R211: who may add a Scan ----------------------------------------------------------------------------------


@pytest.fixture
def stocked(system, signer):
    devices.import_stock(scans=[devices.ScanKey(serial="S-1", factory_key=bytes(range(32)))], signer=signer_client.bound(),
                         caller=system)


def adds(identity, by_holder, caller):
    """Why the Scan does not join, or its state."""
    try:
        return devices.assign(identity_id=identity.id, serial="S-1", by_holder=by_holder, caller=caller).state
    except IncompatibleDevice as refused:
        return refused.why


def offered(identity, at):
    return [(offer.type, offer.way) for offer in registration.offers(identity.id, at)]


@pytest.mark.requirement("R208", "R209", part="later: the app")
@pytest.mark.parametrize(("state", "offer", "answer"), [
    ("active", [("scan", "self")], "assigned"),
    ("disabled", [], Incompatible.NEEDS_ANOTHER), ("assigned", [], Incompatible.NEEDS_ANOTHER),
    ("retired", [], Incompatible.NEEDS_ANOTHER)])
def test_self_service_needs_an_app_that_is_active(marie, stocked, system, clock, state, offer, answer):
    Device.objects.filter(pk=marie.device.id).update(type="app", state=state)
    assert offered(marie.identity, clock.now()) == offer
    assert adds(marie.identity, True, system) == answer


@pytest.mark.requirement("R208", part="later: the app")
@pytest.mark.requirement("R210")
@pytest.mark.parametrize(("held", "holder", "agent"), [
    ("token", Incompatible.NOT_THIS_WAY, "assigned"), ("app", "assigned", "assigned"),
    ("passkey", Incompatible.NOT_THIS_WAY, Incompatible.NEEDS_ANOTHER),
    ("", Incompatible.NEEDS_ANOTHER, Incompatible.NEEDS_ANOTHER)])
@pytest.mark.parametrize("by_holder", [True, False])
def test_a_scan_needs_a_token_or_an_app(marie, stocked, system, held, holder, agent, by_holder):
    Device.objects.filter(pk=marie.device.id).update(**{"type": held} if held else {"state": "retired"})
    assert adds(marie.identity, by_holder, system) == (holder if by_holder else agent)


@pytest.mark.requirement("R211", part="later: cards")
@pytest.mark.parametrize("chip", ["smartcard", "signing_stick", "eid"])
def test_a_card_takes_no_scan_and_is_offered_none(marie, stocked, system, clock, chip):
    Identity.objects.filter(pk=marie.identity.id).update(device_family="chip")
    Device.objects.filter(pk=marie.device.id).update(type=chip)
    assert offered(marie.identity, clock.now()) == []
    assert adds(marie.identity, False, system) == Incompatible.FAMILY
    assert IncompatibleDevice.code == "incompatible_device"


# --- R081: another device, and an active one ---------------------------------------------------------------------------


@pytest.mark.requirement("R081")
@pytest.mark.parametrize("rests", ["before the login", "after it"])
def test_a_device_that_rests_disables_no_other(marie, scan, browser, system, clock, rests):
    """The Scan opened her session; once it is disabled itself, that session can't disable the Token."""
    own_scan = Device.objects.get(type="scan")
    if rests == "before the login":
        devices.disable(device_id=own_scan.id, reason="holder", caller=system.at_instant(clock.now()))
    to_the_second_step(browser, marie, "scan")
    page = browser.get("/login/code")
    if rests == "before the login":
        with pytest.raises(NotForMe):
            applications.holders.look(scan, re.search(r"PARAPH:[^<]+", page.content.decode())[0])
        return
    login = applications.holders.look(scan, re.search(r"PARAPH:[^<]+", page.content.decode())[0])
    assert browser.post("/login/code", {"code": login.code}).status_code == 302
    devices.disable(device_id=own_scan.id, reason="holder", caller=system.at_instant(clock.now()))
    answer = browser.post(f"/my/products/{marie.device.id}/disable", {"confirmed": "on"})
    assert answer.status_code == 409
    assert Device.objects.get(pk=marie.device.id).state == "active"


# --- R067: further types are flagged, and off in the profile of the requirements ---------------------------------------


@pytest.mark.requirement("R067", part="here: the passkey that is off; app and cards later")
@pytest.mark.parametrize("flagged", [True, False])
def test_where_the_operator_has_no_passkeys_none_is_offered_made_or_used(marie, browser, clock, flagged):
    """Also one that was made before he switched them off."""
    before, key = passkey.current(), Authenticator()
    passkey.use(passkey.relying_party({}, url="http://localhost:8000", name="Paraph"))
    try:
        to_the_second_step(browser, marie, "token")
        browser.post("/login/code", {"code": marie.code(clock.now())})
        browser.post("/my/passkeys")
        options = json.loads(unescape(re.search(r'data-options="([^"]+)"', page_of(browser, "/my/passkeys/new"))[1]))
        assert browser.post("/my/passkeys/new", {"name": "x", "answer": key.make(options)}).status_code == 302
        assert Device.objects.filter(type="passkey", state="active").count() == 1
        if not flagged:
            passkey.use(None)
        other = Client(HTTP_HOST="localhost")
        assert ('value="passkey"' in page_of(other, "/login/")) is flagged
        answer = other.post("/login/password?device=passkey&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
        assert answer.status_code == (302 if flagged else 422)
        assert LoginTransaction.objects.filter(device="passkey").exists() is flagged
        assert ("Ajouter une clé" in page_of(browser, "/my/passkeys")) is flagged
        assert browser.post("/my/passkeys").status_code == (302 if flagged else 404)
    finally:
        passkey.use(before)
