# SPDX-License-Identifier: Apache-2.0
"""The door's first step: UserID and password. Unknown, wrong and blocked cost the same and get the same answer.

With a device that shows no secret image a right password gets that answer too: everybody comes to the second step, and
learns at its end whether he is in (R106). `_open_for_everybody` says how.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.lifecycle import IdentityState
from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import NOBODY
from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout, policy, queries, rows, statements
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.models import Credential, LoginTransaction
from paraph.domain.authentication.policy import Obstacle, Standing
from paraph.domain.authentication.services import limiting
from paraph.domain.authentication.services.browsers import lane_of
from paraph.domain.authentication.services.codes import INITIAL_PASSWORD, PASSWORD
from paraph.domain.authentication.services.setting_up import begin_scan
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
from paraph.signer.client import SignerRefusal


class DeviceNotAccepted(Refusal):
    """The partner's policy, or what this service can do today, leaves this device out (R074)."""

    code = "device_not_accepted"
    sentence = "Cet appareil n’est pas accepté ici. Choisissez-en un autre dans la liste."
    status = 422


@dataclass(frozen=True)
class FirstStep:
    """`transaction_id` is the login that waits for the code; None: refused, whatever the reason. With a device without
    secret image there always is one. `setting_up`: a Scan of the staff has to be set up first, in this joining."""

    transaction_id: UUID | None
    setting_up: UUID | None = None


def check_first_step(
    *, user_id: str, password: str, device: str, partner_id: object | None = None, purpose: str = "portal",
    site: str = "", notice: str = "", caller: Caller,
) -> FirstStep:
    """A right UserID and password open a login that waits for the device's code; anything else counts as a failure, and
    opens one that can't be finished where the device shows no secret image.

    Before activation the initial password takes the password's place; the second step then says so (R087). The signer's
    session covers the SHA-256 of the login statement. A Scan shows the partner's name, or `site` without one, and
    `notice`. Refuses: DeviceNotAccepted, TooManyAttempts, SignerUnavailable.
    """
    partner = Partner.objects.filter(pk=partner_id, active=True).first() if partner_id else None
    if device not in queries.devices_at(partner):
        raise DeviceNotAccepted()
    identity = accounts.identity_or_stranger(user_id)
    credential = rows.credential(identity.id)
    certificates = valid_certificates(identity.id, caller.at)
    lane = lane_of(identity.id, caller)
    limiting.spend("door", user_id=user_id, lane=lane, caller=caller)
    about = _About(identity, credential, certificates, lane, partner, purpose, device,
                   site=partner.name_in(caller.language) if partner else site, notice=notice)
    if not policy.shows_image(device):
        login = _open_for_everybody(about, password, caller)
        return FirstStep(login.id, begin_scan(identity, device, caller, proven=login.obstacle == Obstacle.DEVICE))
    # Asked about everybody: who gives the right password without having such a device is told what a wrong one is told.
    serial = _device_serial(about, caller.at)
    if not count_attempt(identity.id, credential, right=is_password(credential, password), usable=bool(serial), lane=lane,
                         caller=caller):
        return FirstStep(None)
    if renewed := _renewed_hash(credential, password):
        Credential.objects.filter(pk=credential.pk, password_hash=credential.password_hash).update(password_hash=renewed)
    return FirstStep(_open(about, serial, caller).id)


@dataclass(frozen=True)
class _About:
    """What a login is about, before anything is decided."""

    identity: Identity
    credential: Credential
    certificates: list[KeyInLife]
    lane: Lane
    partner: Partner | None
    purpose: str
    device: str
    site: str
    notice: str

    @property
    def standing(self) -> Standing:
        return standing_of(self.identity, self.credential, self.certificates)

    @property
    def certificate(self) -> KeyInLife | None:
        """Only a certificate in force signs: a suspended holder's code opens a session, his key stays closed."""
        active = [certificate for certificate in self.certificates if certificate.state == "active"]
        return active[-1] if active and self.standing is Standing.FULL and self.device in METHODS else None


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
    if credential is None or credential.identity_id == NOBODY:
        secrets.dummy_verify(password)
        return False
    if credential.activated_at:
        return secrets.verify_secret(password, credential.password_hash, PASSWORD)
    return secrets.verify_secret(password, credential.initial_password_hash, INITIAL_PASSWORD)


def _renewed_hash(credential: Credential, password: str) -> str:
    """A password that was hashed under an older pepper or cost is hashed anew while it is at hand; else empty."""
    if credential.activated_at and secrets.needs_rehash(credential.password_hash):
        return secrets.hash_secret(password, PASSWORD)
    return ""


def _renewed_for_everybody(credential: Credential, password: str) -> str:
    """While a former pepper is about, a second hash for everybody: else who has one that is old would answer later."""
    renewed = _renewed_hash(credential, password)
    if not renewed and secrets.is_renewing():
        secrets.hash_secret(password, PASSWORD)
    return renewed


def count_attempt(
    identity_id: object, read: Credential | None, *, right: bool, usable: bool = True, lane: Lane, caller: Caller
) -> bool:
    """Whether the attempt passes. Decided on the locked row, so that of many attempts at once only as many are judged
    as failures are left; the same statements run for an unknown UserID, a wrong password and a blocked account, and for a
    right password that opens nothing (not `usable`), which is no failure."""
    current = rules.current()
    with transaction.atomic(durable=True):
        locked = rows.locked_credential(identity_id)
        counter = lockout.counter(locked, lane)
        passes = right and not lockout.is_blocked(counter, caller.at, current) and _same(read, locked)
        if passes and usable:
            return True
        changes = {"failures": counter.failures, "failed_at": counter.failed_at} if passes \
            else lockout.after_failure(counter, caller.at, current)
        rows.change_credential(lockout.columns(lane, changes), identity_id=identity_id)
        blocks = changes["failures"] >= current.lockout_failures > counter.failures
        audit.record(Event.BLOCKED if blocks else Event.LOGIN_REFUSED, about=("identity", identity_id), caller=caller,
                     facts={"step": Obstacle.DEVICE if passes else Obstacle.PASSWORD, "lane": lane,
                            "failures": changes["failures"]})
    return False


def _same(read: Credential | None, locked: Credential) -> bool:
    """The stranger's are never taken for somebody's."""
    return read is not None and locked.identity_id != NOBODY and (
        read.password_hash, read.initial_password_hash, read.activated_at) == (
        locked.password_hash, locked.initial_password_hash, locked.activated_at)


@dataclass(frozen=True)
class Opened:
    """The signer's session for one login, and what a Scan must be shown for it. `answers`: there is a device that could
    answer; without one the image is nobody's."""

    statement: bytes
    session_id: str
    image: bytes = b""
    answers: bool = True


def open_at_signer(
    *, identity: Identity, partner: Partner | None, purpose: str, device: str, serial: str, key_id: str | None, site: str,
    notice: str, caller: Caller,
) -> Opened:
    """A fresh statement and a session that covers it; for a device that reads images, the first image. Without `serial` an
    image that no device reads, for as many questions."""
    signer, nonce, label = client.bound(), tokens.token_bytes(32), scan.shortened(site, scan.LONGEST_PARTNER)
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
        return Opened(statement, session.session_id)
    method = METHODS[device]
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="login", holder=str(identity.id), key_id=key_id, hashes=[sha256(statement).digest()],
        labels=[label], device_serial=serial or None, statement=statement if key_id else b"")
    if not method.shows_challenge:
        return Opened(statement, session.session_id)
    if not serial:
        drawn = method.image_for_nobody(
            signer=signer, attempt=str(tokens.uuid7()), holder=str(identity.id), digest=sha256(statement).digest(), label=label,
            text=notice, at=caller.at)
        return Opened(statement, session.session_id, drawn, answers=False)
    shown = method.image(signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id, serial=serial,
                         partner=site, text=notice)
    return Opened(statement, session.session_id, shown.payload)


def open_for_everybody(*, serial: str, **about: Any) -> Opened:
    """As open_at_signer(); a device that the signer refuses answers nothing, as one that is not there."""
    try:
        return open_at_signer(serial=serial, **about)
    except SignerRefusal:
        return open_at_signer(serial="", **about | {"key_id": None})


def _open(about: _About, serial: str, caller: Caller) -> LoginTransaction:
    """The password was right, and the page says so by the secret image."""
    certificate = about.certificate
    opened = open_at_signer(
        identity=about.identity, partner=about.partner, purpose=about.purpose, device=about.device, serial=serial,
        key_id=certificate.key_id if certificate else None, site=about.site, notice=about.notice, caller=caller)
    with transaction.atomic(durable=True):
        return _write(about, opened, serial, certificate, Obstacle.NONE, caller)


def _open_for_everybody(about: _About, password: str, caller: Caller) -> LoginTransaction:
    """R106 where no secret image is shown: a second step whatever was wrong, by the same statements, hashes and questions.

    The verdict falls on the locked row and is kept with the login (`obstacle`). Only a password that seems right opens a
    session for the holder's key; any other covers nothing that could be signed. A Scan that is there reads its image even
    so: whoever holds it without the password must not learn that.
    """
    identity, credential, lane, current = about.identity, about.credential, about.lane, rules.current()
    right, renewed = is_password(credential, password), _renewed_for_everybody(credential, password)
    allowed = right and not lockout.is_blocked(lockout.counter(credential, lane), caller.at, current)
    serial = _device_serial(about, caller.at)
    certificate = about.certificate if allowed else None
    opened = open_for_everybody(
        identity=identity, partner=about.partner, purpose=about.purpose, device=about.device, serial=serial,
        key_id=certificate.key_id if certificate else None, site=about.site, notice=about.notice, caller=caller)
    with transaction.atomic(durable=True):
        locked = rows.locked_credential(identity.id)
        counter = lockout.counter(locked, lane)
        passes = allowed and not lockout.is_blocked(counter, caller.at, current) and _same(credential, locked)
        changes = {"failures": counter.failures, "failed_at": counter.failed_at} if passes \
            else lockout.after_failure(counter, caller.at, current)
        Credential.objects.filter(identity_id=identity.id).update(
            **lockout.columns(lane, changes), **({"password_hash": renewed} if passes and renewed else {}))
        if passes and opened.answers:
            return _write(about, opened, serial, certificate, Obstacle.NONE, caller)
        blocks = changes["failures"] >= current.lockout_failures > counter.failures
        return _write(about, opened, serial if opened.answers else "", None,
                      Obstacle.DEVICE if passes else Obstacle.PASSWORD, caller,
                      event=Event.BLOCKED if blocks else Event.LOGIN_REFUSED, failures=changes["failures"])


def _write(
    about: _About, opened: Opened, serial: str, certificate: KeyInLife | None, obstacle: Obstacle, caller: Caller, *,
    event: Event = Event.LOGIN_OPENED, failures: int = 0,
) -> LoginTransaction:
    """The login that waits, and its line in the log: opened, or refused to its holder."""
    current, somebody = rules.current(), about.identity.id != NOBODY
    login = rows.new_login(
        identity_id=about.identity.id if somebody else None, person_id=about.identity.person_id if somebody else None,
        obstacle=obstacle, partner=about.partner, purpose=about.purpose, standing=about.standing,
        lane=about.lane, device=about.device, device_serial=serial, statement=opened.statement,
        key_id=certificate.key_id if certificate else "",
        certificate_serial=certificate.serial if certificate else "", signer_session=opened.session_id,
        image=opened.image, site=about.site, notice=about.notice,
        shown_at=caller.at, code_until=caller.at + timedelta(seconds=current.otp_life_seconds),
        expires_at=caller.at + timedelta(minutes=current.login_transaction_minutes), state_since=caller.at)
    if obstacle:
        audit.record(event, about=("identity", about.identity.id), caller=caller, facts={
            "step": obstacle, "lane": about.lane, "failures": failures, "login": login.id, "device": about.device,
            "signer_session": opened.session_id})
        return login
    audit.record(event, about=("login", login.id), caller=caller, facts={
        "identity": about.identity.id, "partner": about.partner.id if about.partner else None, "device": about.device,
        "signer_session": opened.session_id, "statement": sha256(opened.statement).hexdigest()})
    return login


def _device_serial(about: _About, at: datetime) -> str:
    """The holder's device of this type, or nothing. Before activation an assigned one will do if its first answer
    activates it. Which passkey it is, its answer says."""
    if about.device == policy.PASSKEY:
        return ""
    first = about.standing in (Standing.NEW, Standing.NEW_STAFF) and METHODS[about.device].answers_when_assigned
    found = [row for row in devices.for_identity(about.identity.id) if row.state in ("assigned", "active")] if first \
        else devices.active_for(about.identity.id, at)
    return next((row.serial for row in reversed(found) if row.type == about.device), "")
