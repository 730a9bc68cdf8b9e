# SPDX-License-Identifier: Apache-2.0
"""Marie's application from the order to the activation, made through the product's own services.

Needs Django, a database and a bound signer. Each step is one method, so that a test can stop where it wants to look.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import LegalText
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import services as devices
from paraph.domain.devices.services import TokenSeed
from paraph.domain.notifications.models import Message
from paraph.domain.orders import catalogue
from paraph.domain.orders import services as orders
from paraph.domain.orders.models import Order
from paraph.domain.orders.policy import Applicant, Document
from paraph.domain.orders.policy.papers import FormCheck
from paraph.domain.organisations import services as organisations
from paraph.domain.organisations.models import Organisation
from paraph.domain.proofing.methods import DocumentFacts
from paraph.domain.registration import services as registration
from paraph.domain.registration.services.desk import expected_document
from paraph.kernel import tokens
from paraph.kernel.caller import Caller, Role
from paraph.pki import otp
from paraph.signer import client
from paraph.signer.client import Outcome
from testkit import holders
from testkit.holders import Holder

ACTIVATION_CODE = "2CD34"
PASSWORD = "Abc123"
IMAGE = "lighthouse"


@dataclass
class Scene:
    """An operator with one desk, its officer, terms in force, a certification tree and Tokens in stock."""

    system: Caller
    desk: Organisation
    officer_person: UUID
    texts: list[LegalText]
    registrar: Holder
    seeds: dict[str, bytes] = field(default_factory=dict)

    def officer(self, at: datetime) -> Caller:
        return Caller(at=at, channel="web", person=str(self.officer_person), session="desk", scope="staff",
                      identity=str(self.registrar.identity.id),
                      roles=frozenset({Role(str(self.desk.id), "registration_officer")}))

    def stock(self, serial: str) -> str:
        self.seeds[serial] = tokens.token_bytes(20)
        devices.import_stock(tokens=[TokenSeed(serial=serial, seed=self.seeds[serial])], signer=client.bound(),
                             caller=self.system)
        return serial

    def shows(self, serial: str, at: datetime) -> str:
        """What the Token of this serial number shows at an instant."""
        return otp.hotp(self.seeds[serial], otp.totp_step(at, 30), 6)


def scene(system: Caller) -> Scene:
    catalogue.use(catalogue.Catalogue.from_prices({"token": {"private": 4500}, "scan": {"private": 6500}}))
    holders.tree(system)
    desk = organisations.create_organisation(
        slug="desk", name="Bureau de la Plume", roles=["operator", "registration_authority"], caller=system,
        address={"street": "1, rue de la Plume", "postcode": "L-1000", "city": "Luxembourg", "country": "LU"})
    officer = accounts.create_person(claims=accounts.Claims(family_names="Muller", given_names="Jean",
                                                            birth_date=date(1975, 5, 5)),
                                     document_expires_on=None, caller=system)
    organisations.add_membership(person_id=officer.id, organisation_id=desk.id, role="registration_officer",
                                 caller=system)
    texts = [accounts.publish_text(kind="terms", version="2026-11", language=language, title="Conditions",
                                   body=f"Conditions ({language}).", effective_at=system.at - timedelta(days=1),
                                   authoritative=language == "fr", caller=system) for language in ("fr", "de", "en")]
    identity = accounts.create_identity(person_id=officer.id, kind="staff", device_family="server", caller=system)
    return Scene(system, desk, officer.id, texts, holders.registrar(identity, system))


def applicant(**changes: object) -> Applicant:
    values = {"family_names": "Specimen", "given_names": "Marie", "birth_date": date(1985, 1, 1),
              "street": "2, rue du Fossé", "postcode": "1536", "city": "Luxembourg", "country": "LU",
              "email": "marie@post.example", "mobile": "+352621123456"}
    return Applicant(**(values | changes))


def document(**changes: object) -> Document:
    values = {"type": "identity_card", "number": "XAB12CD34", "country": "LU", "expires_on": date(2030, 6, 30)}
    return Document(**(values | changes))


@dataclass
class Application:
    """One order of Marie's on its way. `at` moves with the clock of the test: hand in what the clock says."""

    scene: Scene
    order: Order
    serial: str = ""

    @classmethod
    def place(cls, scene: Scene, at: datetime, applicant: Applicant | None = None, document_: Document | None = None,
              product: str = "token"):
        order = orders.place(
            attempt=tokens.uuid7(), product=product, use="private", channel="desk", authority_id=scene.desk.id,
            applicant=applicant or globals()["applicant"](), document=document_ or document(),
            activation_code=ACTIVATION_CODE, texts=[scene.texts[0].id], language="fr",
            caller=Caller(at=at, channel="web"))
        return cls(scene, order)

    def _again(self) -> Order:
        self.order.refresh_from_db()
        return self.order

    def pay(self, at: datetime) -> "Application":
        [code] = orders.create_vouchers(giver=self.scene.desk.id, count=1, expires_at=at + timedelta(days=30),
                                        caller=replace(self.scene.system, at=at))
        orders.pay_with_voucher(order_id=self.order.id, code=code, caller=Caller(at=at, channel="web"))
        self._again()
        return self

    def papers(self, at: datetime) -> "Application":
        for paper, form in (("order_form", FormCheck(complete=True, signed=True, signed_on=date(2026, 11, 24))),
                            ("identity_document", None)):
            orders.record_paper(order_id=self.order.id, paper=paper, received=True, form=form,
                                caller=self.scene.officer(at))
        return self

    def identify(self, at: datetime, person_present: bool = True, **changes: object):
        seen = DocumentFacts(**(vars(expected_document(self._again())) | changes))
        attempt = registration.identify(order_id=self.order.id, seen=seen, person_present=person_present,
                                        caller=self.scene.officer(at))
        self._again()
        return attempt

    def approve(self, at: datetime, serial: str = "11-1111111-1", match: object = None) -> "Application":
        self.serial = serial if serial in self.scene.seeds else self.scene.stock(serial)
        done = registration.approve(order_id=self.order.id, match=match, token_serial=serial, contacts_read_back=True,
                                    code=self.scene.registrar.press(), caller=self.scene.officer(at))
        assert not isinstance(done, Outcome), done
        self._again()
        return self

    @classmethod
    def prepared(cls, scene: Scene, at: datetime, **parts: object) -> "Application":
        """Ordered, paid, identified and approved at one instant: the codes are in the outbox."""
        application = cls.place(scene, at, **parts).pay(at).papers(at)
        application.identify(at)
        return application.approve(at)

    @property
    def codes(self) -> dict[str, str]:
        """As the outbox shows them to who received them."""
        person = str(self._again().person_id)
        return Message.objects.filter(template="codes", person_id=person).latest("created_at").content["codes"]

    def token_code(self, at: datetime) -> str:
        return self.scene.shows(self.serial, at)

    def proven(self, caller: Caller) -> UUID:
        """Through the three proofs of an activation; consumes the Token's code of this instant."""
        codes = self.codes
        opening = registration.open_activation(user_id=codes["user_id"], initial_password=codes["initial_password"],
                                               caller=caller)
        identifier = opening.activation_id
        assert registration.recognise(activation_id=identifier, activation_code=ACTIVATION_CODE,
                                      caller=caller) == "accepted"
        assert registration.prove(activation_id=identifier, answer=self.token_code(caller.at),
                                  caller=caller) == "accepted"
        return identifier

    def chosen(self, caller: Caller) -> UUID:
        """Proven, with password, image and the content of the certificates accepted."""
        identifier = self.proven(caller)
        registration.choose_password(activation_id=identifier, password=PASSWORD, caller=caller)
        registration.choose_image(activation_id=identifier, image=IMAGE, caller=caller)
        registration.accept_content(activation_id=identifier, caller=caller)
        return identifier

    def activate(self, caller: Caller):
        """The whole way; returns the finished activation."""
        return registration.activate(activation_id=self.chosen(caller), texts=[self.scene.texts[0].id],
                                     caller=caller)


def log_in(client, *, identity_id: object, person_id: object, scope: str, at: datetime) -> None:
    """Puts a finished login behind a Django test client, as the door would leave it."""
    session = authentication.open_session(
        identity_id=identity_id, person_id=person_id, scope=scope, acr="http://eidas.europa.eu/LoA/substantial",
        amr=("pwd", "otp"), caller=Caller(at=at, channel="web"))
    web = client.session
    web["authentication_session"] = str(session.id)
    web.save()


def log_in_officer(client, scene: Scene, at: datetime) -> None:
    log_in(client, identity_id=scene.registrar.identity.id, person_id=scene.officer_person, scope="staff", at=at)
