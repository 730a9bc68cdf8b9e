# SPDX-License-Identifier: Apache-2.0
"""Mot de passe oublié, Débloquer mon compte, Changer mon image secrète, Gérer mes produits, Signaler une fraude."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from paraph.domain.accounts.models import Identity
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.gallery import PICTURES
from paraph.domain.authentication.models import Credential, LoginEvidence, Session
from paraph.domain.certification import queries as certificates
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.support.models import Case
from paraph.interfaces.callers import SESSION_KEY
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from testkit.applications import IMAGE, PASSWORD, log_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def marie(client, holder, clock):
    def scope(name):
        log_in(client, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope=name, at=clock.now())

    client.scope = scope
    scope("full")
    return client


def text(response):
    return response.content.decode()


def plain(response):
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text(response))
    page = re.sub(r'(name="user_id"[^>]*) value="[^"]*"', r"\1", page)
    return re.sub(r"[0-9a-f]{32}", "", page)


def sms(clock):
    authentication.send_codes(caller=Caller(at=clock.now(), channel="job:codes"))
    found = Message.objects.filter(template="sms_code").order_by("-created_at").first()
    return found.content["codes"]["code"] if found else ""


def door(client, holder, password):
    return client.post("/login/password?device=token&next=/my/", {
        "user_id": holder.codes["user_id"], "password": password}).status_code


@pytest.mark.requirement("R132", "R140")
def test_a_forgotten_password_is_replaced_without_a_session(client, holder, clock):
    asked = client.post("/my/forgotten-password", {"user_id": holder.codes["user_id"]})
    assert asked["Location"] == "/my/forgotten-password/codes"
    page = text(client.get(asked["Location"]))
    assert "+352 20 00 00 00" in page and 'autocomplete="new-password"' in page
    sent = {"user_id": holder.codes["user_id"], "sms_code": sms(clock), "code": holder.token_code(clock.now()),
            "password": "Neu456", "again": "Neu456"}
    assert client.post(asked["Location"], sent | {"again": "Neu457"}).status_code == 422
    assert client.post(asked["Location"], sent)["Location"] == "/my/forgotten-password/done"
    assert door(Client(HTTP_HOST="localhost"), holder, PASSWORD) == 200
    assert door(Client(HTTP_HOST="localhost"), holder, "Neu456") == 302


@pytest.mark.requirement("R140")
@pytest.mark.parametrize(("after", "messages"), [(timedelta(seconds=30) - timedelta(microseconds=1), 1),
                                                 (timedelta(seconds=30), 2)])
def test_who_asks_again_too_soon_keeps_the_sms_that_is_on_its_way(client, holder, clock, after, messages):
    asked = client.post("/my/forgotten-password", {"user_id": holder.codes["user_id"]})
    first = sms(clock)
    clock.set(clock.now() + after)
    client.post("/my/forgotten-password", {"user_id": holder.codes["user_id"]})
    latest = sms(clock)
    assert Message.objects.filter(template="sms_code").count() == messages and (first == latest) == (messages == 1)
    answer = client.post(asked["Location"], {
        "user_id": holder.codes["user_id"], "sms_code": latest, "code": holder.token_code(clock.now()),
        "password": "Neu456", "again": "Neu456"})
    assert answer["Location"] == "/my/forgotten-password/done"


@pytest.mark.requirement("R141")
def test_known_and_unknown_user_ids_see_the_same_pages(client, holder, clock):
    wrong = {"sms_code": "123456", "initial_password": "x", "code": "123456", "password": "Neu456", "again": "Neu456"}
    seen = []
    for user_id in (holder.codes["user_id"], "ZZZZ9999"):
        visitor = Client(HTTP_HOST="localhost")
        asked = visitor.post("/my/forgotten-password", {"user_id": user_id})
        answer = visitor.post(asked["Location"], wrong | {"user_id": user_id})
        seen.append((asked.status_code, asked["Location"], answer.status_code, plain(visitor.get(asked["Location"])),
                     plain(answer)))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("address", ["/my/forgotten-password/codes", "/my/unblock/codes"])
def test_wrong_codes_without_a_device_code_are_told_as_such(client, holder, address):
    """No image was shown yet, so nobody is sent to look for one."""
    wrong = {"user_id": holder.codes["user_id"], "initial_password": holder.codes["initial_password"] + "x",
             "challenge": "000000", "code": "", "password": "Neu456", "again": "Neu456"}
    page = text(client.post(address, wrong))
    assert "Ces codes ne sont pas corrects" in page
    assert "Visez l’image" not in page


@pytest.mark.requirement("R134")
@pytest.mark.requirement("R153", part="later: the app")
def test_a_blocked_account_is_unblocked_without_a_session(client, holder, clock):
    for _ in range(5):
        door(Client(HTTP_HOST="localhost"), holder, "Wrong1")
    assert door(Client(HTTP_HOST="localhost"), holder, PASSWORD) == 200
    asked = client.post("/my/unblock", {"user_id": holder.codes["user_id"]})
    done = client.post(asked["Location"], {"user_id": holder.codes["user_id"], "sms_code": sms(clock),
                                           "code": holder.token_code(clock.now())})
    assert done["Location"] == "/my/unblock/done" and Credential.objects.get(
        identity=holder.identity).failures == 0
    assert door(Client(HTTP_HOST="localhost"), holder, PASSWORD) == 302


@pytest.mark.requirement("R142")
def test_a_blocked_account_hears_so_after_right_codes(client, holder, clock):
    for _ in range(5):
        door(Client(HTTP_HOST="localhost"), holder, "Wrong1")
    asked = client.post("/my/forgotten-password", {"user_id": holder.codes["user_id"]})
    sent = {"user_id": holder.codes["user_id"], "sms_code": sms(clock), "code": holder.token_code(clock.now()),
            "password": "Neu456", "again": "Neu456"}
    assert "votre compte est bloqué" not in text(client.post(asked["Location"], sent | {"sms_code": "999999"}))
    page = text(client.post(asked["Location"], sent))
    assert "votre compte est bloqué" in page and "+352 20 00 00 00" in page


@pytest.mark.requirement("R154", part="later: cards")
def test_chip_devices_are_sent_to_the_pin_procedure(client, db):
    page = text(client.get("/my/unblock"))
    assert "SmartCard" in page and "PUK" in page and "Windows, Mac ou Ubuntu" in page


@pytest.mark.requirement("R122", "R123")
def test_the_next_login_shows_the_new_image_only_and_the_page_never_the_old(marie, holder, clock):
    page = text(marie.get("/my/secret-image"))
    assert "checked" not in page and page.count('type="radio"') == len(PICTURES)
    assert marie.post("/my/secret-image", {"image": "anchor"})["Location"] == "/my/secret-image/done"
    visitor = Client(HTTP_HOST="localhost")
    door(visitor, holder, PASSWORD)
    page = text(visitor.get("/login/code"))
    assert PICTURES["anchor"].address in page and PICTURES[IMAGE].address not in page


@pytest.mark.requirement("R123")
@pytest.mark.parametrize("scope", ["suspended", "devices"])
def test_a_new_image_needs_a_full_login(marie, scope):
    marie.scope(scope)
    assert marie.post("/my/secret-image", {"image": "anchor"}).status_code == 403
    assert Client(HTTP_HOST="localhost").get("/my/secret-image").status_code == 302


@pytest.mark.requirement("R148")
def test_no_page_without_a_login_gives_a_user_id_away(client, holder, clock):
    for address in ("/my/forgotten-password", "/my/unblock", "/my/report-fraud", "/login/security-code", "/my/",
                    "/help/"):
        assert holder.codes["user_id"] not in text(client.get(address))
    assert "UserID" in text(client.get("/help/")) and "pas en ligne" in text(client.get("/help/"))


@pytest.mark.requirement("R131", part="later: cards")
def test_the_menu_hides_passwords_from_a_chip_identity(marie, holder):
    assert "/login/change-password" in text(marie.get("/my/"))
    Identity.objects.filter(pk=holder.identity.id).update(device_family="chip")
    page = text(marie.get("/my/"))
    assert "/login/change-password" not in page and "/my/unblock" not in page


# --- products ---------------------------------------------------------------------------------------------------------


def second_device(holder, clock, state="active"):
    return Device.objects.create(type="scan", serial="S-0000001", identity=holder.identity, state=state,
                                 state_since=clock.now())


def logged_in_with(client, holder, serial, clock):
    log_in(client, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope="full", at=clock.now())
    LoginEvidence.objects.create(
        session_id=client.session[SESSION_KEY], identity=holder.identity, statement=b"s", device_serial=serial,
        signer_session=str(tokens.uuid7()), at=clock.now())


@pytest.mark.requirement("R133", "R209", part="later: the app")
@pytest.mark.requirement("R210")
def test_the_page_lists_devices_with_their_state_and_what_can_be_added(marie, holder):
    page = text(marie.get("/my/products"))
    assert holder.serial in page and "Actif" in page and "Ajouter un dispositif" in page
    assert "Appelez-nous pour l’ajouter" in page and "Vous pouvez l’ajouter vous-même" not in page


@pytest.mark.requirement("R080", "R081")
def test_another_active_device_disables_and_enables_and_the_certificate_stays(client, holder, clock):
    scan = second_device(holder, clock)
    token = Device.objects.get(serial=holder.serial)
    waiting = Client(HTTP_HOST="localhost")
    door(waiting, holder, PASSWORD)
    logged_in_with(client, holder, scan.serial, clock)
    assert client.post(f"/my/products/{token.id}/disable", {}).status_code == 422
    assert client.post(f"/my/products/{token.id}/disable", {"confirmed": "on"})["Location"] == "/my/products"
    token.refresh_from_db()
    assert token.state == "disabled" and Message.objects.filter(template="device_disabled").count() == 1
    assert certificates.for_subject(str(holder.identity.id))[0].state == "active"
    code = holder.token_code(clock.now())
    assert waiting.post("/login/code", {"code": code})["Location"].startswith("/login/"), "a login under way is over"
    assert client.post(f"/my/products/{token.id}/enable", {"confirmed": "on"}).status_code == 302
    token.refresh_from_db()
    assert token.state == "active"


@pytest.mark.requirement("R081")
@pytest.mark.parametrize("other", ["active", "disabled"])
def test_the_device_of_this_login_can_not_disable_itself(client, holder, clock, other):
    second_device(holder, clock, other)
    token = Device.objects.get(serial=holder.serial)
    logged_in_with(client, holder, token.serial, clock)
    answer = client.post(f"/my/products/{token.id}/disable", {"confirmed": "on"})
    assert answer.status_code == 409 and "autre produit actif" in text(answer)
    token.refresh_from_db()
    assert token.state == "active"


def test_a_device_of_somebody_else_does_not_exist(marie, scene, clock):
    other = Device.objects.get(serial=scene.stock("99-0000000-0"))
    assert marie.post(f"/my/products/{other.id}/disable", {"confirmed": "on"}).status_code == 404


@pytest.mark.requirement("R082", "R135")
def test_a_security_code_opens_device_management_and_nothing_else(client, holder, clock):
    token = Device.objects.get(serial=holder.serial)
    code = authentication.make_security_code(
        identity_id=holder.identity.id, caller=Caller(at=clock.now(), channel="web", person="agent"))
    given = {"user_id": holder.codes["user_id"], "password": PASSWORD, "security_code": code}
    assert client.post("/login/security-code", given | {"security_code": "00000000"}).status_code == 200
    assert client.post("/login/security-code", given)["Location"] == "/my/products"
    assert client.get("/my/")["Location"] == "/my/products"
    for address in ("/my/activity", "/my/certificate/suspend", "/my/certificate/revoke", "/login/change-password",
                    "/sign/", "/my/secret-image"):
        assert client.get(address).status_code == 403, address
    assert client.post(f"/my/products/{token.id}/disable", {"confirmed": "on"}).status_code == 302
    assert Client(HTTP_HOST="localhost").post("/login/security-code", given).status_code == 200, "once"


# --- fraud ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R284", "R285")
def test_a_logged_in_victim_reports_and_is_suspended_in_one_step(marie, holder):
    answer = marie.post("/my/report-fraud", {"what": "Faux site http://paraph.evil", "tell_partners": "on"})
    assert answer["Location"] == "/my/report-fraud/done"
    assert certificates.for_subject(str(holder.identity.id))[0].state == "suspended"
    case = Case.objects.get()
    assert (case.kind, case.identity_id, case.tell_partners) == ("phishing", holder.identity.id, True)
    page = text(marie.get("/my/report-fraud/done"))
    assert case.reference in page and "Appelez votre banque" in page
    assert Event.objects.get(code="registration.identity.suspended").facts["reason"] == "phishing"
    assert not Session.objects.filter(identity=holder.identity, ended_at=None).exists()


@pytest.mark.requirement("R285")
@pytest.mark.parametrize("by", ["session", "codes"])
@pytest.mark.parametrize("consent", [True, False])
def test_her_partners_are_told_with_her_consent_alone(marie, holder, by, consent):
    codes = {name: holder.codes[name] for name in ("user_id", "initial_password", "challenge")} if by == "codes" else {}
    browser = marie if by == "session" else Client(HTTP_HOST="localhost")
    browser.post("/my/report-fraud", {"what": "x", **codes} | ({"tell_partners": "on"} if consent else {}))
    assert Case.objects.get().tell_partners is consent
    browser = Client(HTTP_HOST="localhost")
    browser.post("/my/report-fraud", {"what": "y", "tell_partners": "on"})
    assert not Case.objects.latest("id").tell_partners, "nobody knows whose partners these would be"


@pytest.mark.requirement("R284")
def test_initial_codes_suspend_too_and_wrong_ones_report_nothing(client, holder):
    codes = {name: holder.codes[name] for name in ("user_id", "initial_password", "challenge")}
    assert client.post("/my/report-fraud", codes | {"challenge": "000000"}).status_code == 422
    assert client.post("/my/report-fraud", codes | {"challenge": ""}).status_code == 422
    assert not Case.objects.exists()
    assert client.post("/my/report-fraud", codes).status_code == 302
    assert certificates.for_subject(str(holder.identity.id))[0].state == "suspended"


def test_whose_password_was_caught_chooses_another_before_he_comes_back(client, holder, clock):
    """The report suspends; the password that the thief has opens nothing when the certificate is active again."""
    codes = {name: holder.codes[name] for name in ("user_id", "initial_password", "challenge")}
    client.post("/my/report-fraud", codes)
    assert 'href="/my/forgotten-password"' in text(client.get("/my/report-fraud/done"))
    asked = client.post("/my/forgotten-password", {"user_id": codes["user_id"]})
    new = {"user_id": codes["user_id"], "sms_code": sms(clock), "code": holder.token_code(clock.now()),
           "password": "Neu456", "again": "Neu456"}
    assert client.post(asked["Location"], new)["Location"] == "/my/forgotten-password/done"
    assert certificates.for_subject(str(holder.identity.id))[0].state == "suspended"
    assert door(Client(HTTP_HOST="localhost"), holder, PASSWORD) == 200
    assert door(Client(HTTP_HOST="localhost"), holder, "Neu456") == 302


@pytest.mark.requirement("R082", "R284")
def test_a_session_of_a_security_code_reports_and_suspends_nobody(marie, holder):
    """It manages devices and nothing else (Q34); with the initial codes it is as anybody."""
    marie.scope("devices")
    assert marie.post("/my/report-fraud", {"what": "x", "tell_partners": "on"}).status_code == 302
    assert Case.objects.get().identity is None
    assert certificates.for_subject(str(holder.identity.id))[0].state == "active"
    codes = {name: holder.codes[name] for name in ("user_id", "initial_password", "challenge")}
    assert marie.post("/my/report-fraud", {"what": "x", **codes}).status_code == 302
    assert certificates.for_subject(str(holder.identity.id))[0].state == "suspended"


@pytest.mark.requirement("R284")
def test_guesses_at_codes_in_a_report_are_those_of_a_suspension(client, holder, limited):
    limited("suspension", tries=1)
    codes = {name: holder.codes[name] for name in ("user_id", "initial_password", "challenge")}
    assert client.post("/my/report-fraud", codes | {"challenge": "000000"}).status_code == 422
    assert client.post("/my/report-fraud", codes).status_code == 429
    assert client.post("/my/certificate/suspend-with-codes", codes).status_code == 429
    assert certificates.for_subject(str(holder.identity.id))[0].state == "active"
    assert client.post("/my/report-fraud", {"what": "x"}).status_code == 302, "a report alone guesses nothing"


@pytest.mark.requirement("R124")
def test_a_stranger_reports_a_pirate_site_and_nobody_is_suspended(client, holder):
    door(client, holder, PASSWORD)
    assert "/my/report-fraud" in text(client.get("/login/code"))
    for nothing in ({}, {"what": "  "}, {"tell_partners": "on"}):
        answer = client.post("/my/report-fraud", nothing)
        assert answer.status_code == 422 and "Écrivez ce qui s’est passé" in text(answer)
    assert not Case.objects.exists()
    client.post("/my/report-fraud", {"what": "Mauvaise image"})
    case = Case.objects.get()
    assert case.identity is None and case.kind == "phishing" and case.summary == "Mauvaise image"
    assert certificates.for_subject(str(holder.identity.id))[0].state == "active"


@pytest.mark.requirement("R280", "R281", "R282", "R283")
def test_the_awareness_page_lists_the_four_signs(client, db):
    page = text(client.get("/phishing/"))
    for sign in ("numéro de téléphone est inhabituel", "urgence", "un lien pour mettre à jour", "beaucoup de fautes"):
        assert sign in page
    assert "/my/report-fraud" in page


@pytest.mark.requirement("R207")
@pytest.mark.requirement("R212", part="here: the help; without a middleware in the browser's tests")
def test_the_help_tells_how_scan_and_token_are_used(client, db):
    page = text(client.get("/help/"))
    steps = [page.index(words) for words in ("bouton en haut à droite", "sa caméra", "sur son écran", "le code qu’il")]
    assert steps == sorted(steps) and "rien à installer" in page


@pytest.mark.requirement("R086")
def test_a_scan_is_replaced_by_its_bank_and_can_not_be_ordered_here(marie, scene):
    page = text(marie.get("/my/products"))
    assert "Un Scan se remplace à la banque" in page and "/shop/" not in page.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_each_page_speaks_each_language(marie, language):
    marie.get("/my/", {"language": language})
    for address in ("forgotten-password", "forgotten-password/codes", "forgotten-password/done", "unblock",
                    "unblock/codes", "unblock/done", "secret-image", "secret-image/done", "products", "report-fraud"):
        response = marie.get(f"/my/{address}")
        assert response.status_code == 200 and f'lang="{language}"' in text(response), address
