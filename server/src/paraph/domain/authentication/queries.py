# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from paraph.domain.authentication import gallery as pictures
from paraph.domain.authentication import policy, rows
from paraph.domain.authentication.gallery import Picture
from paraph.domain.authentication.lifecycle import OPEN_CONFIRMATION, ConfirmationState, State
from paraph.domain.authentication.models import (
    Confirmation,
    ConfirmationEvidence,
    Credential,
    LoginEvidence,
    LoginTransaction,
    OwnPicture,
    RecoveryStep,
    Session,
)
from paraph.domain.authentication.policy import Evidence
from paraph.domain.certification import queries as certification
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS, passkey
from paraph.domain.partners.models import Partner
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound


@dataclass(frozen=True)
class SessionView:
    """A login session as others may see it. `acr` and `amr` say which level and factors were really used."""

    id: UUID
    identity_id: UUID
    person_id: UUID
    scope: str
    acr: str
    amr: tuple[str, ...]
    authenticated_at: datetime
    seen_at: datetime
    expires_at: datetime


def session(identifier: object, at: datetime) -> SessionView | None:
    """The session if it has neither ended nor expired nor been idle for too long."""
    row = rows.OPEN_SESSION.first(session_id=identifier, at=at)
    if row is None or at - row.seen_at > timedelta(minutes=rules.current().session_idle_minutes):
        return None
    return SessionView(id=row.id, identity_id=row.identity_id, person_id=row.person_id, scope=row.scope, acr=row.acr,
                       amr=tuple(row.amr), authenticated_at=row.authenticated_at, seen_at=row.seen_at,
                       expires_at=row.expires_at)


@dataclass(frozen=True)
class OpenSession:
    """A session as its holder sees it. `device_serial` is empty where no device opened it; `partner` is None for the
    operator's own pages."""

    id: UUID
    scope: str
    authenticated_at: datetime
    seen_at: datetime
    address: str
    agent: str
    device_serial: str
    amr: tuple[str, ...]
    partner: Partner | None


def open_sessions(identity_id: object, at: datetime) -> list[OpenSession]:
    """All that still open something, the newest first."""
    alive = at - timedelta(minutes=rules.current().session_idle_minutes)
    opened = Session.objects.select_related("evidence__partner").filter(
        identity_id=identity_id, ended_at=None, expires_at__gt=at, seen_at__gte=alive).order_by("-authenticated_at", "-id")
    found = []
    for row in opened:
        evidence = getattr(row, "evidence", None)
        found.append(OpenSession(
            id=row.id, scope=row.scope, authenticated_at=row.authenticated_at, seen_at=row.seen_at, address=row.address or "",
            agent=row.agent or "", device_serial=evidence.device_serial if evidence else "", amr=tuple(row.amr),
            partner=evidence.partner if evidence else None))
    return found


@dataclass(frozen=True)
class LoginView:
    """A login that waits for its code, whether any can be right or not. `picture` only for the devices of R119 and only when
    one was chosen; `image` is what the device must be shown, for those that read one; `length` digits are typed."""

    id: UUID
    identity_id: UUID | None
    device: str
    partner_id: UUID | None
    code_until: datetime
    state: str
    length: int
    image: bytes

    @cached_property
    def picture(self) -> Picture | None:
        return secret_image(self.identity_id) if policy.shows_image(self.device) else None


def devices_at(partner: Partner | None) -> tuple[str, ...]:
    """The devices to choose from at a partner, or without one at the operator's own pages."""
    return policy.devices_for(partner.accepts if partner else None,
                              passkeys=devices.passkeys_reach(minimum_level(partner)))


def minimum_level(partner: Partner | None) -> str:
    return partner.minimum_level if partner else "low"


def passkey_options(transaction_id: object, at: datetime) -> dict[str, Any] | None:
    """What the browser needs to ask for a passkey of this login; None when it is too late or for another device."""
    row = LoginTransaction.objects.filter(
        pk=transaction_id, device=policy.PASSKEY, state=State.WAITING, code_until__gte=at).first()
    relying_party = passkey.current()
    if row is None or relying_party is None:
        return None
    return passkey.request_options(
        relying_party, challenge=passkey_challenge(row), seconds=rules.current().otp_life_seconds)


def passkey_challenge(login: LoginTransaction) -> bytes:
    """The passkey signs the login itself: its statement has 32 random octets in it."""
    return sha256(bytes(login.statement)).digest()


def login(transaction_id: object, at: datetime) -> LoginView | None:
    """The login if it is not over. A device with a secret image has one after a right password only, so the image may be
    shown (R121)."""
    row = rows.UNFINISHED_LOGIN.first(login_id=transaction_id, at=at)
    if row is None:
        return None
    return LoginView(id=row.id, identity_id=row.identity_id, device=row.device, partner_id=row.partner_id,
                     code_until=row.code_until, state=row.state, image=bytes(row.image),
                     length=METHODS[row.device].answer_length if row.device in METHODS else 0)


def recovery(step_id: object, at: datetime) -> RecoveryStep | None:
    """A forgotten password or a blocked account that waits for a Scan's answer."""
    return RecoveryStep.objects.filter(pk=step_id, finished_at=None, image_until__gte=at).first()


def device_of_session(session_id: object) -> str:
    """The serial number of the device that opened a session; empty where none did (a security code)."""
    return LoginEvidence.objects.filter(session_id=session_id).values_list("device_serial", flat=True).first() or ""


def signer_session(session_id: object) -> str:
    """The signer's session of the login that opened a session; empty where none did."""
    return LoginEvidence.objects.filter(session_id=session_id).values_list("signer_session", flat=True).first() or ""


def for_signer(session: Session, confirmed: Confirmation | None = None) -> bytes:
    """What the signer holds an ID token against: the login that it authorised; for one with a passkey, what that signed; and
    the same of what was confirmed."""
    evidence = getattr(session, "evidence", None)
    if evidence is None:
        return b""
    content: dict[str, Any] = {"session": evidence.signer_session}
    if tuple(session.amr) in policy.PASSKEY_FACTORS.values():
        content |= {"statement": passkey.encode(bytes(evidence.statement)),
                    "answer": json.loads(bytes(evidence.device_statement))}
    if confirmed is not None:
        content["confirmation"] = _confirmation_for_signer(confirmed)
    return json.dumps(content).encode()


def gallery() -> list[Picture]:
    """The images to choose from: id, label (a French translation key) and address (a data URI)."""
    return list(pictures.PICTURES.values())


def secret_image(identity_id: object) -> Picture | None:
    """The image that the holder chose. Only the step after the right password may show it (R121)."""
    credential = rows.CREDENTIAL.first(identity_id=identity_id)
    if credential is None or credential.secret_image != pictures.OWN:
        return pictures.PICTURES.get(credential.secret_image) if credential else None
    own = OwnPicture.objects.filter(identity_id=identity_id).first()
    return pictures.own_picture(own.content) if own else None


def is_activated(identity_id: object) -> bool:
    return Credential.objects.filter(identity_id=identity_id).exclude(activated_at=None).exists()


def password_set_at(identity_id: object) -> datetime | None:
    """When the password was last changed (R149)."""
    return Credential.objects.filter(identity_id=identity_id).values_list("password_set_at", flat=True).first()


# --- confirmations ----------------------------------------------------------------------------------------------------


def own_confirmation(confirmation_id: object, caller: Caller) -> Confirmation:
    """Refuses: NotFound, also for another holder's."""
    row = Confirmation.objects.select_related("identity", "partner").filter(pk=confirmation_id).first()
    if row is None:
        raise NotFound()
    permit_own(row, caller)
    return row


def permit_own(row: Confirmation, caller: Caller) -> None:
    """Refuses: NotFound (another holder's, or nobody is logged in)."""
    if str(row.identity_id) != caller.identity:
        raise NotFound()


def confirmation_of(request_id: object) -> Confirmation | None:
    """What was asked for a partner's request."""
    return Confirmation.objects.select_related("identity", "partner").filter(request=request_id).first()


def pending_confirmations(identity_id: object, at: datetime) -> list[Confirmation]:
    """What waits for this holder, the oldest first: the list that his pages show, and that an app would."""
    return list(Confirmation.objects.select_related("partner").filter(
        identity_id=identity_id, state__in=OPEN_CONFIRMATION, expires_at__gt=at).order_by("asked_at", "id"))


def past_confirmations(identity_id: object, at: datetime) -> QuerySet[Confirmation]:
    """What this holder decided, or left, the newest first."""
    return Confirmation.objects.select_related("partner").filter(identity_id=identity_id).exclude(
        state__in=OPEN_CONFIRMATION, expires_at__gt=at).order_by("-asked_at", "-id")


@dataclass(frozen=True)
class DeviceToConfirm:
    """`serial` names it in services.show(); all passkeys are one choice."""

    type: str
    serial: str


def devices_to_confirm(row: Confirmation, at: datetime) -> list[DeviceToConfirm]:
    """The holder's devices that this partner accepts and that can confirm now: first those that show the text themselves,
    then in the order of the door."""
    accepted = devices_at(row.partner)
    held = [DeviceToConfirm(device.type, device.serial) for device in devices.active_for(row.identity_id, at)
            if device.type in METHODS and device.type in accepted]
    if policy.PASSKEY in accepted and devices.passkeys_for_login(row.identity_id, row.minimum_level):
        held.append(DeviceToConfirm(policy.PASSKEY, policy.PASSKEY))
    return sorted(held, key=lambda device: (policy.evidence_of(device.type) is not Evidence.DEVICE, accepted.index(device.type)))


def passkey_to_confirm(row: Confirmation, at: datetime) -> dict[str, Any] | None:
    """What the browser needs to ask for a passkey; None when it is too late or for another device."""
    relying_party = passkey.current()
    waits = row.state == ConfirmationState.SHOWN and row.device == policy.PASSKEY
    if not waits or relying_party is None or at > row.code_until or at >= row.expires_at:
        return None
    return passkey.request_options(
        relying_party, challenge=sha256(row.statement).digest(), seconds=rules.current().otp_life_seconds,
        allowed=[(one.credential_id, one.transports)
                 for one in devices.passkeys_for_login(row.identity_id, row.minimum_level)])


@dataclass(frozen=True)
class ConfirmationProof:
    """What a court needs, and nothing of ours: the statement, who signed it with what, and the certificates up to the root
    (DER). With a passkey there is no certificate: `public_key` (DER) verifies what it `answered` (JSON)."""

    statement: bytes
    signature: bytes
    certificates: tuple[bytes, ...]
    device: str
    evidence: Evidence
    device_statement: bytes
    answered: bytes
    public_key: bytes
    at: datetime


def confirmation_proof(confirmation_id: object) -> ConfirmationProof:
    """Refuses: NotFound (not confirmed)."""
    row = ConfirmationEvidence.objects.filter(confirmation_id=confirmation_id).first()
    if row is None:
        raise NotFound()
    by_key = bool(row.key_id)
    certificates = certification.chain(certification.by_serial(row.certificate_serial)) if by_key else []
    return ConfirmationProof(
        statement=row.statement, signature=bytes(row.signature), certificates=tuple(certificates), device=row.device,
        evidence=policy.evidence_of(row.device), device_statement=row.device_statement if by_key else b"",
        answered=b"" if by_key else row.device_statement, public_key=bytes(row.public_key), at=row.at)


def _confirmation_for_signer(row: Confirmation) -> dict[str, Any]:
    evidence = row.evidence
    content: dict[str, Any] = {"session": evidence.signer_session}
    if not evidence.key_id:
        content |= {"statement": passkey.encode(evidence.statement), "answer": json.loads(evidence.device_statement)}
    return content
