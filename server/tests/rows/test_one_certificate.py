# SPDX-License-Identifier: Apache-2.0
"""Several devices of one certificate: each opens it with the same UserID and password, each rests on its own, and My space
says which there are and what can be done."""

import re

import pytest
from django.test import Client
from lxml import html

from paraph.domain.accounts.models import Identity
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import LoginEvidence, Session
from paraph.domain.certification import queries as certificates
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.signer import client as signer_client
from testkit import holders
from testkit.simulators.scan import NotForMe, SimulatedScan, look


def page_of(browser, address, **query):
    answer = browser.get(address, query)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def opened(marie, scan, device, at, password=holders.PASSWORD):
    """A browser with a session, opened by this device; None where it opens nothing."""
    browser = Client(HTTP_HOST="localhost")
    answer = browser.post(f"/login/password?device={device}&next=/my/", {"user_id": marie.user_id, "password": password})
    if answer.status_code != 302:
        return None
    if device == "token":
        code = marie.code(at)
    else:
        try:
            code = look(scan, re.search(r"PARAPH:[^<]+", page_of(browser, "/login/code"))[0]).code
        except NotForMe:
            code = "00000000"
    browser.post("/login/code", {"code": code})
    return browser if browser.get("/my/activity").status_code == 200 else None


def device_of(marie, kind):
    return Device.objects.get(identity=marie.identity, type=kind)


# --- R073: one certificate, one UserID, one password --------------------------------------------------------------------


@pytest.mark.requirement("R073", part="later: the app")
def test_after_adding_a_scan_in_my_space_either_device_opens_the_same_certificate(marie, system, clock):
    devices.import_stock(scans=[devices.ScanKey(serial="S-1", factory_key=bytes(range(32)))], signer=signer_client.bound(),
                         caller=system)
    scan = SimulatedScan("S-1", bytes(range(32)).hex())
    page = f"/my/products/{devices.assign(identity_id=marie.identity.id, serial='S-1', caller=system).id}/add"
    browser = opened(marie, scan, "token", clock.now())
    assert opened(marie, scan, "scan", clock.now()) is None, "not before it was added"
    browser.post(page)
    clock.advance(seconds=30)
    browser.post(page, {"code": marie.code(clock.now())})
    for _ in range(2):
        browser.post(page, {"code": look(scan, re.search(r"PARAPH:[^<]+", page_of(browser, page))[0]).code})
    clock.advance(seconds=30)
    for device in ("token", "scan"):
        assert opened(marie, scan, device, clock.now(), password="Wrong1") is None
        assert opened(marie, scan, device, clock.now()), device
    used = {row.device_serial: row.certificate_serial for row in LoginEvidence.objects.filter(identity=marie.identity)}
    assert set(used) == {marie.device.serial, "S-1"} and len(set(used.values())) == 1
    assert Identity.objects.filter(person_id=marie.identity.person_id).count() == 1


# --- R080, R081: one rests, the other opens -----------------------------------------------------------------------------


@pytest.mark.requirement("R080", "R081")
@pytest.mark.parametrize(("rests", "opens"), [("token", "scan"), ("scan", "token")])
def test_one_rests_for_a_time_and_the_other_opens_the_same_certificate(marie, scan, clock, rests, opens):
    resting = device_of(marie, rests)
    left_open = opened(marie, scan, rests, clock.now())
    clock.advance(seconds=30)
    browser = opened(marie, scan, opens, clock.now())
    before = [(row.serial, row.state) for row in certificates.for_subject(str(marie.identity.id))]
    assert browser.post(f"/my/products/{resting.id}/disable", {"confirmed": "on"}).status_code == 302
    assert left_open.get("/my/activity")["Location"].startswith("/login/"), "what it had opened has ended"
    assert browser.get("/my/activity").status_code == 200, "and nothing else"
    clock.advance(seconds=30)
    assert opened(marie, scan, rests, clock.now()) is None
    again = opened(marie, scan, opens, clock.now())
    assert again, "the other device opens as before"
    assert [(row.serial, row.state) for row in certificates.for_subject(str(marie.identity.id))] == before
    assert {state for _, state in before} == {"active"}
    clock.advance(days=40)  # longer than any suspension may last (R158)
    browser = opened(marie, scan, opens, clock.now())
    assert browser.post(f"/my/products/{resting.id}/enable", {"confirmed": "on"}).status_code == 302
    clock.advance(seconds=30)
    assert opened(marie, scan, rests, clock.now()), "temporarily: it opens again"
    assert Event.objects.filter(code="devices.device.disabled").count() == 1


@pytest.mark.requirement("R081")
def test_nobody_disables_without_a_login(marie, scan, browser):
    token = device_of(marie, "token")
    assert browser.post(f"/my/products/{token.id}/disable", {"confirmed": "on"})["Location"].startswith("/login/")
    assert device_of(marie, "token").state == "active"


# --- R133: what there is, and what can be done --------------------------------------------------------------------------


NAMES = {"fr": ("Ajouter un dispositif", "Actif", "Désactivé", "Désactiver"),
         "de": ("Gerät hinzufügen", "Aktiv", "Abgeschaltet", "Abschalten"),
         "en": ("Add a device", "Active", "Disabled", "Disable")}


@pytest.mark.requirement("R133", part="later: the app")
@pytest.mark.parametrize("language", NAMES)
def test_each_device_has_its_name_and_state_and_what_may_be_done_with_it(marie, scan, clock, language):
    adding, active, disabled, disable = NAMES[language]
    token, own_scan = device_of(marie, "token"), device_of(marie, "scan")
    browser = opened(marie, scan, "scan", clock.now())

    def of(device):
        """What stands under the name of a device, and the addresses to which it leads."""
        page = html.fromstring(page_of(browser, "/my/products", language=language))
        assert adding in page.text_content()
        [name] = [title for title in page.xpath("//main//h3") if " ".join(title.text_content().split()) ==
                  f"{device.type.title()} {device.serial}"]
        told = [name.getnext(), name.getnext().getnext()]
        return " ".join(" ".join(part.text_content() for part in told).split()), [
            address for part in told for address in part.xpath(".//a/@href")]

    words, leads = of(token)
    assert active in words and disable in words and f"/my/products/{token.id}/disable" in leads
    words, leads = of(own_scan)
    assert active in words and f"/my/products/{own_scan.id}/disable" not in leads, "it opened this session"
    browser.post(f"/my/products/{token.id}/disable", {"confirmed": "on"})
    words, leads = of(token)
    assert disabled in words and f"/my/products/{token.id}/enable" in leads
    assert f"/my/products/{token.id}/disable" not in leads


# --- R132, R134: entries without a session ------------------------------------------------------------------------------


@pytest.mark.requirement("R132", "R134")
@pytest.mark.parametrize(("language", "forgotten", "unblock"), [
    ("fr", "Mot de passe oublié", "Débloquer mon compte"), ("de", "Passwort vergessen", "Mein Konto entsperren"),
    ("en", "Forgotten password", "Unblock my account")])
def test_the_entries_stand_in_the_menu_without_a_session(db, browser, language, forgotten, unblock):
    menu = page_of(browser, "/my/", language=language)
    for name, address in ((forgotten, "/my/forgotten-password"), (unblock, "/my/unblock")):
        assert re.search(rf'href="{address}"[^>]*>\s*{name}', menu), name
        page = page_of(browser, address)
        assert 'name="user_id"' in page and name in page


# --- R131: whose menu it is ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("R131", part="later: the app and cards")
@pytest.mark.parametrize("kind", ["token", "scan", "app", "passkey", "smartcard", "signing_stick", "eid"])
def test_the_password_is_changed_by_those_who_have_one(marie, scan, clock, kind):
    browser = opened(marie, scan, "token", clock.now())
    chip = kind in ("smartcard", "signing_stick", "eid")
    Identity.objects.filter(pk=marie.identity.id).update(device_family="chip" if chip else "server")
    Device.objects.filter(pk=marie.device.id).update(type=kind)
    assert ("/login/change-password" in page_of(browser, "/my/")) is not chip


@pytest.mark.requirement("R131", part="later: the app and cards")
def test_with_a_scan_alone_the_new_password_opens_and_the_old_one_does_not(marie, scan, clock, system):
    devices.retire(device_id=marie.device.id, reason="lost", caller=system.at_instant(clock.now()))
    browser = opened(marie, scan, "scan", clock.now())
    changed = browser.post("/login/change-password", {"current": holders.PASSWORD, "password": "Neu456", "again": "Neu456"})
    assert changed.status_code == 302
    assert opened(marie, scan, "scan", clock.now()) is None
    assert opened(marie, scan, "scan", clock.now(), password="Neu456")


# --- R078: the initial codes of the first order -------------------------------------------------------------------------


@pytest.mark.requirement("R078")
@pytest.mark.parametrize("wrong", [{"initial_password": "Other12345"}, {"challenge": "000000"}])
@pytest.mark.parametrize(("address", "more"), [
    ("/my/certificate/suspend-with-codes", {}), ("/my/replacement/report", {"device_type": "token", "reason": "lost"})])
@pytest.mark.parametrize("too_many", [False, True])
def test_without_the_device_her_codes_suspend_until_too_many_were_wrong(marie, browser, wrong, address, more, too_many):
    codes = {"user_id": marie.user_id, "initial_password": holders.INITIAL_PASSWORD, "challenge": holders.CHALLENGE, **more}
    tries = rules.current().code_tries - (0 if too_many else 1)
    for _ in range(tries):
        assert browser.post(address, codes | wrong).status_code == 422
    assert Event.objects.filter(code="authentication.credential.codes_refused").count() == tries
    assert browser.post(address, codes).status_code == (422 if too_many else 302)
    state = certificates.for_subject(str(marie.identity.id))[0].state
    assert state == ("active" if too_many else "suspended")


# --- R135: with no device left ------------------------------------------------------------------------------------------


@pytest.mark.requirement("R082", "R135")
def test_with_no_device_left_the_code_opens_device_management(marie, browser, clock, system):
    devices.disable(device_id=marie.device.id, reason="lost", caller=system.at_instant(clock.now()))
    assert opened(marie, None, "token", clock.now()) is None
    code = authentication.make_security_code(
        identity_id=marie.identity.id, caller=Caller(at=clock.now(), channel="web", person=str(marie.identity.person_id)))
    given = {"user_id": marie.user_id, "password": holders.PASSWORD, "security_code": code}
    for missing in given:
        assert browser.post("/login/security-code", given | {missing: ""}).status_code in (200, 422), missing
    assert browser.post("/login/security-code", given)["Location"] == "/my/products"
    assert f"/my/products/{marie.device.id}/enable" in page_of(browser, "/my/products")
    assert [(session.scope, session.amr) for session in Session.objects.filter(ended_at=None)] == [("devices", ["pwd", "otp"])]
    assert browser.post(f"/my/products/{marie.device.id}/enable", {"confirmed": "on"}).status_code == 302
    assert opened(marie, None, "token", clock.now())
