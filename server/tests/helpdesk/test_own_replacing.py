# SPDX-License-Identifier: Apache-2.0
"""Decision 0016: another device of the holder allows the replacement; a thief with password and device gets nothing by it."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import ContactPoint
from paraph.domain.audit.models import Event
from paraph.domain.authentication.models import Session
from paraph.domain.certification import queries as certificates
from paraph.domain.devices.models import Device, Joining, Replacement
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services as registration
from paraph.domain.registration.services import Denied
from paraph.domain.support.models import Case
from paraph.kernel.caller import Caller
from paraph.signer import client as signer_client
from testkit.applications import log_in
from testkit.races import at_once
from testkit.simulators.scan import look

from .test_replacing import NEW, agent, anne, call, door, marie, replace, text  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = datetime(2026, 11, 28, tzinfo=ZoneInfo("Europe/Luxembourg"))


@pytest.fixture
def old(holder):
    return Device.objects.get(serial=holder.serial)


@pytest.fixture
def asked(marie, old):  # noqa: F811
    """Marie has reported her Token as lost and wants a new one sent."""
    page = marie.post(f"/my/products/{old.id}/replace", {"reason": "lost"})["Location"]
    assert "à cette adresse, et à aucune autre" in text(marie.get(page))
    assert marie.post(page, {}).status_code == 422
    assert marie.post(page, {"confirmed": "on"})["Location"] == "/my/replacement/reported"
    return Replacement.objects.get()


@pytest.fixture
def sent(asked, scene, agent):  # noqa: F811
    """The agent took a Token from the drawer; nobody called."""
    scene.stock(NEW)
    page = f"/helpdesk/cases/{Case.objects.get().id}/"
    assert "Produit à envoyer" in text(agent.get(page))
    assert agent.post(f"{page}send", {"sent_serial": NEW})["Location"] == f"{page}?done=sent"
    assert "est parti le" in text(agent.get(page))
    asked.refresh_from_db()
    return asked


def with_scan(browser, holder):
    """A login with the Scan, as after some days."""
    browser.cookies.clear()
    browser.post("/login/password?device=scan&next=/my/", {"user_id": holder.codes["user_id"], "password": "Abc123"})
    return browser.post("/login/code", {"code": look(browser.scan, image(browser, "/login/code")).code})


def image(browser, page):
    return re.search(r"PARAPH:[^<]+", text(browser.get(page)))[0]


def address():
    """The page that the mail names."""
    mail = Message.objects.get(template="replacement_wished", channel="mail")
    return urlsplit(re.search(r"http\S+", mail.content["text"])[0]).path


def state(holder):
    return certificates.for_subject(str(holder.identity.id))[0].state


@pytest.mark.requirement("R085")
@pytest.mark.requirement("R079", part="here: the holder's own other device; an agent elsewhere, cards later")
def test_her_scan_allows_the_new_token_and_nobody_is_called(sent, marie, holder, scene, clock):  # noqa: F811
    letter, mail = Message.objects.filter(template="replacement_sent").order_by("id")
    assert (letter.channel, mail.channel) == ("letter", "mail") and "28 novembre 2026" in letter.content["text"]
    clock.set(FIRST)
    with_scan(marie, holder)
    page = f"/my/products/{sent.new_id}/add"
    assert page in text(marie.get("/my/products"))
    assert "Votre Scan vise d’abord" in text(marie.get(page))
    marie.post(page)
    screen = look(marie.scan, image(marie, page))
    assert NEW in screen.text and holder.serial in screen.text, "the Scan shows what it allows"
    assert marie.post(page, {"code": "00000000"}).status_code == 422
    marie.post(f"{page}/image")
    assert marie.post(page, {"code": screen.code}).status_code == 422, "the answer to an image of before"
    assert marie.post(page, {"code": look(marie.scan, image(marie, page)).code})["Location"] == page
    assert "Quel code votre Token affiche" in text(marie.get(page))
    assert marie.post(page, {"code": holder.token_code(clock.now())}).status_code == 422, "the old one answers nothing"
    clock.advance(seconds=30)
    assert marie.post(page, {"code": scene.shows(NEW, clock.now())})["Location"] == "/my/replacement/done"
    assert "Gérer mes produits" in text(marie.get("/my/replacement/done"))
    assert {row.serial: row.state for row in Device.objects.filter(identity=holder.identity)} \
        == {holder.serial: "retired", NEW: "active", marie.scan.serial: "active"}
    assert signer_client.bound().device(holder.serial).retired
    clock.advance(seconds=30)
    assert door(holder, scene.shows(NEW, clock.now()))
    assert Message.objects.filter(template="device_replaced").count() == 1
    for code in ("wished", "sent", "finished"):
        assert Event.objects.filter(code=f"devices.replacement.{code}").count() == 1, code


@pytest.mark.parametrize(("before", "status"), [(timedelta(microseconds=1), 409), (timedelta(0), 302)])
def test_not_before_the_first_day(sent, marie, holder, clock, before, status):  # noqa: F811
    clock.set(FIRST - before)
    with_scan(marie, holder)
    listed = text(marie.get("/my/products"))
    assert ("À activer à partir du 28 novembre 2026" in listed) is (status == 409)
    assert (f"/my/products/{sent.new_id}/add" in listed) is (status == 302)
    assert marie.post(f"/my/products/{sent.new_id}/add").status_code == status


@pytest.mark.parametrize(("late", "status"), [(timedelta(microseconds=1), 302), (timedelta(0), 404)])
def test_within_its_days(sent, marie, holder, clock, late, status):  # noqa: F811
    clock.set(sent.allowed_until - late)
    with_scan(marie, holder)
    assert marie.post(f"/my/products/{sent.new_id}/add").status_code == status


def test_she_is_told_at_once_by_all_that_reaches_her(holder, anne, system, clock, marie, old):  # noqa: F811
    ContactPoint.objects.filter(identity=holder.identity, kind="mobile").delete()
    page = marie.post(f"/my/products/{old.id}/replace", {"reason": "lost"})["Location"]
    from_mobile = {"identity_id": holder.identity.id, "kind": "mobile", "value": "+352621123456", "read_back": True}
    accounts.record_contact(**from_mobile, caller=system)
    marie.post(page, {"confirmed": "on"})
    told = {message.channel: message for message in Message.objects.filter(template="replacement_wished")}
    assert set(told) == {"mail", "sms"}
    assert "http" not in told["sms"].content["text"] and "http" in told["mail"].content["text"]
    assert marie.scan.serial in told["mail"].content["text"] and "28 novembre 2026" in told["mail"].content["text"]
    assert address().rsplit("/", 1)[1] not in Replacement.objects.get().denial_digest


# --- the thief: he has the password and the Scan, and says that the Token is lost ---------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize("stage", ["asked", "sent", "allowed by the Scan"])
def test_one_button_of_the_mail_stops_the_thief(stage, request, marie, holder, scene, clock):  # noqa: F811
    replacement = request.getfixturevalue("asked" if stage == "asked" else "sent")
    page = f"/my/products/{replacement.new_id}/add"
    if stage == "allowed by the Scan":
        clock.set(FIRST)
        with_scan(marie, holder)
        marie.post(page)
        assert marie.post(page, {"code": look(marie.scan, image(marie, page)).code})["Location"] == page
    elsewhere = Client(HTTP_HOST="localhost")
    assert "tout arrêter" in text(elsewhere.get(address())) and state(holder) == "active", "a look changes nothing"
    assert "<input" not in re.sub(r"<input type=\"hidden\"[^>]*>", "", text(elsewhere.get(address())).split("<main")[1])
    assert elsewhere.post(address())["Location"] == "/my/replacement/not-me"
    assert "Le remplacement est arrêté" in text(elsewhere.get("/my/replacement/not-me"))
    replacement.refresh_from_db()
    assert (replacement.state, state(holder)) == ("denied", "suspended")
    assert marie.get("/my/products").status_code == 302, "the thief's session has ended"
    assert Device.objects.get(serial=holder.serial).state == "disabled", "whoever reads her mail is given nothing back"
    if replacement.new:
        assert Device.objects.get(serial=NEW).state == "retired" and signer_client.bound().device(NEW).retired
    assert Case.objects.filter(kind="phishing", identity=holder.identity).count() == 1
    assert elsewhere.post(address()).status_code == 302 and Case.objects.filter(kind="phishing").count() == 1


def test_the_agent_sees_nothing_to_send_after_it(asked, agent):  # noqa: F811
    case = Case.objects.get(kind="replacement")
    Client(HTTP_HOST="localhost").post(address())
    assert "Produit à envoyer" not in text(agent.get(f"/helpdesk/cases/{case.id}/"))
    assert agent.post(f"/helpdesk/cases/{case.id}/send", {"sent_serial": "22-2222222-2"}).status_code == 422


def test_a_guessed_address_and_one_of_before_stop_nothing(asked, marie, holder):  # noqa: F811
    first = address()
    assert Client(HTTP_HOST="localhost").post(first[:-1] + ("a" if first[-1] != "a" else "b")).status_code == 404
    assert Client(HTTP_HOST="localhost").get("/my/replacement/not-me/x").status_code == 404
    assert Client(HTTP_HOST="localhost").get("/my/replacement/not-me")["Location"] == "/my/"
    assert state(holder) == "active"


def test_after_the_end_it_says_that_it_is_too_late(sent, marie, holder, scene, clock):  # noqa: F811
    clock.set(FIRST)
    with_scan(marie, holder)
    page = f"/my/products/{sent.new_id}/add"
    marie.post(page)
    marie.post(page, {"code": look(marie.scan, image(marie, page)).code})
    clock.advance(seconds=30)
    marie.post(page, {"code": scene.shows(NEW, clock.now())})
    late = Client(HTTP_HOST="localhost")
    late.post(address())
    assert "trop tard" in text(late.get("/my/replacement/not-me")) and state(holder) == "active"


@pytest.mark.parametrize("missing", ["postal", "reachable"])
def test_whom_we_can_not_reach_or_write_to_calls(missing, marie, holder, old):  # noqa: F811
    kinds = ("postal",) if missing == "postal" else ("email", "mobile")
    ContactPoint.objects.filter(identity=holder.identity, kind__in=kinds).delete()
    answer = marie.post(f"/my/products/{old.id}/replace", {"reason": "lost"})
    assert answer["Location"] == "/my/replacement/reported", "the report itself stands"
    page = f"/my/products/replacements/{Replacement.objects.get().id}/send"
    assert {"postal": "adresse postale", "reachable": "pour vous prévenir"}[missing] in text(marie.get(page))
    assert marie.post(page, {"confirmed": "on"}).status_code == 422
    assert not Replacement.objects.get().asked_with and not Message.objects.filter(template="replacement_wished")


@pytest.mark.requirement("R086")
def test_a_scan_is_not_sent(marie, holder, old, clock):  # noqa: F811
    clock.advance(seconds=30)
    browser = Client(HTTP_HOST="localhost")
    browser.post("/login/password?device=token&next=/my/", {"user_id": holder.codes["user_id"], "password": "Abc123"})
    assert browser.post("/login/code", {"code": holder.token_code(clock.now())}).status_code == 302
    scan = Device.objects.get(serial=marie.scan.serial)
    assert browser.post(f"/my/products/{scan.id}/replace", {"reason": "lost"})["Location"] == "/my/replacement/reported"
    page = f"/my/products/replacements/{Replacement.objects.get().id}/send"
    assert "banque" in text(browser.get(page)) and browser.post(page, {"confirmed": "on"}).status_code == 422


@pytest.mark.parametrize(("scope", "status"), [("devices", 403), ("full", 422)])
def test_only_a_session_of_the_other_device_may_ask(scope, status, marie, holder, old, clock):  # noqa: F811
    """A security code, a passkey or the device itself is not enough."""
    other = Client(HTTP_HOST="localhost")
    log_in(other, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope=scope, at=clock.now())
    answer = other.post(f"/my/products/{old.id}/replace", {"reason": "defective"})
    assert answer["Location"] == "/my/replacement/reported"
    page = f"/my/products/replacements/{Replacement.objects.get().id}/send"
    assert "avec un autre Token ou Scan" in text(other.get(page))
    assert other.post(page, {"confirmed": "on"}).status_code == status
    assert marie.post(page, {"confirmed": "on"}).status_code == 302


def test_she_finds_it_while_the_new_one_is_on_its_way_and_the_next_one_is_an_agents_matter(
        sent, marie, holder, old, clock):  # noqa: F811
    answer = marie.post(f"/my/products/replacements/{sent.id}/cancel", {"confirmed": "on"})
    assert answer.status_code == 302 and Device.objects.get(serial=NEW).state == "retired"
    assert signer_client.bound().device(NEW).retired
    clock.advance(seconds=30)
    assert door(holder, holder.token_code(clock.now()))
    assert marie.post(f"/my/products/{old.id}/replace", {"reason": "lost"})["Location"] == "/my/replacement/reported"
    page = f"/my/products/replacements/{Replacement.objects.exclude(pk=sent.pk).get().id}/send"
    assert "Appelez-nous pour le suivant" in text(marie.get(page))


def test_a_parcel_that_never_came_is_sent_again(sent, marie, agent, scene):  # noqa: F811
    assert marie.post(f"/my/products/{sent.new_id}/replace", {"reason": "lost"}).status_code == 302
    sent.refresh_from_db()
    assert (sent.state, sent.new, Device.objects.get(serial=NEW).state) == ("asked", None, "retired")
    scene.stock("33-3333333-3")
    page = f"/helpdesk/cases/{Case.objects.order_by('-id').first().id}/"
    assert agent.post(f"{page}send", {"sent_serial": "33-3333333-3"}).status_code == 302
    assert Device.objects.get(serial="33-3333333-3").state == "assigned"


def test_nobody_but_an_agent_sends_and_only_what_was_asked_for(asked, marie, agent, scene):  # noqa: F811
    scene.stock(NEW)
    page = f"/helpdesk/cases/{Case.objects.get().id}/send"
    assert marie.post(page, {"sent_serial": NEW}).status_code == 403
    call = agent.post(f"/helpdesk/open/{asked.identity_id}")["Location"]  # noqa: F811
    marie.post(f"/my/products/replacements/{asked.id}/cancel", {"confirmed": "on"})
    assert agent.post(f"{call}send", {"sent_serial": NEW}).status_code == 422
    assert Device.objects.get(serial=NEW).state == "in_stock"


# --- an agent hands it over, the holder allows it ------------------------------------------------------------------------


def test_an_agent_without_a_code_leaves_it_to_her_scan_at_once(replace, marie, holder, scene, clock):  # noqa: F811
    """Also one whom the operator has not trusted: a bank's officer."""
    assert replace(code=" ", reason="lost").status_code == 302
    replacement = Replacement.objects.get()
    assert (replacement.state, replacement.usable_from, replacement.allowed_by) == ("sent", None, "")
    page = f"/my/products/{replacement.new_id}/add"
    marie.post(page)
    assert marie.post(page, {"code": look(marie.scan, image(marie, page)).code})["Location"] == page
    clock.advance(seconds=30)
    assert marie.post(page, {"code": scene.shows(NEW, clock.now())})["Location"] == "/my/replacement/done"


def test_without_another_device_the_agents_code_is_needed(replace, holder):  # noqa: F811
    answer = replace(code=" ")
    assert answer.status_code == 422 and "n’a pas d’autre produit actif" in text(answer)
    assert not Replacement.objects.exists() and Device.objects.get(serial=NEW).state == "in_stock"


@pytest.mark.parametrize("language", ["de", "en"])
def test_in_the_other_languages(sent, marie, holder, agent, language):  # noqa: F811
    words = {"de": ("Das war nicht ich", "ist unterwegs", "Produkt geschickt"),
             "en": ("It was not me", "is on its way", "Product sent")}[language]
    assert words[0] in text(Client(HTTP_HOST="localhost").get(f"{address()}?language={language}"))
    assert words[1] in text(marie.get(f"/my/products?language={language}"))
    case = Case.objects.get(kind="replacement")
    assert words[2] in text(agent.get(f"/helpdesk/cases/{case.id}/?language={language}"))


# --- races ----------------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_denied_and_finished_at_one_instant_only_one_holds(sent, marie, holder, scene, clock):  # noqa: F811
    clock.set(FIRST)
    with_scan(marie, holder)
    page, secret = f"/my/products/{sent.new_id}/add", address().rsplit("/", 1)[1]
    marie.post(page)
    marie.post(page, {"code": look(marie.scan, image(marie, page)).code})
    clock.advance(seconds=30)
    joining = Joining.objects.get(replacement=sent, state="allowed").id
    own = Caller(at=clock.now(), channel="web", identity=str(holder.identity.id), scope="full", session="s")
    answer, anybody = scene.shows(NEW, clock.now()), Caller(at=clock.now(), channel="web")

    def act(number):
        if number % 2:
            return str(registration.deny_replacement(secret=secret, caller=anybody))
        return str(registration.finish_product(joining_id=joining, answer=answer, caller=own))

    outcomes = at_once(act, times=8)
    sent.refresh_from_db()
    new = Device.objects.get(serial=NEW)
    assert (sent.state, new.state) in (("done", "active"), ("denied", "retired"))
    assert ("accepted" in outcomes) is (sent.state == "done")
    assert (str(Denied.DONE) in outcomes) is (sent.state == "denied")
    assert outcomes.count("accepted") <= 1


@pytest.mark.both_databases
def test_asked_for_eight_times_at_one_instant_it_is_sent_once_and_told_once(marie, holder, old, clock):  # noqa: F811
    marie.post(f"/my/products/{old.id}/replace", {"reason": "lost"})
    replacement = Replacement.objects.get()
    session = Session.objects.get(identity_id=holder.identity.id, ended_at=None, scope="full")
    own = Caller(at=clock.now(), channel="web", identity=str(holder.identity.id), scope="full", session=str(session.id))
    outcomes = at_once(lambda number: str(registration.ask_for_sending(
        replacement_id=replacement.id, denial_address="https://paraph.example/", caller=own)), times=8)
    assert outcomes.count("2026-11-28") == 1 and outcomes.count("not_allowed") == 7
    told = [message.channel for message in Message.objects.filter(template="replacement_wished")]
    assert len(told) == len(set(told)) and "mail" in told


def test_asked_again_the_address_of_the_mail_stays_good(asked, marie, holder):  # noqa: F811
    page = f"/my/products/replacements/{asked.id}/send"
    assert marie.get(page)["Location"] == marie.post(page, {"confirmed": "on"})["Location"] == "/my/products"
    Client(HTTP_HOST="localhost").post(address())
    assert state(holder) == "suspended"
