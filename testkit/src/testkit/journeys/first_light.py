# SPDX-License-Identifier: Apache-2.0
"""The main story: Marie orders, is identified, activates, logs in, signs, verifies, suspends, reactivates, revokes.

Played through HTTP alone: no shortcut into a database. What it leaves behind (certificates, signed document, status
answers, lists, a time-stamp, the letter) is for judges who know nothing of this project.
"""

import hashlib
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from testkit.journeys.pages import Page, Unexpected
from testkit.journeys.people import HeldToken, Person
from testkit.simulators import timestamp_client

ZONE = ZoneInfo("Europe/Luxembourg")
# Good whenever the story is told.
DOCUMENT = {"type": "passport", "country": "LU", "number": "AB12CD34E", "expires_on_day": "30",
            "expires_on_month": "6", "expires_on_year": str(datetime.now(tz=ZONE).year + 4)}
FAMILY_NAMES, GIVEN_NAMES = "Schmit-Hoffmann", "Marie Amélie"
BIRTH = {"birth_date_day": "1", "birth_date_month": "2", "birth_date_year": "1985"}
PASSWORD, OFFICER_PASSWORD = "Lilas85a", "Guichet1"
ACTIVATION_CODE = "CD34E"
VISIBLE_WITHIN_SECONDS = 60


@dataclass
class Story:
    """One run. `data` is only read as a person would: demo.json, and the simulated Tokens that people hold."""

    url: str
    guichet_url: str
    data: Path
    entries: dict
    document: bytes
    artifacts: Path | None = None
    report: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        officer = self.entries["staff"][0]
        self.officer = Person("Claire", self.url, user_id=officer["user_id"], password=officer["password"],
                              token=HeldToken(self.data, officer["token"]))
        self.marie = Person("Marie", self.url)
        self.stranger = Person("Paul", self.url)
        self.serial = self.entries[self.stock][0]
        self.earlier = {message["id"] for message in self.messages()}

    product, product_name, stock = "token", "Token", "tokens_in_stock"
    WRONG_CODE = "000000"
    STEPS = ("orders", "is_identified", "receives_her_codes", "activates", "finds_her_certificates", "logs_in",
             "signs", "is_verified", "bad_files_are_told_apart", "suspends", "reactivates", "revokes")

    def play(self, say: Callable[[str], None]) -> bool:
        """Every step in order; the first that does not hold ends the story. Returns whether all held."""
        for name in self.STEPS:
            started = time.monotonic()
            try:
                detail = getattr(self, name)()
                held = True
            except (Unexpected, AssertionError, httpx.HTTPError, ValueError, KeyError, subprocess.SubprocessError) as error:
                detail, held = f"{type(error).__name__}: {error}", False
            self.report.append({"step": name, "held": held, "detail": detail})
            say(f"{'held ' if held else 'FAILED'} {name} ({time.monotonic() - started:.1f} s): {detail}")
            if not held:
                return False
        return True

    def leave(self, name: str, content: bytes) -> None:
        if self.artifacts is not None:
            self.artifacts.mkdir(parents=True, exist_ok=True)
            (self.artifacts / name).write_bytes(content)

    def messages(self) -> list[dict]:
        """What the outbox received since the story began, newest first."""
        answer = httpx.get(f"{self.url}/outbox/?format=json", timeout=30)
        if answer.status_code != 200:
            raise Unexpected(f"the outbox answered {answer.status_code}: {answer.text[:500]}")
        return [message for message in answer.json()["messages"] if message["id"] not in getattr(self, "earlier", ())]

    # --- order and identification -------------------------------------------------------------------------------------

    def orders(self) -> str:
        browser = self.marie.browser
        page = browser.submit(browser.get("/finder/"), {"use": "private"})
        for answers in ({"procedures": ["administration"]}, {"partners": []}, {"visit": "yes"}):
            known = {node.get("name") for node in page.form().xpath(".//*[@name]")}
            page = browser.submit(page, {name: value for name, value in answers.items() if name in known})
        page.expect(self.product_name)
        page = browser.follow(browser.get(f"/products/{self.product}/"), href=f"/shop/{self.product}/private/")
        page = browser.submit(page, {"family_names": FAMILY_NAMES, "given_names": GIVEN_NAMES})
        page = browser.submit(page, DOCUMENT)
        page = browser.submit(page, {**BIRTH, "street": "12, rue des Lilas", "postcode": "L-1234",
                                     "city": "Luxembourg", "country": "LU"})
        page = browser.submit(page, {"email": "marie@example.org", "mobile": ""})
        page = browser.submit(page, {"activation_code": ACTIVATION_CODE})
        desk = next(node.get("value") for node in page.document.xpath("//input[@name='authority']")
                    if "rue de la Plume" in node.getparent().text_content()
                    or "Erasme" in node.getparent().text_content())
        page = browser.submit(page, {"authority": desk})
        page = browser.submit(browser.follow(page, href="/terms/"), {"accepted": "on"})
        page = browser.submit(page, {"voucher": "2222-2222-2222"})
        assert page.errors(), "an unknown voucher was not refused"
        page = browser.submit(page, {"voucher": self.entries["vouchers"][0]}).expect("enregistrée et payée")
        self.follow_address = page.link(href="/orders/", text="Suivre")
        self.reference = self.follow_address.split("/orders/")[1].split("/")[0]
        form = browser.client.get(page.link(href="form.pdf"))
        assert form.content.startswith(b"%PDF"), "no order form"
        self.leave("order-form.pdf", form.content)
        return self.reference

    def is_identified(self) -> str:
        browser = self.officer.browser
        page = self.officer.pass_the_door(browser.get("/desk/"))
        if page.url.endswith("/new-password"):
            page = browser.submit(page, {"password": OFFICER_PASSWORD, "again": OFFICER_PASSWORD})
        page = browser.follow(page, text=self.reference)
        papers = [node.get("value") for node in page.document.xpath("//input[@name='received']")]
        today = datetime.now(tz=ZONE).date()
        page = browser.submit(page, {
            "received": papers, "complete": "on", "signed": "on", "signed_on_day": str(today.day),
            "signed_on_month": str(today.month), "signed_on_year": str(today.year)}, action="papers")
        page = browser.submit(page, {**DOCUMENT, **BIRTH, "family_names": FAMILY_NAMES, "given_names": GIVEN_NAMES,
                                     "person_present": "on"}, action="identify")
        page = browser.submit(page, {"person": "new", "contacts_read_back": "on", "token_serial": self.serial,
                                     "code": self.officer.token.code()},
                              action="approve").expect("À activer")
        self.marie.browser.get(self.follow_address).expect("activer")
        self.marie.token = self.held(self.serial)
        return f"approved, {self.product_name} {self.serial}"

    def held(self, serial: str) -> HeldToken:
        """What she was handed."""
        return HeldToken(self.data, serial)

    def receives_her_codes(self) -> str:
        messages = self.messages()
        holding = [message for message in messages if "codes" in message]
        assert len(holding) == 1, f"{len(holding)} messages hold codes"
        letter = holding[0]
        assert letter["channel"] == "letter", "she has no mobile: her codes go by letter"
        self.marie.codes = letter["codes"]
        self.marie.user_id = letter["codes"]["user_id"]
        for message in messages:
            if message["id"] != letter["id"]:
                for code in letter["codes"].values():
                    assert code not in message["text"] + message["subject"], "a code stands in another message"
        self.leave("letter.pdf", self.officer.browser.client.get(f"{self.url}{letter['pdf']}").content)
        return "one letter"

    # --- activation ---------------------------------------------------------------------------------------------------

    def activates(self) -> str:
        browser, codes = self.marie.browser, self.marie.codes
        page = browser.get("/my/certificate/activate")
        page = browser.follow(page, href="/activate/check")
        page = browser.submit(page)
        page = browser.submit(page, {"user_id": codes["user_id"], "initial_password": codes["initial_password"]})
        page = browser.submit(page, {"activation_code": "ZZZZZ"})
        assert page.errors(), "a wrong activation code was not refused"
        page = browser.submit(page, {"activation_code": ACTIVATION_CODE})
        page = self.proves_her_device(page)
        page = browser.submit(page, {"password": "tooeasy", "again": "tooeasy"})
        assert page.errors(), "a weak password was not refused"
        page = browser.submit(page, {"password": PASSWORD, "again": PASSWORD})
        image = page.document.xpath("//input[@name='image']")[0].get("value")
        page = browser.submit(page, {"image": image})
        page = browser.submit(page.expect(FAMILY_NAMES), {"accepted": "on"})
        page = browser.submit(page, {"accepted": "on"})
        assert page.url.endswith("/activate/done"), f"{page.url}: {page.excerpt()}"
        self.marie.password = PASSWORD
        second = self.stranger.browser
        page = second.follow(second.get("/my/certificate/activate"), href="/activate/check")
        page = second.submit(page)
        page = second.submit(page, {"user_id": codes["user_id"], "initial_password": codes["initial_password"]})
        assert page.errors() or page.status >= 400, "a second activation was not refused"
        return "two certificates"

    def proves_her_device(self, page: Page) -> Page:
        return self.marie.browser.submit(page, {"code": self.marie.token.code()})

    def finds_her_certificates(self) -> str:
        """Public things are fetched as anybody would: the authorities, the list, the answer, a time-stamp."""
        fetch = httpx.Client(timeout=30)
        root = fetch.get(f"{self.url}/pki/ca/root.pem").content
        issuing = fetch.get(f"{self.url}/pki/ca/issuing.pem").content
        self.issuing = x509.load_pem_x509_certificate(issuing)
        self.leave("root.pem", root)
        self.leave("issuing.pem", issuing)
        page = self.marie.pass_the_door(self.marie.browser.get("/my/certificate/test"))
        for name in ("authentication", "signature"):
            answer = self.marie.browser.client.get(f"{self.url}/my/certificate/{name}.pem")
            certificate = x509.load_pem_x509_certificate(answer.content)
            setattr(self, name, certificate)
            self.leave(f"{name}.pem", certificate.public_bytes(Encoding.PEM))
        assert self.signature.not_valid_after_utc.year == self.signature.not_valid_before_utc.year + 3
        page.expect(str(self.signature.not_valid_after_utc.astimezone(ZONE).year))
        self.leave("ocsp-good.der", self.ask_status(ocsp.OCSPCertStatus.GOOD))
        self.leave("crl-before.der", self.wait_for_list(listed=False))
        request = timestamp_client.request(hashlib.sha256(self.document).digest())
        answer = fetch.post(f"{self.url}/pki/tsa", content=request,
                            headers={"Content-Type": "application/timestamp-query"})
        assert answer.headers["content-type"] == "application/timestamp-reply"
        self.leave("timestamp.tsq", request)
        self.leave("timestamp.tsr", answer.content)
        return f"serial {self.signature.serial_number:x}"

    def ask_status(self, wanted: ocsp.OCSPCertStatus) -> bytes:
        """The OCSP answer about her signature certificate, once it says what it must."""
        builder = ocsp.OCSPRequestBuilder().add_certificate(self.signature, self.issuing, SHA256())
        request = builder.build().public_bytes(Encoding.DER)
        deadline = time.monotonic() + VISIBLE_WITHIN_SECONDS
        while True:
            content = httpx.post(f"{self.url}/pki/ocsp", content=request,
                                 headers={"Content-Type": "application/ocsp-request"}, timeout=30).content
            answer = ocsp.load_der_ocsp_response(content)
            if answer.certificate_status == wanted:
                return content
            if time.monotonic() > deadline:
                raise Unexpected(f"OCSP says {answer.certificate_status}, not {wanted}")
            time.sleep(0.5)

    def wait_for_list(self, *, listed: bool, reason: x509.ReasonFlags | None = None) -> bytes:
        """The issuing authority's list, once it holds her signature certificate, or does not."""
        deadline = time.monotonic() + VISIBLE_WITHIN_SECONDS
        while True:
            content = httpx.get(f"{self.url}/pki/crl/issuing.crl", timeout=30).content
            entry = x509.load_der_x509_crl(content).get_revoked_certificate_by_serial_number(
                self.signature.serial_number)
            if listed == (entry is not None):
                if entry is not None and reason is not None:
                    found = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
                    if found != reason:
                        raise Unexpected(f"the list says {found}, not {reason}")
                return content
            if time.monotonic() > deadline:
                raise Unexpected("the list does not follow")
            time.sleep(0.5)

    # --- login and signature ------------------------------------------------------------------------------------------

    def connect(self, person: Person) -> Page:
        """From the portal to the door."""
        return person.browser.submit(person.browser.get(self.guichet_url), button="Connexion")

    def logs_in(self) -> str:
        self.log_out()
        page = self.connect(self.marie)
        page = self.marie.browser.submit(page, {"device": "token"}) if page.document.xpath(
            "//main//*[@name='device']") else page
        assert not page.document.xpath("//img[contains(@src, 'image')]"), "the secret image is shown too early"
        page = self.marie.browser.submit(page, {"user_id": self.marie.user_id, "password": PASSWORD}, button="Connexion")
        page = self.marie.browser.submit(page, {"code": self.marie.token.code()}, button="Connexion")
        page.expect(FAMILY_NAMES)
        page = self.marie.browser.submit(page, button="Oui, envoyer")
        assert page.url.startswith(self.guichet_url), f"{page.url}: {page.excerpt()}"
        page.expect(FAMILY_NAMES)
        return page.url

    def log_out(self) -> None:
        page = self.marie.browser.get("/my/")
        forms = page.document.xpath("//form[contains(@action, '/login/logout')]")
        if forms:
            self.marie.browser.client.post(
                f"{self.url}/login/logout", data=dict(forms[0].form_values()),
                headers={"Referer": page.url, "Origin": self.url})

    def signs(self) -> str:
        browser = self.marie.browser
        page = browser.get("/sign/")
        if "/login/" in page.url:
            page = self.marie.pass_the_door(page)
        page = browser.submit(page, files={"file": ("accord.pdf", self.document, "application/pdf")})
        while page.document.xpath("//main//a[contains(., 'Page suivante')]"):
            page = browser.follow(page, text="Page suivante")
        page = browser.submit(page, action="prepare")
        page = browser.submit(page, {"code": self.WRONG_CODE}, button="Signer")
        assert page.errors(), "a wrong code was not refused"
        page = browser.submit(page, {"code": self.marie.token.answer(page)}, button="Signer")
        signed = browser.client.get(page.link(href="/document"))
        assert signed.content.startswith(b"%PDF"), page.excerpt()
        self.signed = signed.content
        self.leave("original.pdf", self.document)
        self.leave("signed.pdf", self.signed)
        assert any(message["template"] == "key_used" for message in self.messages()), "the holder was not told of the use"
        return f"{len(self.signed)} bytes"

    def check(self, name: str, content: bytes) -> Page:
        browser = self.stranger.browser
        return browser.submit(browser.get("/verify/"), files={"file": (name, content, "application/pdf")})

    def is_verified(self) -> str:
        page = self.check("accord.pdf", self.signed).expect(FAMILY_NAMES)
        assert "intact" in page.text or "n’a pas été modifié" in page.text, page.excerpt()
        return page.title

    def bad_files_are_told_apart(self) -> str:
        changed = bytearray(self.signed)
        changed[len(self.document) // 2] ^= 1
        cases = {"changed": ("accord.pdf", bytes(changed), "a été modifié"),
                 "unsigned": ("accord.pdf", self.document, "aucune signature électronique"),
                 "text": ("notes.pdf", b"Ceci est un texte.\n", "n’est pas un PDF")}
        for name, content, phrase in cases.values():
            page = self.check(name, content).expect(phrase)
            for _, _, other in cases.values():
                assert other == phrase or other not in page.text, f"{name}: two answers in one: {page.excerpt()}"
        return ", ".join(cases)

    # --- status -------------------------------------------------------------------------------------------------------

    def suspends(self) -> str:
        browser = self.marie.browser
        page = browser.get("/my/certificate/suspend")
        if "/login/" in page.url:
            page = self.marie.pass_the_door(page)
        page = browser.submit(page, {"confirmed": "on"})
        self.leave("ocsp-held.der", self.ask_status(ocsp.OCSPCertStatus.REVOKED))
        self.leave("crl-held.der", self.wait_for_list(listed=True, reason=x509.ReasonFlags.certificate_hold))
        page = browser.get("/sign/")
        if "/login/" in page.url:
            page = self.marie.pass_the_door(page)
        assert not page.document.xpath("//main//input[@type='file']"), "signing is offered while suspended"
        return "held in OCSP and CRL; signing refused"

    def reactivates(self) -> str:
        browser = self.marie.browser
        page = browser.get("/my/certificate/resume")
        if "/login/" in page.url:
            page = self.marie.pass_the_door(page)
        page = browser.submit(page, {"challenge": self.marie.codes["challenge"]})
        assert page.url.endswith("/resumed"), f"{page.url}: {page.excerpt()}"
        self.ask_status(ocsp.OCSPCertStatus.GOOD)
        self.wait_for_list(listed=False)
        return "good in OCSP and CRL"

    def revokes(self) -> str:
        browser = self.marie.browser
        page = browser.get("/my/certificate/revoke")
        if "/login/" in page.url:
            page = self.marie.pass_the_door(page)
        if page.status == 403:
            self.log_out()
            page = self.marie.pass_the_door(browser.get("/my/certificate/revoke"))
        page = browser.submit(page, {"confirmed": "on"})
        self.leave("ocsp-revoked.der", self.ask_status(ocsp.OCSPCertStatus.REVOKED))
        self.leave("crl-revoked.der", self.wait_for_list(listed=True))
        page = self.check("accord.pdf", self.signed).expect(FAMILY_NAMES)
        return "final; the earlier signature is still explained"
