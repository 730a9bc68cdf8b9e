# SPDX-License-Identifier: Apache-2.0
"""Passkeys in Chromium with its virtual authenticator: made in My space, used at the door, refused where they must be."""

import json
from hashlib import sha256

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.authentication.models import LoginEvidence, Session
from paraph.domain.devices.methods import passkey as methods
from paraph.domain.devices.methods.passkey import encode
from paraph.domain.devices.models import Device, Passkey
from paraph.domain.notifications.models import Message
from testkit import holders
from testkit.second_verifier import second_verifier

from .authenticator import Browser, passkeys_at
from .looking import whole

REFUSED = "la clé d’accès n’est pas correct"
VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]


@pytest.fixture
def tree(live_server, tree):
    with passkeys_at(live_server.url):
        yield


@pytest.fixture
def browser_of(open_context, clock):
    return lambda language="fr", width=1280, **more: Browser(open_context(language, width, **more), clock)


def test_made_in_my_space_and_used_at_the_door(marie, browser_of):
    browser = browser_of(width=390)
    browser.add(marie)
    made = Passkey.objects.get()
    assert (made.name, made.attestation, made.backup_eligible, made.transports) == (
        "Mon ordinateur", "not_asked", False, ["internal"])
    [credential] = browser.send("getCredentials")["credentials"]
    assert credential["rpId"] == "localhost" and credential["isResidentCredential"]
    browser.page.get_by_role("link", name="Gérer mes produits").click()
    browser.use(marie, next="/my/activity")
    browser.page.wait_for_url("**/my/activity")
    assert Session.objects.latest("id").amr == ["pwd", "swk", "user"]
    assert Passkey.objects.get().sign_count > made.sign_count
    browser.page.goto("/my/passkeys")
    browser.reads("utilisé pour cette connexion")
    browser.reads("connectez-vous d’abord avec votre Token")


def test_another_verifier_judges_what_chromium_made_alike(marie, browser_of, live_server):
    browser = browser_of()
    browser.add(marie)
    made = Passkey.objects.get()
    browser.use(marie)
    browser.page.wait_for_url("**/my/")
    evidence = LoginEvidence.objects.get(device_serial=made.device.serial)
    kept = json.loads(bytes(evidence.device_statement))
    with second_verifier(origin=live_server.url, relying_party="localhost") as ask:
        registered = ask("registration", challenge=json.loads(bytes(made.client_data))["challenge"], response={
            "id": made.credential_id, "rawId": made.credential_id, "type": "public-key", "clientExtensionResults": {},
            "response": {"clientDataJSON": encode(bytes(made.client_data)),
                         "attestationObject": encode(bytes(made.attestation_object))}})
        assert (registered["good"], registered["publicKey"], registered["counter"], registered["device"]) == (
            True, encode(bytes(made.public_key)), made.sign_count, "singleDevice")
        logged_in = ask("login", challenge=encode(sha256(bytes(evidence.statement)).digest()),
                        response={**kept, "rawId": kept["id"], "clientExtensionResults": {}},
                        credential={"id": made.credential_id, "publicKey": encode(bytes(made.public_key)),
                                    "counter": made.sign_count})
        assert logged_in == {"good": True, "counter": Passkey.objects.get().sign_count}


def test_where_only_models_of_a_list_are_let_in(marie, browser_of, live_server):
    """The virtual authenticator has a maker, whom nobody put on the list."""
    methods.use(methods.relying_party({"attestation": "direct"}, url=live_server.url, name="Paraph"))
    browser = browser_of()
    browser.log_in_with_token(marie)
    browser.page.get_by_role("button", name="Ajouter une clé d’accès").click()
    browser.page.fill("[name=name]", "Modèle")
    browser.page.get_by_role("button", name="Créer la clé d’accès").click()
    browser.reads("Ce modèle d’appareil n’est pas accepté ici")
    assert not Passkey.objects.exists()
    assert Event.objects.get(code="devices.passkey.refused").facts["fault"] == "model"


def test_a_second_one_on_the_same_device_is_not_made(marie, browser_of):
    browser = browser_of()
    browser.add(marie)
    browser.page.get_by_role("button", name="Ajouter une clé d’accès").click()
    browser.page.fill("[name=name]", "Encore")
    browser.page.get_by_role("button", name="Créer la clé d’accès").click()
    browser.reads("Cet appareil a déjà une clé d’accès")
    assert Passkey.objects.count() == 1


def test_at_another_address_the_browser_gives_nothing(marie, browser_of, live_server):
    """127.0.0.1 is not localhost: what is made for one name can't be asked for by another, whatever page asks."""
    browser = browser_of(hosts=[f"127.0.0.1:{live_server.url.rsplit(':', 1)[1]}"])
    browser.add(marie)
    browser.use(marie, base=live_server.url.replace("localhost", "127.0.0.1"))
    browser.reads("c’est peut-être un faux site")
    assert Session.objects.count() == 1


def test_without_recognising_its_holder_it_answers_nothing(marie, browser_of):
    browser = browser_of()
    browser.add(marie)
    browser.send("setUserVerified", isUserVerified=False)
    browser.use(marie)
    browser.reads("Rien n’a été fait")
    browser.send("setUserVerified", isUserVerified=True)
    browser.page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    browser.page.wait_for_url("**/my/")


def test_a_removed_one_is_refused(marie, browser_of):
    browser = browser_of()
    browser.add(marie)
    browser.page.get_by_role("link", name="Supprimer Mon ordinateur").click()
    browser.page.get_by_label("Je veux supprimer cette clé d’accès.").check()
    browser.page.get_by_role("button", name="Supprimer").click()
    browser.reads("Vous n’avez pas encore de clé d’accès")
    assert Message.objects.filter(template="passkey_removed").count() == 1
    browser.use(marie)
    browser.reads(REFUSED)
    assert len(browser.send("getCredentials")["credentials"]) == 1


def test_removed_between_the_page_and_the_touch(marie, browser_of, system):
    browser = browser_of()
    browser.add(marie)
    browser.first_step(marie, "passkey")
    browser.page.wait_for_url("**/login/passkey")
    Device.objects.filter(type="passkey").update(state="disabled")
    browser.page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    browser.reads(REFUSED)


@pytest.mark.requirement("R106", part="here: the passkey")
def test_a_wrong_password_is_told_at_the_end_and_the_right_one_opens(marie, browser_of):
    """The browser offers her passkey without the page having named one; her UserID is still there afterwards."""
    browser = browser_of(width=390)
    browser.add(marie)
    before = Session.objects.count()
    browser.use(marie, password="Wrong1")
    browser.reads(REFUSED)
    assert browser.page.input_value("[name=user_id]") == marie.user_id
    assert browser.page.input_value("[name=password]") == ""
    assert Session.objects.count() == before
    browser.page.fill("[name=password]", holders.PASSWORD)
    browser.page.get_by_role("button", name="Connexion", exact=True).click()
    browser.page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    browser.page.wait_for_url("**/my/")


def test_a_copy_is_seen_by_its_counter(marie, browser_of):
    browser = browser_of()
    browser.add(marie)
    browser.use(marie)
    browser.page.wait_for_url("**/my/")
    [credential] = browser.send("getCredentials")["credentials"]
    browser.send("removeCredential", credentialId=credential["credentialId"])
    browser.send("addCredential", credential={**credential, "signCount": 0})
    browser.use(marie)
    browser.reads(REFUSED)
    assert Device.objects.get(type="passkey").reason == "cloned"
    assert Message.objects.filter(template="passkey_cloned").count() == 1
    browser.log_in_with_token(marie)
    browser.reads("Elle existe peut-être deux fois")


def test_by_keyboard_alone(marie, browser_of):
    browser = browser_of()
    browser.log_in_with_token(marie)
    keys = browser.page.keyboard

    def reach(name):
        for _ in range(40):
            keys.press("Tab")
            if browser.page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name") == name:
                return
        raise AssertionError(f"{name} is not reached by the tab key")

    reach("Ajouter une clé d’accès")
    keys.press("Enter")
    browser.page.wait_for_url("**/my/passkeys/new")
    reach("name")
    keys.type("Clavier")
    keys.press("Enter")
    browser.page.wait_for_url("**/my/passkeys?added=1")
    browser.first_step(marie, "passkey")
    browser.page.wait_for_url("**/login/passkey")
    reach("Utiliser ma clé d’accès")
    keys.press("Space")
    browser.page.wait_for_url("**/my/")


def test_without_a_name_the_page_says_so_and_the_authenticator_is_not_asked(marie, browser_of, inspect_page):
    browser = browser_of(width=320)
    browser.log_in_with_token(marie)
    browser.page.get_by_role("button", name="Ajouter une clé d’accès").click()
    browser.page.get_by_role("button", name="Créer la clé d’accès").click()
    browser.page.locator(".govuk-error-summary").wait_for()
    inspect_page(browser.page, "passkey-new-error-fr-320")
    assert browser.send("getCredentials")["credentials"] == []
    browser.page.fill("[name=name]", "Avec un nom")
    browser.page.get_by_role("button", name="Créer la clé d’accès").click()
    browser.page.wait_for_url("**/my/passkeys?added=1")


def test_without_javascript_the_pages_say_what_to_do(marie, browser_of):
    browser_of().add(marie)
    browser = browser_of(java_script_enabled=False)
    browser.first_step(marie, "passkey")
    browser.page.wait_for_url("**/login/passkey")
    # What stands in a noscript element is looked for by its place, not by its text.
    advice = browser.page.locator("noscript .govuk-warning-text")
    assert advice.is_visible() and "choisissez un autre produit" in advice.inner_text()
    assert not browser.page.get_by_role("button", name="Utiliser ma clé d’accès").is_visible()
    browser.page.get_by_role("link", name="Choisir un autre produit").click()
    assert whole(browser.page).locator("[name=device]").count() == 3
    browser.log_in_with_token(marie)
    browser.page.get_by_role("button", name="Ajouter une clé d’accès").click()
    browser.page.wait_for_url("**/my/passkeys/new")
    assert advice.is_visible() and "vous continuez avec votre Token" in advice.inner_text()
    assert not browser.page.get_by_role("button", name="Créer la clé d’accès").is_visible()


def test_the_pages_on_the_way(marie, browser_of, inspect_page, clock):
    browser = browser_of()
    page = browser.page

    def inspect(name):
        address = page.url.split("?")[0]
        for language, width in VIEWS:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}?language={language}")
            inspect_page(page, f"{name}-{language}-{width}")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{address}?language=fr")

    browser.log_in_with_token(marie)
    inspect("passkeys-none")
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    inspect("passkey-new")
    page.fill("[name=name]", "Mon téléphone")
    page.get_by_role("button", name="Créer la clé d’accès").click()
    page.wait_for_url("**/my/passkeys?added=1")
    inspect_page(page, "passkey-added-fr-1280")
    inspect("passkeys")
    page.get_by_role("link", name="Changer son nom Mon téléphone").click()
    inspect("passkey-rename")
    page.goto("/my/passkeys")
    page.get_by_role("link", name="Supprimer Mon téléphone").click()
    inspect("passkey-remove")
    browser.first_step(marie, "passkey")
    page.wait_for_url("**/login/passkey")
    inspect("login-passkey")
    browser.send("setUserVerified", isUserVerified=False)
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    browser.reads("Rien n’a été fait")
    inspect_page(page, "login-passkey-cancelled-fr-1280")
    Device.objects.filter(type="passkey").update(state="disabled")
    browser.send("setUserVerified", isUserVerified=True)
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    browser.reads(REFUSED)
    inspect_page(page, "login-passkey-refused-fr-1280")
    for language in ("fr", "de", "en"):
        page.set_viewport_size({"width": 320, "height": 900})
        page.goto(f"{page.url.split('&language')[0]}&language={language}")
        inspect_page(page, f"login-passkey-refused-{language}-320")
