# SPDX-License-Identifier: Apache-2.0
"""R085: a lost, stolen or defective device is replaced; UserID, password, keys and certificates stay the same."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from paraph.domain.accounts.models import ContactPoint
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.gallery import PICTURES
from paraph.domain.certification import queries as certificates
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services as registration
from paraph.domain.support.models import Case
from paraph.kernel.caller import Caller
from paraph.signer import client as signer_client
from testkit import holders
from testkit.applications import IMAGE, log_in
from testkit.simulators.scan import NotForMe, SimulatedScan, look

from .test_console import RIGHT

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "22-2222222-2"


@pytest.fixture
def anne(scene, system):
    """The agent, with a Token of her own that the operator trusts."""
    return holders.trusted_agent(system, role="helpdesk_agent", organisation_id=scene.desk.id)


@pytest.fixture
def agent(client, anne, clock):
    client.again = lambda: log_in(client, identity_id=anne.identity.id, person_id=anne.identity.person_id,
                                  scope="staff", at=clock.now())
    clock.advance(minutes=1)
    client.again()
    return client


@pytest.fixture
def call(agent, holder):
    page = agent.post(f"/helpdesk/open/{holder.identity.id}")["Location"]
    agent.post(f"{page}check", RIGHT)
    return page


@pytest.fixture
def replace(agent, anne, call, holder, scene, clock):
    """The agent replaces Marie's Token by another one; gives the answer of the page."""

    def go(reason="defective", serial=NEW, delivery="post", code=None, old=None):
        if serial == NEW and serial not in scene.seeds:
            scene.stock(serial)
        clock.advance(seconds=30)
        old = old or Device.objects.get(serial=holder.serial)
        return agent.post(f"{call}replace", {"device": str(old.id), "replaced_for": reason, "new_serial": serial,
                                             "delivery": delivery, "code": code or anne.code(clock.now())})
    return go


def text(response):
    return response.content.decode()


def door(holder, code, password="Abc123"):
    """Whether a login with UserID, password and this code of a Token opens My space."""
    browser = Client(HTTP_HOST="localhost")
    browser.post("/login/password?device=token&next=/my/", {"user_id": holder.codes["user_id"], "password": password})
    browser.post("/login/code", {"code": code})
    return browser.get("/my/activity").status_code == 200


def activates(holder, scene, clock, serial=NEW):
    """Marie with her new Token, UserID and password; gives the last answer."""
    browser = Client(HTTP_HOST="localhost")
    first = browser.post("/my/replacement", {"user_id": holder.codes["user_id"], "password": "Abc123"})
    assert first.status_code == 302
    page = browser.get("/my/replacement")["Location"]
    assert browser.get(page)["Location"] == page, "a Token needs no beginning"
    assert serial in text(browser.get(page))
    assert browser.get("/my/activity").status_code == 403, "the session opens nothing else"
    assert browser.post(page, {"code": "000000"}).status_code == 422
    clock.advance(seconds=30)
    return browser, browser.post(page, {"code": scene.shows(serial, clock.now())})


@pytest.mark.requirement("R085")
@pytest.mark.requirement("R083", part="later: a bank's agents, the app and cards")
def test_a_defective_token_is_replaced_and_userid_password_and_certificate_stay(replace, holder, scene, clock):
    before = [(row.serial, row.key_id) for row in certificates.for_subject(str(holder.identity.id))]
    assert replace().status_code == 302
    clock.advance(seconds=30)
    assert door(holder, holder.token_code(clock.now())), "the old one still works, if it can"
    letter, mail = Message.objects.filter(template="replacement_ready").order_by("id")
    assert (letter.channel, mail.channel) == ("letter", "mail") and NEW in letter.content["text"]
    browser, answer = activates(holder, scene, clock)
    assert answer["Location"] == "/my/replacement/done" and holder.serial in text(browser.get(answer["Location"]))
    assert browser.get("/my/products")["Location"].startswith("/login/"), "the way in is closed behind her"
    clock.advance(seconds=30)
    assert door(holder, scene.shows(NEW, clock.now()))
    assert not door(holder, holder.token_code(clock.now())), "the old device is refused"
    assert [(row.serial, row.key_id) for row in certificates.for_subject(str(holder.identity.id))] == before
    assert {device.serial: (device.state, device.reason) for device in Device.objects.filter(identity=holder.identity)} \
        == {holder.serial: ("retired", "defective"), NEW: ("active", "")}
    assert signer_client.bound().device(holder.serial).retired
    assert NEW in Message.objects.get(template="device_replaced").content["text"]
    for code in ("devices.replacement.asked", "devices.replacement.granted", "devices.replacement.allowed",
                 "devices.replacement.finished"):
        assert Event.objects.filter(code=code, about_id=str(holder.identity.id)).count() == 1, code
    fact = Event.objects.get(code="registration.helpdesk.product_replaced").facts
    assert (fact["old"], fact["new"], fact["delivery"]) == (holder.serial, NEW, "post")


@pytest.mark.requirement("R119", part="later: cards")
@pytest.mark.requirement("R124")
def test_the_secret_image_stands_beside_the_code_of_the_new_token(replace, holder):
    """After the password; a button gives up, and what it had opened is closed."""
    replace()
    browser, picture = Client(HTTP_HOST="localhost"), PICTURES[IMAGE].address
    given = {"user_id": holder.codes["user_id"], "password": "Wrong1"}
    assert picture not in text(browser.get("/my/replacement")) + text(browser.post("/my/replacement", given))
    browser.post("/my/replacement", given | {"password": "Abc123"})
    page = browser.get("/my/replacement")["Location"]
    browser.get(page)
    shown = text(browser.get(page))
    assert picture in shown and "probablement un faux" in shown and 'href="tel:+35220000000"' in shown
    assert 'action="/login/logout"' in shown.split("<main")[1]
    browser.post("/login/logout")
    assert browser.get(page).status_code == 302


@pytest.mark.requirement("R085")
@pytest.mark.parametrize("reason", ["lost", "stolen"])
def test_a_lost_one_is_refused_before_the_new_one_is_active(replace, holder, reason, clock):
    assert replace(reason).status_code == 302
    clock.advance(seconds=30)
    assert not door(holder, holder.token_code(clock.now()))
    assert Device.objects.get(serial=holder.serial).state == "retired"
    assert signer_client.bound().device(holder.serial).retired


def test_the_new_one_opens_nothing_before_it_is_activated(replace, holder, scene, clock):
    replace("stolen")
    clock.advance(seconds=30)
    assert not door(holder, scene.shows(NEW, clock.now()))


def test_a_wrong_code_of_the_agent_replaces_nothing(replace, agent, anne, call, holder, clock):
    answer = replace(code="000000")
    assert answer.status_code == 422 and "Ce code n’est pas accepté" in text(answer)
    assert Device.objects.get(serial=NEW).state == "in_stock"
    assert Event.objects.filter(code="devices.replacement.refused").count() == 1
    assert replace().status_code == 302
    used = anne.code(clock.now())
    assert replace(code=used).status_code == 422, "each code counts once"


def test_an_agent_whom_the_operator_has_not_trusted_replaces_nothing(replace, anne):
    signer_client.bound()._ask("dismiss_agent", attempt="dismiss", holder=str(anne.identity.id))
    answer = replace()
    assert answer.status_code == 422 and "pas encore autorisé" in text(answer)
    assert Device.objects.get(serial=NEW).state == "in_stock"


def test_nothing_before_the_caller_is_identified(agent, anne, holder, scene, clock):
    scene.stock(NEW)
    page = agent.post(f"/helpdesk/open/{holder.identity.id}")["Location"]
    old = Device.objects.get(serial=holder.serial)
    clock.advance(seconds=30)
    given = {"device": str(old.id), "replaced_for": "lost", "new_serial": NEW, "delivery": "hand",
             "code": anne.code(clock.now())}
    answer = agent.post(f"{page}replace", given)
    assert answer.status_code == 422 and "pas identifié" in text(answer)
    old.refresh_from_db()
    assert old.state == "active" and not Replacement.objects.exists()


def test_another_kind_of_device_or_one_that_is_not_in_stock_takes_no_place(replace, system):
    devices.import_stock(scans=[devices.ScanKey(serial="SC-1", factory_key=bytes(range(32)))],
                         signer=signer_client.bound(), caller=system)
    assert "ne peut pas être ajouté" in text(replace(serial="SC-1"))
    assert "en stock" in text(replace(serial="99-9999999-9"))


def test_without_a_postal_address_nothing_goes_by_post(replace, holder):
    ContactPoint.objects.filter(identity=holder.identity, kind="postal").delete()
    assert "Aucune adresse postale" in text(replace())
    assert replace(delivery="hand").status_code == 302


def test_a_parcel_that_never_came_is_replaced_by_another_one(replace, holder, scene, clock):
    """Also of a stolen device, which has ended: it is still offered until its new one is active."""
    replace("stolen")
    scene.stock("33-3333333-3")
    assert replace("stolen", serial="33-3333333-3").status_code == 302
    assert Replacement.objects.get().new.serial == "33-3333333-3"
    assert Device.objects.get(serial=NEW).state == "retired"
    _, answer = activates(holder, scene, clock, serial="33-3333333-3")
    assert answer["Location"] == "/my/replacement/done"


@pytest.mark.parametrize("seconds", [-1, 0])
def test_it_is_to_be_activated_within_its_days(replace, holder, scene, clock, seconds):
    replace()
    until = Replacement.objects.get().allowed_until
    clock.advance(seconds=(until - clock.now() + timedelta(seconds=seconds)).total_seconds())
    browser = Client(HTTP_HOST="localhost")
    answer = browser.post("/my/replacement", {"user_id": holder.codes["user_id"], "password": "Abc123"})
    assert answer.status_code == (302 if seconds < 0 else 422)


def test_after_its_days_the_same_device_can_be_allowed_again(replace, agent, call, holder, scene, clock):
    replace()
    clock.advance(days=60)
    agent.again()
    agent.post(f"{call}check", RIGHT)
    assert replace().status_code == 302
    _, answer = activates(holder, scene, clock)
    assert answer["Location"] == "/my/replacement/done"
    assert Device.objects.get(serial=holder.serial).state == "retired"


@pytest.mark.parametrize("wrong", ["user_id", "password", "nothing waits"])
def test_one_answer_to_whatever_was_wrong_and_each_counts(replace, holder, clock, wrong):
    if wrong != "nothing waits":
        replace()
    given = {"user_id": holder.codes["user_id"], "password": "Abc123"} | ({wrong: "Xyz789"} if wrong in (
        "user_id", "password") else {})
    browser = Client(HTTP_HOST="localhost")
    answer = browser.post("/my/replacement", given)
    assert answer.status_code == 422 and "aucun produit de remplacement ne vous attend" in text(answer)
    assert Event.objects.filter(code="authentication.login.refused").count() == 1


def test_five_wrong_passwords_block_this_way_too(replace, holder):
    replace()
    browser = Client(HTTP_HOST="localhost")
    for _ in range(5):
        browser.post("/my/replacement", {"user_id": holder.codes["user_id"], "password": "Wrong1"})
    assert browser.post("/my/replacement", {"user_id": holder.codes["user_id"],
                                            "password": "Abc123"}).status_code == 422


def test_a_revocation_ends_a_replacement_under_way(replace, holder, scene, clock):
    replace()
    registration.revoke(identity_id=holder.identity.id, reason="holder_request", caller=Caller(
        at=clock.now(), channel="web", identity=str(holder.identity.id), session="x", scope="full"))
    assert Replacement.objects.get().state == "cancelled"
    assert {row.state for row in Device.objects.filter(identity=holder.identity)} == {"retired"}


# --- the holder reports it --------------------------------------------------------------------------------------------


@pytest.mark.requirement("R078")
@pytest.mark.parametrize(("reason", "state"), [("lost", "suspended"), ("stolen", "suspended"), ("defective", "active")])
def test_without_a_device_the_initial_codes_report_and_suspend(holder, clock, reason, state):
    browser = Client(HTTP_HOST="localhost")
    given = {"device_type": "token", "reason": reason, **{name: holder.codes[name] for name in (
        "user_id", "initial_password", "challenge")}}
    answer = browser.post("/my/replacement/report", given)
    assert answer["Location"] == "/my/replacement/reported"
    assert ("Votre certificat est suspendu" in text(browser.get(answer["Location"]))) == (state == "suspended")
    assert certificates.for_subject(str(holder.identity.id))[0].state == state
    clock.advance(seconds=30)
    assert Case.objects.get().kind == "replacement"
    assert Message.objects.filter(template="replacement_asked").count() == 1
    assert Replacement.objects.get().asked_by == "codes"
    assert Device.objects.get(serial=holder.serial).state == ("active" if state == "active" else "disabled")


@pytest.mark.requirement("R078")
@pytest.mark.parametrize("wrong", ["user_id", "initial_password", "challenge"])
def test_wrong_codes_fail_and_count(holder, clock, wrong):
    browser = Client(HTTP_HOST="localhost")
    good = {"device_type": "token", "reason": "lost", **{name: holder.codes[name] for name in (
        "user_id", "initial_password", "challenge")}}
    for _ in range(5):
        answer = browser.post("/my/replacement/report", good | {wrong: "000000"})
        assert answer.status_code == 422 and "Ces codes ne sont pas corrects" in text(answer)
    assert not Replacement.objects.exists()
    assert certificates.for_subject(str(holder.identity.id))[0].state == "active"
    assert browser.post("/my/replacement/report", good).status_code == (302 if wrong == "user_id" else 422)


def test_right_codes_are_told_when_there_is_no_such_product(holder):
    browser = Client(HTTP_HOST="localhost")
    answer = browser.post("/my/replacement/report", {"device_type": "scan", "reason": "lost", **{
        name: holder.codes[name] for name in ("user_id", "initial_password", "challenge")}})
    assert answer.status_code == 409 and "aucun produit de ce type" in text(answer)
    assert certificates.for_subject(str(holder.identity.id))[0].state == "active"


@pytest.fixture
def marie(holder, anne, system, clock):
    """Her browser, logged in with the Scan that she has beside her Token."""
    own = holders.Holder(holder.identity, Device.objects.get(serial=holder.serial), holder.scene.seeds[holder.serial])
    clock.advance(seconds=30)
    scan = holders.add_scan(own, Caller.system(at=clock.now(), name="cli:test"))
    browser = Client(HTTP_HOST="localhost")
    browser.post("/login/password?device=scan&next=/my/", {"user_id": holder.codes["user_id"], "password": "Abc123"})
    shown = re.search(r"PARAPH:[^<]+", text(browser.get("/login/code")))[0]
    assert browser.post("/login/code", {"code": look(scan, shown).code}).status_code == 302
    browser.scan = scan
    return browser


def test_with_another_device_she_reports_it_herself_and_finds_it_again(marie, holder, clock):
    old = Device.objects.get(serial=holder.serial)
    assert f"/my/products/{old.id}/replace" in text(marie.get("/my/products"))
    answer = marie.post(f"/my/products/{old.id}/replace", {"reason": "lost"})
    assert answer["Location"] == f"/my/products/replacements/{Replacement.objects.get().id}/send"
    marie.post(f"/my/products/{old.id}/replace", {"reason": "lost"})
    assert Case.objects.count() == Message.objects.filter(template="replacement_asked").count() == 1
    clock.advance(seconds=30)
    assert not door(holder, holder.token_code(clock.now()))
    assert certificates.for_subject(str(holder.identity.id))[0].state == "active"
    assert marie.post(f"/my/products/{old.id}/enable", {"confirmed": "on"}).status_code == 403
    replacement = Replacement.objects.get()
    assert marie.post(f"/my/products/replacements/{replacement.id}/cancel", {"confirmed": "on"}).status_code == 302
    clock.advance(seconds=30)
    assert door(holder, holder.token_code(clock.now()))


def test_who_logs_in_with_it_has_not_lost_it(marie):
    scan = Device.objects.get(serial=marie.scan.serial)
    assert marie.post(f"/my/products/{scan.id}/replace", {"reason": "lost"}).status_code == 409
    assert marie.post(f"/my/products/{scan.id}/replace", {"reason": "defective"}).status_code == 302
    page = marie.get("/my/products").content.decode()
    assert "Il fonctionne de nouveau" in page and "Je l’ai retrouvé" not in page


def test_nobody_reports_or_cancels_what_is_somebody_elses(marie, system, clock):
    other = holders.new(system, given_names="Paul")
    stranger = Client(HTTP_HOST="localhost")
    log_in(stranger, identity_id=other.identity.id, person_id=other.identity.person_id, scope="full", at=clock.now())
    scan = Device.objects.get(serial=marie.scan.serial)
    marie.post(f"/my/products/{scan.id}/replace", {"reason": "defective"})
    assert stranger.post(f"/my/products/{scan.id}/replace", {"reason": "defective"}).status_code == 404
    assert stranger.post(f"/my/products/replacements/{Replacement.objects.get().id}/cancel",
                         {"confirmed": "on"}).status_code == 404


@pytest.mark.requirement("R085")
def test_a_scan_is_replaced_by_a_scan_with_two_images(marie, replace, holder, system, clock):
    devices.import_stock(scans=[devices.ScanKey(serial="SC-2", factory_key=bytes(range(32)))],
                         signer=signer_client.bound(), caller=system)
    old = Device.objects.get(serial=marie.scan.serial)
    assert replace("stolen", serial="SC-2", delivery="hand", old=old).status_code == 302
    new, browser = SimulatedScan("SC-2", bytes(range(32)).hex()), Client(HTTP_HOST="localhost")
    browser.post("/my/replacement", {"user_id": holder.codes["user_id"], "password": "Abc123"})
    page = browser.get("/my/replacement")["Location"]
    assert "deux images" in text(browser.get(page))
    browser.post(page)
    for _ in range(2):
        answer = browser.post(page, {"code": look(new, re.search(r"PARAPH:[^<]+", text(browser.get(page)))[0]).code})
    assert answer["Location"] == "/my/replacement/done"
    assert {device.serial for device in Device.objects.filter(identity=holder.identity, state="active")} \
        == {holder.serial, "SC-2"}

    def opens(scan):
        """With the UserID and the password of before."""
        door = Client(HTTP_HOST="localhost")
        door.post("/login/password?device=scan&next=/my/", {"user_id": holder.codes["user_id"], "password": "Abc123"})
        shown = re.search(r"PARAPH:[^<]+", text(door.get("/login/code")))[0]
        door.post("/login/code", {"code": look(scan, shown).code})
        return door.get("/my/activity").status_code == 200

    assert opens(new)
    with pytest.raises(NotForMe):
        opens(marie.scan)
    assert signer_client.bound().device(old.serial).retired


def test_the_security_code_opens_the_activation_too(replace, agent, call, holder, scene, clock):
    replace("stolen")
    code = text(agent.post(f"{call}security-code")).split("faces-reference\">")[1][:9]
    browser = Client(HTTP_HOST="localhost")
    browser.post("/login/security-code", {"user_id": holder.codes["user_id"], "password": "Abc123",
                                          "security_code": code})
    new = Device.objects.get(serial=NEW)
    page = f"/my/products/{new.id}/add"
    assert page in text(browser.get("/my/products"))
    browser.get(page)
    clock.advance(seconds=30)
    assert browser.post(page, {"code": scene.shows(NEW, clock.now())})["Location"] == "/my/replacement/done"
    assert authentication.REPLACEMENT_SCOPE == "replacement"
