# SPDX-License-Identifier: Apache-2.0
"""Somebody copies the databases, again and again while a holder lives with the service. Without the key ring, the pepper
and the key store's passphrase he reads no secret in any column of any table, nor anything that a guess would prove."""

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from django.test import Client

from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import Claims
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import LoginTransaction
from paraph.domain.devices.methods import passkey
from paraph.domain.devices.models import Device, Passkey
from paraph.domain.identity_provider import services as identity_provider
from paraph.domain.notifications.models import Message
from paraph.domain.orders import services as orders
from paraph.domain.partners import services as partners
from paraph.domain.staff import services as staff
from paraph.kernel import secrets
from testkit import applications, holders
from testkit.applications import Application
from testkit.simulators.authenticator import Authenticator, unb64

from ..openid.confirming import TEXT, choose, page_of
from ..openid.flow import CALLBACK, parameters_of
from .reading import columns, columns_of, holds, octets, readings

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
PASSWORD, CHANGED, RESET = "Lilas85a", "Rose86b", "Iris87c"


class Thief:
    """What he has copied so far, each content once, and what the people know that he must not."""

    def __init__(self, signer_file):
        self.signer_file, self.loot, self.secrets = signer_file, set(), {}

    def copies(self, **secrets):
        """The secrets have just been made or used: he looks now, and knows nothing of them."""
        self.secrets.update({secret: name for name, secret in secrets.items()})
        self.loot.update(columns())
        self.loot.update(columns_of(self.signer_file))

    def reads(self):
        return {(place, name) for place, content in self.loot for inner in readings(content)
                for secret, name in self.secrets.items() if holds(inner, secret)}


@pytest.fixture
def thief(signer, tmp_path):
    return Thief(tmp_path / "signer" / "signer.sqlite3")


@pytest.fixture
def passkeys():
    before = passkey.current()
    passkey.use(passkey.relying_party({}, url="http://localhost:8000", name="Paraph"))
    yield
    passkey.use(before)


def options_on(page):
    return json.loads(unescape(re.search(r'data-options="([^"]+)"', page.content.decode())[1]))


class Life:
    """Marie with the service, from the order to a new password; the thief looks after each step."""

    def __init__(self, scene, thief, clock):
        self.scene, self.thief, self.clock = scene, thief, clock

    @property
    def system(self):
        return replace(self.scene.system, at=self.clock.now())

    def orders(self):
        self.application = application = Application.place(self.scene, self.clock.now())
        self.thief.copies(activation_code=applications.ACTIVATION_CODE)
        [voucher] = orders.create_vouchers(giver=self.scene.desk.id, count=1, expires_at=datetime(2027, 1, 1, tzinfo=UTC),
                                           caller=self.system)
        self.thief.copies(voucher=voucher)
        application.pay(self.clock.now()).papers(self.clock.now()).identify(self.clock.now())
        application.approve(self.clock.now())
        self.codes = application.codes
        self.thief.copies(initial_password=self.codes["initial_password"], challenge=self.codes["challenge"],
                          token_seed=self.scene.seeds[application.serial])

    def activates(self):
        browser, code = Client(HTTP_HOST="localhost"), self.token_code()
        browser.get("/my/certificate/activate")
        for page, answer in {
                "check": {}, "codes": {name: self.codes[name] for name in ("user_id", "initial_password")},
                "code": {"activation_code": applications.ACTIVATION_CODE}, "device": {"code": code},
                "password": {"password": PASSWORD, "again": PASSWORD}, "image": {"image": applications.IMAGE},
                "content": {"accepted": "on"}, "terms": {"accepted": "on"}}.items():
            assert browser.post(f"/my/certificate/activate/{page}", answer).status_code == 302, page
            self.thief.copies()
        self.thief.copies(activation_token_code=code, password=PASSWORD)
        self.application.order.refresh_from_db()
        self.identity = Identity.objects.get(pk=self.application.order.identity_id)

    def token_code(self):
        self.clock.advance(minutes=1)
        return self.application.token_code(self.clock.now())

    def logs_in(self, password, device, code_of):
        browser = Client(HTTP_HOST="localhost")
        assert browser.post(f"/login/password?device={device}&next=/my/", {
            "user_id": self.codes["user_id"], "password": password}).status_code == 302
        self.thief.copies()
        code = code_of()
        assert browser.post("/login/code", {"code": code}).status_code == 302
        cookies = {f"{name} after {device}": cookie.value for name, cookie in browser.cookies.items()}
        assert {"paraph_session after token", "paraph_session after scan"} & set(cookies)
        self.thief.copies(**{f"{device}_code": code}, **cookies)
        return browser

    def changes_the_password(self):
        browser = self.logs_in(PASSWORD, "token", self.token_code)
        assert browser.post("/login/change-password", {"current": PASSWORD, "password": CHANGED,
                                                       "again": CHANGED}).status_code == 302
        self.thief.copies(changed_password=CHANGED)

    def takes_a_scan(self):
        self.clock.advance(minutes=1)
        device = Device.objects.get(serial=self.application.serial)
        scan = holders.add_scan(holders.Holder(self.identity, device, self.scene.seeds[device.serial]), self.system)
        keys = bytes.fromhex(scan.keys)
        self.thief.copies(scan_factory_key=bytes.fromhex(scan.factory), scan_image_key=keys[:32], scan_code_key=keys[32:])
        self.logs_in(CHANGED, "scan", lambda: holders.aimed(scan, LoginTransaction.objects.latest("id")))

    def takes_a_passkey(self):
        self.clock.advance(minutes=1)
        browser = self.logs_in(CHANGED, "token", self.token_code)
        browser.post("/my/passkeys")
        self.thief.copies()
        name, self.authenticator = "Clé du salon", Authenticator()
        browser.post("/my/passkeys/new", {"name": name, "answer": self.authenticator.make(options_on(
            browser.get("/my/passkeys/new")))})
        [held] = self.authenticator.credentials
        self.thief.copies(passkey_name=name, passkey_key=held.key.private_numbers().private_value.to_bytes(32, "big"))
        _, options = self.to_the_passkey(CHANGED)
        self.thief.copies()
        browser, options = self.to_the_passkey(CHANGED)
        self.answer = self.authenticator.use(options)
        assert browser.post("/login/passkey", {"answer": self.answer})["Location"] == "/my/"
        self.thief.copies(**{f"{name} after passkey": cookie.value for name, cookie in browser.cookies.items()})

    def to_the_passkey(self, password):
        """A browser at the door's second step, and what its page asks of the authenticator."""
        browser = Client(HTTP_HOST="localhost")
        assert browser.post("/login/password?device=passkey&next=/my/", {
            "user_id": self.codes["user_id"], "password": password})["Location"] == "/login/passkey"
        return browser, options_on(browser.get("/login/passkey"))

    def forgets_the_password(self):
        browser, user_id = Client(HTTP_HOST="localhost"), self.codes["user_id"]
        codes = browser.post("/my/forgotten-password", {"user_id": user_id})["Location"]
        self.thief.copies()
        authentication.send_codes(caller=self.system)
        sms = Message.objects.filter(template="sms_code").latest("created_at").content["codes"]["code"]
        code = self.token_code()
        assert browser.post(codes, {"user_id": user_id, "sms_code": sms, "code": code, "password": RESET,
                                    "again": RESET})["Location"].endswith("/done")
        self.thief.copies(sms_code=sms, recovery_token_code=code, new_password=RESET)

    def the_house_gives_secrets_too(self):
        self.thief.copies(security_code=authentication.make_security_code(
            identity_id=self.identity.id, caller=self.scene.officer(self.clock.now())))
        serial = self.scene.stock("22-2222222-2")
        invited = staff.appoint(
            claims=Claims(family_names="Weber", given_names="Anne", birth_date=date(1980, 1, 1)),
            organisation_id=self.scene.desk.id, roles=["registration_officer"], token_serial=serial, caller=self.system)
        bank = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token"],
                                 caller=self.system)
        _, secret = identity_provider.register_client(
            client_id="bank", partner_id=bank.id, redirect_addresses=[CALLBACK], scopes=["profile"],
            details_types=["paraph_confirmation"], caller=self.system)
        self.thief.copies(staff_password=invited.initial_password, staff_seed=self.scene.seeds[serial],
                          client_secret=secret, key_store="test passphrase")

    def confirms(self):
        browser = self.logs_in(RESET, "token", self.token_code)
        page = page_of(browser, None, self.clock.now())
        self.thief.copies()
        device, code = choose(browser, page, self.application.serial), self.token_code()
        self.thief.copies()
        back = parameters_of(browser.post(device, {"code": code}))
        self.thief.copies(confirmed_words=TEXT, iban="LU28 0019 4006 4475 0000", confirmation_token_code=code,
                          authorisation_code=back["code"])


@pytest.fixture
def life(thief, scene, clock, passkeys):
    whole = Life(scene, thief, clock)
    for step in (whole.orders, whole.activates, whole.changes_the_password, whole.takes_a_scan,
                 whole.takes_a_passkey, whole.forgets_the_password, whole.the_house_gives_secrets_too, whole.confirms):
        step()
    return whole


@pytest.mark.requirement("R293", part="later: chip devices and the app")
def test_no_secret_can_be_read(life, thief):
    assert len(thief.secrets) >= 20 and len({place for place, _ in thief.loot}) > 300
    assert thief.reads() == set()


def test_without_the_pepper_no_hash_proves_a_guess(life, thief):
    """Short codes and passwords can be tried out; a hash that agrees with the right one would say so."""
    hashes = {content.decode().partition("$")[2] for _, content in thief.loot if b"$argon2id$" in content}
    assert len(hashes) >= 8
    right = [secret for secret in thief.secrets if isinstance(secret, str)]
    for encoded in hashes:
        for kind in ("", "password\0", "initial_password\0", "activation_code\0", "challenge\0"):
            for secret in right:
                with pytest.raises(VerifyMismatchError):
                    PasswordHasher().verify(encoded, f"{kind}{secret}")
    assert any(secrets.verify_secret(RESET, content.decode(), "password") for place, content in thief.loot
               if place == "authentication_credential.password_hash" and content), "with the pepper it is the right one"


OPEN = {
    # What proves a login to an expert needs them: the name of the credential, its key, and what its owner answered. The
    # signer knows the first two as well.
    "credential_id": {"devices_passkey.credential_id", "signer.passkeys.credential_id", "devices_passkey.attestation_object",
                      "authentication_loginevidence.device_statement"},
    "public_key": {"devices_passkey.public_key", "devices_passkey.attestation_object", "signer.passkeys.public_key_der"},
    "user_handle": {"devices_passkey.user_handle", "devices_enrolment.user_handle"},
}


def test_of_a_passkey_public_things_can_be_read_and_only_where_they_must_stand(life, thief):
    [held] = life.authenticator.credentials
    key = held.key.public_key().public_numbers()
    sought = {"credential_id": held.id, "user_handle": held.user_handle, "public_key": key.x.to_bytes(32, "big")}
    assert {name: {place for place, content in thief.loot for inner in readings(content) if value in inner}
            for name, value in sought.items()} == OPEN


def test_the_handle_of_a_passkey_tells_nobody_whose_it_is(life):
    """It stays in the authenticator and in clouds to which it is synced: no datum of the person, nor a digest of one."""
    [held] = life.authenticator.credentials
    person = life.identity.person
    known = (life.codes["user_id"], life.identity.ssn, str(life.identity.id), life.identity.id.bytes, str(person.id),
             person.id.bytes, "Specimen", "Marie", "1985-01-01")
    assert len(held.user_handle) == 32
    assert not any(holds(held.user_handle, datum) or hashlib.sha256(octets(datum)).digest() in held.user_handle
                   for datum in known)


def test_everything_that_can_be_read_of_a_passkey_opens_no_door(life, thief):
    """The thief has the password too: he answers with a key of his own under the name that he read, then as she did."""
    stored = Passkey.objects.get()
    forger = Authenticator()
    forger.make({"rp": {"id": "localhost"}, "user": {"id": stored.user_handle}, "challenge": ""})
    forger.credentials[0].id = unb64(stored.credential_id)
    forger.credentials[0].count = stored.sign_count + 5
    for answer in (lambda options: forger.use(options), lambda options: life.answer):
        browser, options = life.to_the_passkey(RESET)
        assert browser.post("/login/passkey", {"answer": answer(options)})["Location"].endswith("refused=1")
        assert browser.get("/my/activity").status_code == 302
    browser, options = life.to_the_passkey(RESET)
    life.authenticator.credentials[0].count += 1
    assert browser.post("/login/passkey", {"answer": life.authenticator.use(options)})["Location"] == "/my/"


@pytest.mark.parametrize("written", [
    "{}", '{{"code": "{}"}}', base64.b64encode(b'{"x": "482913"}').decode(), b"\x01482913\x02".hex(),
    "ff:" + base64.urlsafe_b64encode(zlib.compress(json.dumps({"code": "482913"}).encode())).decode().rstrip("=") + ":1a",
    "8d5bde9a2f1d4c0ea7b3:" + "319284"])
def test_the_search_finds_what_is_wrapped_only(written):
    content = written.format("482913").encode()
    assert any(holds(inner, "482913") for inner in readings(content))
    assert not any(holds(inner, "482914") for inner in readings(content))


def test_the_search_finds_digests_that_a_guess_would_prove():
    assert holds(hashlib.sha256(b"482913").digest(), "482913")
