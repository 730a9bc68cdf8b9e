# SPDX-License-Identifier: Apache-2.0
"""A product that was lost on its way, or is defective out of the box: another one takes its place before the activation."""

from datetime import timedelta

import pytest
from django.test import Client

from paraph.domain.accounts.models import Identity
from paraph.domain.audit.models import Event
from paraph.domain.certification import queries as certificates
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services as registration
from paraph.domain.registration.models import Activation
from paraph.domain.registration.services import AlreadyActivated, UnderWay
from paraph.domain.support.models import Case
from paraph.kernel.caller import Caller
from paraph.signer import client as signer_client
from testkit import holders
from testkit.applications import ACTIVATION_CODE, IMAGE, PASSWORD, log_in
from testkit.races import at_once

from .test_console import RIGHT
from .test_replacing import NEW, agent, anne, text  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/my/certificate/activate"


@pytest.fixture
def holder(prepared):
    """Marie, approved: she was handed a Token and sent her codes."""
    prepared.identity = Identity.objects.get(pk=prepared.order.identity_id)
    return prepared


@pytest.fixture
def replace(agent, anne, holder, scene, clock):  # noqa: F811
    """The agent identifies the caller and replaces what she was handed."""

    def go(reason="defective", delivery="post", code=None, serial=NEW):
        if serial not in scene.seeds:
            scene.stock(serial)
        agent.again()
        call = agent.post(f"/helpdesk/open/{holder.identity.id}")["Location"]
        agent.post(f"{call}check", RIGHT)
        clock.advance(seconds=30)
        return agent.post(f"{call}replace", {
            "device": str(Device.objects.get(identity=holder.identity, state="assigned").id), "replaced_for": reason,
            "new_serial": serial, "delivery": delivery, "code": code or anne.code(clock.now())})

    return go


def reports(holder, reason="lost", **changed):
    browser = Client(HTTP_HOST="localhost")
    answer = browser.post("/my/replacement/report", {"device_type": "token", "reason": reason, **{
        name: holder.codes[name] for name in ("user_id", "initial_password", "challenge")}, **changed})
    return browser, answer


def walk(holder, token_code, upto="done"):
    browser = Client(HTTP_HOST="localhost")
    answers = {
        "check": {}, "codes": {name: holder.codes[name] for name in ("user_id", "initial_password")},
        "code": {"activation_code": ACTIVATION_CODE}, "device": {"code": token_code()},
        "password": {"password": PASSWORD, "again": PASSWORD}, "image": {"image": IMAGE},
        "content": {"accepted": "on"}, "terms": {"accepted": "on"}}
    browser.get(BASE)
    for page, answer in answers.items():
        if page == upto:
            break
        browser.get(f"{BASE}/{page}")
        response = browser.post(f"{BASE}/{page}", answer)
        if response.status_code != 302:
            return browser, response
    return browser, browser.get(response["Location"])


def states(holder):
    return {row.serial: row.state for row in Device.objects.filter(identity=holder.identity)}


@pytest.mark.both_databases
@pytest.mark.parametrize("reason", ["lost", "defective"])
def test_reported_with_the_codes_replaced_by_the_agent_activated_by_marie(reason, holder, replace, scene, clock):
    assert "n’est pas arrivé" in text(Client(HTTP_HOST="localhost").get(BASE))
    browser, answer = reports(holder, reason)
    assert answer["Location"] == "/my/replacement/reported"
    assert "suspendu" not in text(browser.get(answer["Location"])), "there is nothing to suspend"
    assert Case.objects.get().kind == "replacement" and Replacement.objects.get().state == "asked"
    assert replace(reason).status_code == 302
    assert states(holder) == {holder.serial: "retired", NEW: "assigned"}
    assert Replacement.objects.get().state == "done"
    letter = Message.objects.get(template="product_exchanged", channel="letter").content["text"]
    assert NEW in letter and "Activer mon produit" in letter
    _, done = walk(holder, lambda: scene.shows(NEW, clock.now()))
    assert "Votre produit est activé" in text(done)
    assert states(holder)[NEW] == "active" and certificates.for_subject(str(holder.identity.id))[0].state == "active"
    assert Event.objects.filter(code="devices.replacement.exchanged").count() == 1


def test_a_wrong_code_of_the_agent_replaces_nothing(replace, holder, clock):
    assert replace(code="000000").status_code == 422
    assert states(holder) == {holder.serial: "assigned"}


@pytest.mark.parametrize("reason", ["lost", "stolen"])
def test_what_was_reported_lost_can_not_be_activated(reason, holder, clock):
    reports(holder, reason)
    _, answer = walk(holder, lambda: holder.token_code(clock.now()))
    assert answer.status_code == 409 and "ne peut plus être activé" in text(answer)
    assert not certificates.for_subject(str(holder.identity.id))


def test_what_was_reported_defective_and_works_after_all_is_activated(holder, clock):
    reports(holder, "defective")
    _, done = walk(holder, lambda: holder.token_code(clock.now()))
    assert "Votre produit est activé" in text(done)


@pytest.mark.parametrize("upto", ["code", "device", "password", "terms"])
def test_an_activation_under_way_ends_with_the_report(upto, holder, clock):
    browser, _ = walk(holder, lambda: holder.token_code(clock.now()), upto=upto)
    reports(holder, "stolen")
    holder.order.refresh_from_db()
    assert holder.order.state == "prepared" and Activation.objects.get().state == "abandoned"
    assert browser.get(f"{BASE}/{upto}")["Location"] == BASE


def test_at_the_very_last_step_it_is_too_late_to_report(holder, clock):
    walk(holder, lambda: holder.token_code(clock.now()), upto="terms")
    Activation.objects.update(state="acting")
    _, answer = reports(holder, "lost")
    assert answer.status_code == UnderWay.status and not Replacement.objects.exists()


@pytest.mark.both_databases
def test_one_that_answered_and_broke_before_the_keys_were_made(holder, replace, scene, clock):
    """To the signer it is already hers: the agent's code lets the new one in, and nothing else would."""
    walk(holder, lambda: holder.token_code(clock.now()), upto="password")
    assert signer_client.bound().device(holder.serial).holder == str(holder.identity.id)
    clock.advance(minutes=31)
    assert replace("defective", "hand").status_code == 302
    assert signer_client.bound().device(holder.serial).retired
    clock.advance(seconds=30)
    _, done = walk(holder, lambda: scene.shows(NEW, clock.now()))
    assert "Votre produit est activé" in text(done)
    assert signer_client.bound().device(NEW).holder == str(holder.identity.id)


@pytest.mark.parametrize(("late", "status"), [(timedelta(microseconds=1), 200), (timedelta(0), 409)])
def test_the_days_of_the_order_stay(holder, replace, scene, clock, late, status):
    replace()
    clock.set(holder.order.activation_deadline - late)
    _, answer = walk(holder, lambda: scene.shows(NEW, clock.now()))
    assert answer.status_code == status


@pytest.mark.parametrize("wrong", ["user_id", "initial_password", "challenge"])
def test_wrong_codes_report_nothing(holder, wrong):
    _, answer = reports(holder, **{wrong: "222222"})
    assert answer.status_code == 422 and not Replacement.objects.exists()


def test_a_scan_beside_the_token_that_never_came(holder, anne, agent, scene, system, clock):  # noqa: F811
    walk(holder, lambda: holder.token_code(clock.now()))
    keys = {"SC-1": bytes(range(32)), "SC-2": bytes(range(1, 33))}
    devices.import_stock(scans=[devices.ScanKey(serial=serial, factory_key=key) for serial, key in keys.items()],
                         signer=signer_client.bound(), caller=system)
    lost = devices.assign(identity_id=holder.identity.id, serial="SC-1", caller=system)
    clock.advance(seconds=30)
    browser = Client(HTTP_HOST="localhost")
    browser.post("/login/password?device=token&next=/my/", {"user_id": holder.codes["user_id"], "password": PASSWORD})
    assert browser.post("/login/code", {"code": holder.token_code(clock.now())}).status_code == 302
    assert "Il n’est pas arrivé, ou ne fonctionne pas" in text(browser.get("/my/products"))
    assert browser.post(f"/my/products/{lost.id}/replace", {"reason": "lost"})["Location"] == "/my/replacement/reported"
    call = agent.post(f"/helpdesk/open/{holder.identity.id}")["Location"]
    agent.post(f"{call}check", RIGHT)
    clock.advance(seconds=30)
    assert agent.post(f"{call}replace", {
        "device": str(lost.id), "replaced_for": "lost", "new_serial": "SC-2", "delivery": "post",
        "code": anne.code(clock.now())}).status_code == 302
    assert states(holder) == {holder.serial: "active", "SC-1": "retired", "SC-2": "assigned"}
    page = f"/my/products/{Device.objects.get(serial='SC-2').id}/add"
    assert page in text(browser.get("/my/products"))
    browser.post(page)
    clock.advance(seconds=30)
    assert browser.post(page, {"code": holder.token_code(clock.now())})["Location"] == page


@pytest.mark.both_databases
def test_reported_and_activated_at_one_instant(holder, clock, system):
    browser, _ = walk(holder, lambda: holder.token_code(clock.now()), upto="terms")
    activation, own = Activation.objects.get(), Caller(at=clock.now(), channel="web")
    codes = {name: holder.codes[name] for name in ("user_id", "initial_password", "challenge")}

    def act(number):
        if number % 2:
            return str(registration.report_product_with_codes(**codes, device_type="token", reason="stolen", caller=own))
        try:
            return registration.activate(activation_id=activation.id, texts=[holder.scene.texts[0].id], caller=own).state
        except AlreadyActivated as refusal:
            return refusal.code

    outcomes = at_once(act, times=6)
    device = Device.objects.get(serial=holder.serial)
    pair = certificates.for_subject(str(holder.identity.id))
    activation.refresh_from_db()
    if activation.state == "activated":
        # Reported after it: the device rests and the certificates with it. Else the very last step refused the report.
        assert (device.state, pair[0].state) in (("disabled", "suspended"), ("active", "active")), outcomes
    else:
        assert (activation.state, device.state) == ("abandoned", "assigned") and not pair, outcomes


def test_at_the_desk_it_is_exchanged_from_hand_to_hand(holder, client, scene, system, clock):
    """The officer opens a visit by the number on the box, compares the document, and hands over another one."""
    officer = holders.trusted_agent(system, role="registration_officer", organisation_id=scene.desk.id)
    clock.advance(minutes=1)
    log_in(client, identity_id=officer.identity.id, person_id=officer.identity.person_id, scope="staff", at=clock.now())
    assert "Il ne fonctionne pas, ou n’est pas arrivé" in text(client.get(f"/desk/orders/{holder.order.id}/"))
    visit = client.post("/desk/visits/", {"sought": holder.serial})["Location"]
    document = {"type": "identity_card", "country": "LU", "number": "XAB12CD34", "expires_on_day": "30",
                "expires_on_month": "6", "expires_on_year": "2030", "family_names": "Specimen", "given_names": "Marie",
                "birth_date_day": "1", "birth_date_month": "1", "birth_date_year": "1985", "person_present": "on"}
    assert client.post(f"{visit}check", document).status_code == 302
    scene.stock(NEW)
    asked = {"device": str(Device.objects.get(serial=holder.serial).id), "replaced_for": "defective", "new_serial": NEW,
             "delivery": "hand"}
    clock.advance(seconds=30)
    answer = client.post(f"{visit}replace", asked)
    assert answer.status_code == 422 and "code de votre propre Token" in text(answer), "nobody else could allow it"
    assert client.post(f"{visit}replace", asked | {"code": officer.code(clock.now())}).status_code == 302
    assert not Message.objects.filter(template="product_exchanged", channel="letter").exists()
    _, done = walk(holder, lambda: scene.shows(NEW, clock.now()))
    assert "Votre produit est activé" in text(done)
