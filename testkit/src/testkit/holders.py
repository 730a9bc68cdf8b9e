# SPDX-License-Identifier: Apache-2.0
"""Holders and staff made through the product's own services, with a simulated Token and certificates of a real tree.

Needs Django, a database and a bound signer. What the desk and the activation pages do is done here without them.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import Claims
from paraph.domain.authentication import services as authentication
from paraph.domain.certification import authorities
from paraph.domain.certification import queries as issued
from paraph.domain.certification import services as certification
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.devices.services import ScanKey, TokenSeed
from paraph.domain.organisations import services as organisations
from paraph.interfaces.cli import signer_host
from paraph.kernel import secrets, tokens
from paraph.kernel.caller import Caller
from paraph.pki import names, otp
from paraph.pki.scan import image_text
from paraph.signer import client
from paraph.signer.core import Signer
from testkit.simulators.scan import SimulatedScan, look

PASSWORD = "Abc123"
INITIAL_PASSWORD = "Start12345"
CHALLENGE = "482913"
ACTIVATION_CODE = "K7M2P"
IMAGE = "lighthouse"


@dataclass
class Holder:
    """Somebody with a Token. `code(at)` is what it shows at an instant."""

    identity: Identity
    device: Device
    seed: bytes
    presses: int = 0

    @property
    def user_id(self) -> str:
        return self.identity.user_id

    def code(self, at: datetime) -> str:
        return otp.hotp(self.seed, otp.totp_step(at, 30), 6)

    def press(self) -> str:
        """The next code of an event-based Token."""
        self.presses += 1
        return otp.hotp(self.seed, self.presses - 1, 6)


def tree(caller: Caller) -> None:
    """A certification tree, once per database."""
    authorities.create_demo_tree(
        names=authorities.TreeNames(root="Essai Root CA", issuing="Essai Issuing CA", organization="Essai S.A.",
                                    organization_identifier="NTRLU-B000000", country="LU", ocsp="Essai OCSP",
                                    tsu="Essai TSU"),
        pki_url="http://localhost:8000/pki", caller=caller)


def new(caller: Caller, *, kind: str = "private", given_names: str = "Marie", family_names: str = "Thiry",
        method: str = "totp") -> Holder:
    """An identity with initial codes and an assigned Token, not activated."""
    person = accounts.create_person(
        claims=Claims(family_names=family_names, given_names=given_names, birth_date=date(1985, 3, 9),
                      matricule="" if kind == "staff" else "1985030912345"),
        document_expires_on=None, caller=caller)
    identity = accounts.create_identity(person_id=person.id, kind=kind, device_family="server", caller=caller)
    seed = tokens.token_bytes(20)
    serial = f"T-{tokens.digits(8)}"
    devices.import_stock(tokens=[TokenSeed(serial=serial, seed=seed, method=method)], signer=client.bound(),
                         caller=caller)
    device = devices.assign(identity_id=identity.id, serial=serial, caller=caller)
    authentication.set_initial(
        identity_id=identity.id, initial_password=INITIAL_PASSWORD, challenge="" if kind == "staff" else CHALLENGE,
        activation_code_hash="" if kind == "staff" else secrets.hash_secret(ACTIVATION_CODE, "activation_code"),
        caller=caller)
    return Holder(identity, device, seed)


def activate(holder: Holder, caller: Caller, *, method: str = "totp") -> None:
    """Keys, certificates, password and image, as an activation leaves them. Consumes the Token's code of this instant."""
    signer, identity = client.bound(), holder.identity
    subject = names.natural_person(given_names="Marie", family_names="Thiry", country="LU", ssn=identity.ssn)
    with _host() as host:
        host.admit_name(attempt=f"name-{identity.id}", holder=str(identity.id), subject=subject.encode())
    session = signer.open_session(attempt=str(tokens.uuid7()), kind="activate", holder=str(identity.id), key_id=None,
                                  hashes=[], labels=[], device_serial=holder.device.serial)
    signer.authorise_with_code(attempt=str(tokens.uuid7()), session_id=session.session_id,
                               device_serial=holder.device.serial,
                               code=holder.code(caller.at) if method == "totp" else holder.press())
    keys = signer.make_holder_keys(attempt=str(tokens.uuid7()), session_id=session.session_id)
    generation = str(tokens.uuid7())
    for usage, key in (("authentication", keys.authentication), ("signature", keys.signature)):
        certification.issue(
            attempt=str(tokens.uuid7()), profile=f"natural-{usage}-ncp", subject_id=str(identity.id),
            subject=subject, public_key_der=key.public_key_der, generation=generation, identification="desk",
            key_id=key.key_id, caller=caller)
    certification.activate(generation=generation, caller=caller)
    holder.device = devices.activate(device_id=holder.device.id, caller=caller)
    authentication.complete_activation(identity_id=identity.id, password=PASSWORD, secret_image=IMAGE, caller=caller)


def _host() -> AbstractContextManager[Signer]:
    """The signer as somebody on its own host has it: in this process, or beside the one that serves."""
    core = getattr(client.bound(), "core", None)
    return nullcontext(core) if core is not None else signer_host.core()


def add_scan(holder: Holder, caller: Caller) -> SimulatedScan:
    """A Scan beside the Token, as an agent assigns it and its holder adds it. Consumes the Token's code of this instant."""
    serial, key = f"S-{tokens.digits(8)}", tokens.token_bytes(32)
    devices.import_stock(scans=[ScanKey(serial=serial, factory_key=key)], signer=client.bound(), caller=caller)
    device = devices.assign(identity_id=holder.identity.id, serial=serial, caller=caller)
    scan, own = SimulatedScan(serial, key.hex()), replace(caller, channel="web", identity=str(holder.identity.id),
                                                          scope="full")
    joining = devices.begin_joining(device_id=device.id, caller=own)
    assert devices.allow_joining(joining_id=joining.id, code=holder.code(caller.at), caller=own) == "accepted"
    assert devices.read_first_image(joining_id=joining.id, code=aimed(scan, joining), partner="Paraph", text="Scan",
                                    caller=own) == "accepted"
    assert devices.finish_joining(joining_id=joining.id, answer=aimed(scan, joining), caller=own) == "accepted"
    return scan


def trusted_agent(caller: Caller, *, role: str, organisation_id: object, given_names: str = "Anne",
                  family_names: str = "Schmit") -> Holder:
    """Staff whose Token the signer knows and the operator has trusted (paraph agent trust). Consumes its code of this
    instant. The bound signer must run in this process."""
    agent = new(caller, kind="staff", given_names=given_names, family_names=family_names)
    agent.device = devices.activate(device_id=agent.device.id, caller=caller)
    authentication.complete_activation(identity_id=agent.identity.id, password=PASSWORD, secret_image="", caller=caller)
    organisations.add_membership(person_id=agent.identity.person_id, organisation_id=organisation_id, role=role,
                                 caller=caller)
    signer, serial = client.bound(), agent.device.serial
    session = signer.open_session(attempt=str(tokens.uuid7()), kind="login", holder=str(agent.identity.id), key_id=None,
                                  hashes=[bytes(32)], labels=["login"], device_serial=serial)
    assert signer.authorise_with_code(attempt=str(tokens.uuid7()), session_id=session.session_id, device_serial=serial,
                                      code=agent.code(caller.at)) == "accepted"
    signer._ask("trust_agent", attempt=str(tokens.uuid7()), holder=str(agent.identity.id), device_serial=serial)
    return agent


def registrar(identity: Identity, caller: Caller) -> Holder:
    """A member of staff whose event-based Token the operator trusts with names (paraph agent trust --for names)."""
    serial, seed = f"T-{tokens.digits(8)}", tokens.token_bytes(20)
    devices.import_stock(tokens=[TokenSeed(serial=serial, seed=seed, method="hotp")], signer=client.bound(), caller=caller)
    device = devices.assign(identity_id=identity.id, serial=serial, caller=caller)
    with _host() as host:
        host.trust_registrar(attempt=str(tokens.uuid7()), holder=str(identity.id), device_serial=serial)
    return Holder(identity, devices.activate(device_id=device.id, caller=caller), seed)


def registrars_scan(registrar: Holder, caller: Caller) -> SimulatedScan:
    """A Scan beside his Token, brought in on the signer's host (paraph agent trust --for names --device) and set up."""
    serial, key = f"S-{tokens.digits(8)}", tokens.token_bytes(32)
    devices.import_stock(scans=[ScanKey(serial=serial, factory_key=key)], signer=client.bound(), caller=caller)
    device = devices.assign(identity_id=registrar.identity.id, serial=serial, caller=caller)
    with _host() as host:
        host.trust_registrar(attempt=str(tokens.uuid7()), holder=str(registrar.identity.id), device_serial=serial)
    return set_up(device, SimulatedScan(serial, key.hex()), caller)


def set_up(device: Device, scan: SimulatedScan, caller: Caller) -> SimulatedScan:
    """As its owner of the staff sets it up in his first login with it."""
    own = replace(caller, channel="web", identity=str(device.identity_id), scope=devices.SETTING_UP)
    joining = devices.begin_setting_up(device_id=device.id, caller=own)
    assert devices.read_first_image(joining_id=joining.id, code=aimed(scan, joining), partner="Paraph", text="Scan",
                                    caller=own) == "accepted"
    assert devices.finish_joining(joining_id=joining.id, answer=aimed(scan, joining), caller=own) == "accepted"
    return scan


def aimed(scan: SimulatedScan, record) -> str:
    """What the Scan shows when it is aimed at the image of a record (a login, a joining, a signature request)."""
    record.refresh_from_db()
    return look(scan, image_text(bytes(record.image))).code


def generation_of(holder: Holder) -> str:
    return issued.for_subject(str(holder.identity.id))[0].generation
