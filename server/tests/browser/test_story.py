# SPDX-License-Identifier: Apache-2.0
"""The main story in Chromium on the real programs: a holder on a phone without JavaScript, an officer at a wide screen.

Pictures of what each of them saw stay in artifacts/screenshots/story. Most of these pages are inspected in three
languages by test_order, test_door, test_holder and test_signing; here those that only the whole story opens.
"""

from datetime import datetime
from urllib.parse import urlsplit

import httpx
import pytest

from paraph.kernel.clock import ZONE
from testkit import documents
from testkit.journeys.first_light import (
    ACTIVATION_CODE,
    BIRTH,
    DOCUMENT,
    FAMILY_NAMES,
    GIVEN_NAMES,
    OFFICER_PASSWORD,
    PASSWORD,
)
from testkit.journeys.people import HeldToken

from .portal import a_new_account_at_the_portal, a_passkey_at_the_portal, log_in_at_the_portal

VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]
ADDRESS = {"street": "12, rue des Lilas", "postcode": "L-1234", "city": "Luxembourg"}


class Screen:
    """What one person sees and does. `look` keeps a picture; with `everywhere` the page is also opened at the same
    moment, with the same cookies, in three languages and two widths, and inspected there."""

    def __init__(self, who, context, eye, inspect_page, screenshot):
        self.who, self.context, self.eye, self.inspect_page, self.screenshot = who, context, eye, inspect_page, screenshot
        self.page = context.new_page()
        self.seen = 0

    def open(self, address):
        self.page.goto(address)

    def look(self, name, *, everywhere=False):
        self.seen += 1
        self.screenshot(self.page, f"story/{self.who}-{self.seen:02d}-{name}")
        if not everywhere:
            return
        self.eye.clear_cookies()
        self.eye.add_cookies(self.context.cookies())
        page = self.eye.new_page()
        address = self.page.url
        for language, width in VIEWS:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}{'&' if '?' in address else '?'}language={language}")
            assert urlsplit(page.url).path == urlsplit(address).path
            self.inspect_page(page, f"story/views/{name}-{language}-{width}")
        page.close()

    def press(self, name):
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name):
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name, exact=True).click()

    def fill(self, **values):
        """Text fields by their names; radio buttons, boxes and lists as they come."""
        for name, value in values.items():
            field = self.page.locator(f"main [name='{name}']").first
            kind = field.get_attribute("type") or field.evaluate("one => one.localName")
            if kind in ("radio", "checkbox"):
                self.page.locator(f"main [name='{name}'][value='{value}']").check()
            elif kind == "select":
                field.select_option(value)
            else:
                field.fill(value)

    def reads(self, *phrases):
        text = " ".join(self.page.locator("main").inner_text().split())
        for phrase in phrases:
            assert phrase in text, f"{self.page.url} does not say “{phrase}”: {text[:600]}"

    def pass_the_door(self, user_id, password, code):
        self.fill(user_id=user_id, password=password)
        self.press("Connexion")
        self.fill(code=code)
        self.press("Connexion")


@pytest.mark.timeout(480)
@pytest.mark.requirement("R001", "R004", "R005", "R022", "R023", "R087", "R091", "R092", "R126", "R136", "R213", "R301")
@pytest.mark.requirement("R106", "R119", "R121", part="here: the Token")
def test_the_main_story(service, open_service, inspect_page, screenshot):
    holder = Screen("holder", open_service("fr", 390, java_script_enabled=False), open_service(), inspect_page, screenshot)
    officer = Screen("desk", open_service("fr", 1280), open_service(), inspect_page, screenshot)
    reference, follow = order(holder, service)
    serial = approve(officer, service, reference)
    holder.open(follow)
    holder.reads("À vous : activer")
    holder.look("follow-approved", everywhere=True)
    token = HeldToken(service.data, serial)
    codes = read_codes(holder, service)
    activate(holder, codes, token)
    log_in_at_the_portal(holder, service, codes["user_id"], token)
    own_space(holder)
    a_new_account_at_the_portal(holder, service, token)
    a_passkey_at_the_portal(Screen("passkey", open_service("fr", 1280), open_service(), inspect_page, screenshot), service,
                            codes["user_id"], token)
    signed = sign(holder, token)
    verify(holder, signed)
    suspend_and_resume(holder, codes, token)
    revoke(holder, codes["user_id"], token)
    holder.open("/outbox/")
    holder.look("outbox", everywhere=True)


def order(holder, service):
    holder.open("/")
    holder.look("home")
    holder.press("Trouver le bon produit")
    holder.fill(use="private")
    holder.look("finder")
    holder.press("Continuer")
    holder.fill(procedures="taxes")
    holder.press("Continuer")
    holder.fill(partners="guichet")
    holder.press("Continuer")
    holder.fill(visit="yes")
    holder.press("Continuer")
    holder.look("finder-result")
    with holder.page.expect_navigation():
        holder.page.locator("main a[href='/products/token/']").click()
    holder.look("product")
    holder.press("Commander")
    answers = (
        ("applicant", {"family_names": FAMILY_NAMES, "given_names": GIVEN_NAMES}), ("document", DOCUMENT),
        ("birth", {**BIRTH, **ADDRESS}), ("contact", {"email": "marie@example.org"}),
        ("code", {"activation_code": ACTIVATION_CODE}), ("authority", None))
    for name, values in answers:
        if values is None:
            holder.page.get_by_role("radio", name="1, rue de la Plume").check()
        else:
            holder.fill(**values)
        holder.look(name)
        holder.press("Continuer")
    holder.look("check")
    holder.press("Continuer")
    holder.page.locator("#id_accepted").check()
    holder.look("terms")
    holder.press("Commander avec obligation de paiement")
    holder.fill(voucher="2222-2222-2222")
    holder.press("Payer")
    holder.look("voucher-refused")
    holder.fill(voucher=service.entries["vouchers"][0])
    holder.press("Payer")
    holder.reads("Votre commande est enregistrée et payée")
    holder.look("confirmation")
    form = holder.page.get_by_role("button", name="Télécharger le bon de commande (PDF)").get_attribute("href")
    assert holder.context.request.get(form).body().startswith(b"%PDF")
    holder.follow("Suivre ma commande")
    holder.look("follow-paid")
    address = holder.page.url
    return address.split("/orders/")[1].split("/")[0], address


def approve(officer, service, reference):
    entry = service.entries["staff"][0]
    officer.open("/desk/")
    officer.page.get_by_role("radio", name="Token").check()
    officer.look("login")
    officer.press("Continuer")
    token = HeldToken(service.data, entry["token"])
    officer.pass_the_door(entry["user_id"], entry["password"], token.code())
    officer.look("new-password", everywhere=True)
    officer.fill(password=OFFICER_PASSWORD, again=OFFICER_PASSWORD)
    officer.press("Enregistrer et se connecter")
    officer.look("queue", everywhere=True)
    officer.fill(name="Nobody")
    officer.press("Chercher")
    officer.reads("Aucune commande ne correspond.")
    officer.look("queue-nothing-found")
    officer.open("/desk/")
    officer.follow(reference)
    officer.look("order")
    for box in officer.page.locator("[name=received]").all():
        box.check()
    today = datetime.now(ZONE)
    officer.page.locator("[name=complete]").check()
    officer.press("Enregistrer les pièces")
    officer.look("papers-refused")
    for box in officer.page.locator("[name=received]").all():
        box.check()
    officer.page.locator("[name=complete]").check()
    officer.page.locator("[name=signed]").check()
    officer.fill(signed_on_day=str(today.day), signed_on_month=str(today.month), signed_on_year=str(today.year))
    officer.press("Enregistrer les pièces")
    officer.look("papers")
    officer.fill(**DOCUMENT, **BIRTH, family_names=FAMILY_NAMES, given_names=GIVEN_NAMES)
    officer.page.locator("[name=person_present]").check()
    officer.press("Comparer et enregistrer")
    officer.look("identified")
    serial = service.entries["tokens_in_stock"][0]
    # The code of her login is used; the one of a minute before is still good.
    officer.fill(token_serial=serial, code=token.code())
    officer.page.locator("[name=contacts_read_back]").check()
    officer.look("before-approval")
    officer.press("Approuver et envoyer les codes")
    officer.reads("À activer", serial)
    officer.look("approved", everywhere=True)
    return serial


def read_codes(holder, service):
    """From the letter, as the outbox of the demonstration shows it."""
    holder.open("/outbox/")
    holder.look("letter")
    messages = httpx.get(f"{service.url}/outbox/?format=json", timeout=30).json()["messages"]
    return next(message["codes"] for message in messages if "codes" in message)


def activate(holder, codes, token):
    holder.open("/my/")
    holder.look("my-before")
    holder.follow("Activer")
    holder.look("activate")
    holder.press("Vérifier ma configuration")
    holder.reads("non mesurée, car JavaScript est désactivé")
    holder.look("activate-check")
    holder.press("Continuer")
    holder.look("activate-codes")
    holder.fill(user_id=codes["user_id"], initial_password="A wrong one")
    holder.press("Continuer")
    holder.look("activate-codes-refused")
    holder.fill(user_id=codes["user_id"], initial_password=codes["initial_password"])
    holder.press("Continuer")
    holder.look("activate-code")
    holder.fill(activation_code=ACTIVATION_CODE)
    holder.press("Continuer")
    holder.look("activate-token")
    # The Token makes its code itself: the page shows nothing to copy from or to scan (R213).
    assert holder.page.locator("main img, main svg, main canvas").count() == 0
    holder.fill(code=token.code())
    holder.press("Continuer")
    holder.look("activate-password")
    holder.fill(password="abc", again="abcd")
    holder.press("Continuer")
    holder.look("activate-password-refused")
    holder.fill(password=PASSWORD, again=PASSWORD)
    holder.press("Continuer")
    holder.look("activate-image")
    holder.page.locator("[name=image]").nth(2).check()
    holder.press("Continuer")
    holder.reads(FAMILY_NAMES, GIVEN_NAMES)
    holder.look("activate-content")
    holder.page.locator("[name=accepted]").check()
    holder.press("Continuer")
    holder.look("activate-terms")
    holder.page.locator("[name=accepted]").check()
    holder.press("Accepter et activer")
    holder.reads("Votre produit est activé")
    holder.look("activate-done")


def own_space(holder):
    for name in ("", "certificate/test", "activity", "messages", "certificate/suspend", "certificate/revoke"):
        holder.open(f"/my/{name}")
        holder.look(f"my-{name.split('/')[-1] or 'home'}")
    holder.open("/login/change-password")
    holder.look("change-password", everywhere=True)


def sign(holder, token):
    holder.open("/sign/")
    holder.look("sign")
    content = documents.pdf(["Accord sur le jardin du 12, rue des Lilas", "Seconde page: le plan du jardin"])
    holder.page.locator("#id_file").set_input_files(
        {"name": "accord-sur-le-jardin.pdf", "mimeType": "application/pdf", "buffer": content})
    holder.press("Lire le document")
    holder.look("sign-read")
    holder.follow("Page suivante")
    holder.look("sign-last-page")
    holder.press("J’ai lu, je veux signer")
    holder.look("sign-code")
    holder.fill(code=token.code())
    holder.press("Signer")
    holder.reads("Le document est signé")
    holder.look("sign-done")
    address = holder.page.get_by_role("button", name="Télécharger le document signé").get_attribute("href")
    return holder.context.request.get(address).body()


def verify(holder, signed):
    holder.open("/verify/")
    for name, content in (("good", signed), ("changed", signed.replace(b"jardin", b"garage", 1)), ("text", b"Bonjour\n")):
        holder.page.locator("#id_file").first.set_input_files(
            {"name": "accord-sur-le-jardin.pdf", "mimeType": "application/pdf", "buffer": content})
        holder.press("Vérifier")
        holder.look(f"verify-{name}")


def suspend_and_resume(holder, codes, token):
    holder.open("/my/certificate/suspend")
    holder.page.locator("[name=confirmed]").check()
    holder.press("Suspendre temporairement")
    holder.reads("Votre certificat est suspendu")
    holder.look("suspended")
    holder.open("/my/certificate/resume")
    if "device=" not in holder.page.url:
        holder.page.get_by_role("radio", name="Token").check()
        holder.press("Continuer")
    holder.pass_the_door(codes["user_id"], PASSWORD, token.code())
    holder.look("resume")
    holder.open("/my/")
    holder.look("my-suspended")
    holder.open("/sign/")
    assert holder.page.locator("main input[type=file]").count() == 0
    holder.look("sign-suspended")
    holder.open("/my/certificate/resume")
    holder.fill(challenge="000000")
    holder.press("Réactiver")
    holder.look("resume-refused")
    holder.fill(challenge=codes["challenge"])
    holder.press("Réactiver")
    holder.reads("Votre certificat est réactivé")
    holder.look("resumed")


def revoke(holder, user_id, token):
    holder.open("/my/certificate/revoke")
    if holder.page.get_by_role("radio", name="Token").count():
        holder.page.get_by_role("radio", name="Token").check()
        holder.press("Continuer")
    holder.pass_the_door(user_id, PASSWORD, token.code())
    holder.page.locator("[name=confirmed]").check()
    holder.press("Révoquer définitivement")
    holder.reads("révoqué")
    holder.look("revoked")
    holder.open("/my/")
    holder.look("my-revoked")
