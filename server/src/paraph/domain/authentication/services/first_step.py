# SPDX-License-Identifier: Apache-2.0
"""The door's first step: UserID and password. Unknown, wrong and blocked cost the same and get the same answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.lifecycle import IdentityState
from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout, policy, queries, rows, statements
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.models import Credential, LoginTransaction
from paraph.domain.authentication.policy import Standing
from paraph.domain.authentication.services import limiting
from paraph.domain.authentication.services.browsers import lane_of
from paraph.domain.authentication.services.codes import INITIAL_PASSWORD, NOBODY, PASSWORD
from paraph.domain.certification import queries as certification
from paraph.domain.certification.queries import KeyInLife
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS
from paraph.domain.partners.models import Partner
from paraph.kernel import rules, secrets, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import scan
from paraph.signer import client


class DeviceNotAccepted(Refusal):
    """The partner's policy, or what this service can do today, leaves this device out (R074)."""

    code = "device_not_accepted"
    sentence = "Cet appareil n’est pas accepté ici. Choisissez-en un autre dans la liste."
    status = 422


class NoUsableDevice(Refusal):
    """UserID and password were right, but the chosen device is not there or is disabled."""

    code = "no_usable_device"
    sentence = "Aucun produit de ce type n’est actif pour votre compte. Choisissez-en un autre, ou appelez-nous."


class NoUsablePasskey(Refusal):
    """UserID and password were right, but no passkey of this account is active, or none reaches the partner's level."""

    code = "no_usable_passkey"
    sentence = "Aucune clé d’accès de votre compte ne convient ici. Connectez-vous avec un autre produit. Dans Mon espace, " \
        "vous pouvez voir et ajouter vos clés d’accès."


@dataclass(frozen=True)
class FirstStep:
    """`transaction_id` is the login that waits for the code; None: refused, whatever the reason."""

    transaction_id: UUID | None


def check_first_step(
    *, user_id: str, password: str, device: str, partner_id: object | None = None, purpose: str = "portal",
    site: str = "", notice: str = "", caller: Caller,
) -> FirstStep:
    """A right UserID and password open a login that waits for the device's code; anything else counts as a failure.

    Before activation the initial password takes the password's place; the second step then says so (R087). The signer's
    session covers the SHA-256 of the login statement. A Scan shows the partner's name, or `site` without one, and
    `notice`. Refuses: DeviceNotAccepted, TooManyAttempts, NoUsableDevice, NoUsablePasskey, SignerUnavailable.
    """
    partner = Partner.objects.filter(pk=partner_id, active=True).first() if partner_id else None
    if device not in queries.devices_at(partner):
        raise DeviceNotAccepted()
    identity = accounts.identity_by_user_id(user_id)
    identifier = identity.id if identity else NOBODY
    credential = rows.CREDENTIAL.first(identity_id=identifier)
    certificates = valid_certificates(identifier, caller.at)
    lane = lane_of(identifier, caller)
    limiting.spend("door", user_id=user_id, lane=lane, caller=caller)
    if not password_passes(identifier, credential, password, lane, caller):
        return FirstStep(None)
    _renew_hash(credential, password)
    shown_as = partner.name_in(caller.language) if partner else site
    return FirstStep(
        _open(identity, credential, certificates, device, partner, purpose, shown_as, notice, lane, caller).id)


def valid_certificates(identity_id: object, at: datetime) -> list[KeyInLife]:
    """The identity's authentication certificates that are valid in time, whatever their state; newest last."""
    return certification.authentication_keys(identity_id, at)


def standing_of(identity: Identity, credential: Credential, certificates: list[KeyInLife]) -> Standing:
    if identity.state != IdentityState.OPEN:
        return Standing.ENDED
    return policy.standing(kind=identity.kind, activated=credential.activated_at is not None,
                           states=[certificate.state for certificate in certificates])


def password_passes(
    identity_id: object, credential: Credential | None, password: str, lane: Lane, caller: Caller
) -> bool:
    """Whether this is the password and the lane is not blocked; if not, the failure is counted."""
    return count_attempt(identity_id, credential, right=is_password(credential, password), lane=lane, caller=caller)


def is_password(credential: Credential | None, password: str) -> bool:
    """Exactly one hash is computed, whoever is asked about."""
    if credential is None:
        secrets.dummy_verify(password)
        return False
    if credential.activated_at:
        return secrets.verify_secret(password, credential.password_hash, PASSWORD)
    return secrets.verify_secret(password, credential.initial_password_hash, INITIAL_PASSWORD)


def _renew_hash(credential: Credential, password: str) -> None:
    """A password that was hashed under an older pepper or cost is hashed anew while it is at hand."""
    if credential.activated_at and secrets.needs_rehash(credential.password_hash):
        Credential.objects.filter(pk=credential.pk, password_hash=credential.password_hash).update(
            password_hash=secrets.hash_secret(password, PASSWORD))


def count_attempt(
    identity_id: object, read: Credential | None, *, right: bool, lane: Lane, caller: Caller
) -> bool:
    """Whether the attempt passes. Decided on the locked row, so that of many attempts at once only as many are judged
    as failures are left; the same statements run for an unknown UserID, a wrong password and a blocked account."""
    current = rules.current()
    with transaction.atomic(durable=True):
        locked = rows.LOCKED_CREDENTIAL.first(identity_id=identity_id)
        counter = lockout.counter(locked or Credential(identity_id=NOBODY), lane)
        if locked is not None and right and not lockout.is_blocked(counter, caller.at, current) and _same(read, locked):
            return True
        changes = lockout.after_failure(counter, caller.at, current)
        rows.change_credential(lockout.columns(lane, changes), identity_id=identity_id)
        blocks = locked is not None and changes["failures"] >= current.lockout_failures > counter.failures
        audit.record(Event.BLOCKED if blocks else Event.LOGIN_REFUSED, about=("identity", identity_id), caller=caller,
                     facts={"step": "password", "lane": lane, "failures": changes["failures"]})
    return False


def _same(read: Credential | None, locked: Credential) -> bool:
    return read is not None and (read.password_hash, read.initial_password_hash, read.activated_at) == (
        locked.password_hash, locked.initial_password_hash, locked.activated_at)


@dataclass(frozen=True)
class Opened:
    """The signer's session for one login, and what a Scan must be shown for it."""

    statement: bytes
    session_id: str
    image: bytes


def open_at_signer(
    *, identity: Identity, partner: Partner | None, purpose: str, device: str, serial: str, key_id: str | None, site: str,
    notice: str, caller: Caller,
) -> Opened:
    """A fresh statement and a session that covers it; for a device that reads images, the first image."""
    signer, nonce = client.bound(), tokens.token_bytes(32)
    of_a_passkey = device not in METHODS
    if of_a_passkey:
        # A passkey signs the statement itself, and opens nothing. The signer's own nonce stands in it, so that the signer can
        # tell later that this login was of this moment.
        session = signer.open_session(attempt=str(tokens.uuid7()), kind="login", holder=str(identity.id), key_id=None,
                                      hashes=[], labels=[], device_serial=None)
        nonce = session.nonce
    statement = statements.login(
        identity=str(identity.id), ssn=identity.ssn, purpose=purpose, partner=partner.slug if partner else None,
        device=device, device_serial=serial, nonce=nonce, at=caller.at)
    if of_a_passkey:
        return Opened(statement, session.session_id, b"")
    method = METHODS[device]
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="login", holder=str(identity.id), key_id=key_id, statement=statement if key_id else b"",
        hashes=[sha256(statement).digest()], labels=[scan.shortened(site, scan.LONGEST_PARTNER)], device_serial=serial)
    if not method.shows_challenge:
        return Opened(statement, session.session_id, b"")
    shown = method.image(signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id, serial=serial,
                         partner=site, text=notice)
    return Opened(statement, session.session_id, shown.payload)


def _open(
    identity: Identity, credential: Credential, certificates: list[KeyInLife], device: str, partner: Partner | None,
    purpose: str, site: str, notice: str, lane: Lane, caller: Caller,
) -> LoginTransaction:
    standing = standing_of(identity, credential, certificates)
    serial = _device_serial(identity, device, standing, partner, caller.at)
    active = [certificate for certificate in certificates if certificate.state == "active"]
    # Only a certificate in force signs: a suspended holder's code opens a session, his key stays closed.
    certificate = active[-1] if standing is Standing.FULL and device in METHODS else None
    opened = open_at_signer(
        identity=identity, partner=partner, purpose=purpose, device=device, serial=serial,
        key_id=certificate.key_id if certificate else None, site=site, notice=notice, caller=caller)
    current = rules.current()
    with transaction.atomic(durable=True):
        login = rows.new_login(
            identity=identity, person_id=identity.person_id, partner=partner, purpose=purpose, standing=standing,
            lane=lane, device=device, device_serial=serial, statement=opened.statement,
            key_id=certificate.key_id if certificate else "",
            certificate_serial=certificate.serial if certificate else "", signer_session=opened.session_id,
            image=opened.image, site=site, notice=notice,
            shown_at=caller.at, code_until=caller.at + timedelta(seconds=current.otp_life_seconds),
            expires_at=caller.at + timedelta(minutes=current.login_transaction_minutes), state_since=caller.at)
        audit.record(Event.LOGIN_OPENED, about=("login", login.id), caller=caller, facts={
            "identity": identity.id, "partner": partner.id if partner else None, "device": device,
            "signer_session": opened.session_id, "statement": sha256(opened.statement).hexdigest()})
    return login


def _device_serial(
    identity: Identity, device: str, standing: Standing, partner: Partner | None, at: datetime
) -> str:
    """The holder's device of this type. Before activation an assigned one will do if its first answer activates it.
    Which passkey it is, its answer says."""
    if device == policy.PASSKEY:
        if not devices.passkeys_for_login(identity.id, queries.minimum_level(partner)):
            raise NoUsablePasskey()
        return ""
    found = devices.active_for(identity.id, at)
    if standing in (Standing.NEW, Standing.NEW_STAFF) and METHODS[device].answers_when_assigned:
        found = [row for row in devices.for_identity(identity.id) if row.state in ("assigned", "active")]
    serials = [row.serial for row in found if row.type == device]
    if not serials:
        raise NoUsableDevice()
    return serials[-1]
