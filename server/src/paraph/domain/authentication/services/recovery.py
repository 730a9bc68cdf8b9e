# SPDX-License-Identifier: Apache-2.0
"""A forgotten password (R140 to R142) and a blocked account (R153), without a session.

Both ask for something that the holder received (the SMS code; without a mobile on file his initial codes) and for a code of
his device. Which of the two applies, whether the UserID exists and whether it is blocked can't be told from wrong
answers: the same hashes and statements for everybody. What is said beyond that is said after right codes only.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout, policy
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.models import Credential, OneTimeCode
from paraph.domain.authentication.services import limiting
from paraph.domain.authentication.services.browsers import forget_browsers, lane_of
from paraph.domain.authentication.services.codes import CHALLENGE, INITIAL_PASSWORD, NOBODY, hash_new_password
from paraph.domain.authentication.services.one_time import SMS_CODE, is_usable
from paraph.domain.authentication.services.sessions import close_sessions
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.kernel import rules, secrets, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.signer import client
from paraph.signer.client import Outcome

Purpose = OneTimeCode.Purpose


class RecoveryOutcome(StrEnum):
    """`wrong` covers every wrong code, an unknown UserID, and a blocked account with wrong codes alike.

    After right codes only: `blocked` (the password stays as it is, R142), `no_device` (nothing of his shows a code), `shown`
    (his Scan has an image to answer), `over` (its time is past).
    """

    ACCEPTED = "accepted"
    MALFORMED = "malformed"
    WRONG = "wrong"
    BLOCKED = "blocked"
    NO_DEVICE = "no_device"
    SHOWN = "shown"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class Received:
    """What the holder types from his SMS or his letter. `request_id` is what ask_code() gave to this browser."""

    request_id: UUID | str | None = None
    sms_code: str = ""
    initial_password: str = ""
    challenge: str = ""


def reset_password(
    *, user_id: str, received: Received, code: str, password: str, caller: Caller
) -> RecoveryOutcome:
    """The new password stands, all sessions end, all browsers are strangers again, and the owner is told.

    Refuses, after a right SMS code or right initial codes only: PasswordRefused (nothing is used up then).
    """
    if not policy.is_code(code, rules.current()):
        return RecoveryOutcome.MALFORMED
    claim = claim_first_proof(user_id, received, Purpose.RESET, (INITIAL_PASSWORD, CHALLENGE), caller)
    if claim is None:
        return RecoveryOutcome.WRONG
    try:
        fresh = hash_new_password(identity_id=claim.identity.id, password=password)
    except Refusal:
        give_back(claim, judged=False)
        raise
    lane = lane_of(claim.identity.id, caller)
    if lockout.is_blocked(lockout.counter(claim.credential, lane), caller.at, rules.current()):
        return RecoveryOutcome.BLOCKED
    outcome = _judge(claim, Purpose.RESET, code, lane, caller)
    if outcome is not RecoveryOutcome.ACCEPTED:
        return outcome
    settle_reset(identity=claim.identity, fresh=fresh, by=claim.by, lane=lane, caller=caller)
    return RecoveryOutcome.ACCEPTED


def settle_reset(*, identity: Identity, fresh: str, by: str, lane: Lane, caller: Caller) -> None:
    """Everything was right: `fresh` is the new password's hash."""
    with transaction.atomic(durable=True):
        Credential.objects.filter(identity_id=identity.id).update(
            password_hash=fresh, password_set_at=caller.at, **lockout.columns(lane, lockout.after_success()))
        audit.record(Event.PASSWORD_RESET, about=("identity", identity.id), caller=caller, facts={"by": by})
        close_sessions(identity_id=identity.id, reason="new_password", caller=caller)
        forget_browsers(identity_id=identity.id)
        _tell("password_reset", identity, caller)


def unblock(*, user_id: str, received: Received, code: str, caller: Caller) -> RecoveryOutcome:
    """The account is open again at once and its counters stand at 0 (R153). Unblocking an open account is no harm."""
    if not policy.is_code(code, rules.current()):
        return RecoveryOutcome.MALFORMED
    claim = claim_first_proof(user_id, received, Purpose.UNBLOCK, (INITIAL_PASSWORD,), caller)
    if claim is None:
        return RecoveryOutcome.WRONG
    outcome = _judge(claim, Purpose.UNBLOCK, code, lane_of(claim.identity.id, caller), caller)
    if outcome is not RecoveryOutcome.ACCEPTED:
        return outcome
    settle_unblock(identity=claim.identity, by=claim.by, caller=caller)
    return RecoveryOutcome.ACCEPTED


def settle_unblock(*, identity: Identity, by: str, caller: Caller) -> None:
    """Everything was right."""
    with transaction.atomic(durable=True):
        changes = lockout.columns(Lane.ACCOUNT, lockout.after_success()) \
            | lockout.columns(Lane.KNOWN, lockout.after_success())
        Credential.objects.filter(identity_id=identity.id).update(**changes)
        audit.record(Event.UNBLOCKED, about=("identity", identity.id), caller=caller, facts={"by": by})
        _tell("account_unblocked", identity, caller)


@dataclass(frozen=True)
class Claim:
    """The first proof was right. `by` is "sms" or "initial_codes"; `row` the SMS code, used up while the device's code
    is judged."""

    identity: Identity
    credential: Credential
    by: str
    row: OneTimeCode | None


def claim_first_proof(
    user_id: str, received: Received, purpose: Purpose, initial: tuple[str, ...], caller: Caller
) -> Claim | None:
    """The proof that applies, if it is right; a wrong one costs a try of itself. Every hash is computed for everybody.
    Refuses: TooManyAttempts."""
    identity = accounts.identity_by_user_id(user_id)
    holder = identity.id if identity else NOBODY
    limiting.spend("recovery", user_id=user_id, lane=lane_of(holder, caller), caller=caller)
    credential = Credential.objects.filter(identity_id=holder).first()
    by_sms = accounts.has_mobile(holder)
    row = OneTimeCode.objects.filter(pk=received.request_id or NOBODY, identity_id=holder, purpose=purpose).first()
    right_sms = _verify(received.sms_code, row.code_hash if row else "", SMS_CODE)
    right = {kind: _verify(getattr(received, kind), getattr(credential, f"{kind}_hash", ""), kind) for kind in initial}
    current = rules.current()
    with transaction.atomic(durable=True):
        locked = Credential.objects.select_for_update().filter(identity_id=holder).first()
        code = OneTimeCode.objects.select_for_update().filter(pk=row.pk if row else NOBODY).first()
        permitted = locked is not None and locked.activated_at is not None and identity is not None \
            and identity.kind != Identity.Kind.STAFF
        if by_sms:
            accepted = permitted and right_sms and is_usable(code, caller)
        else:
            accepted = permitted and all(right.values()) and all(
                getattr(locked, f"{kind}_tries") < current.code_tries
                and getattr(locked, f"{kind}_hash") == getattr(credential, f"{kind}_hash") for kind in initial)
        OneTimeCode.objects.filter(pk=code.pk if code else NOBODY).update(
            used_at=caller.at if accepted and by_sms else (code.used_at if code else None),
            tries=min(code.tries + int(not right_sms), current.code_tries) if code else 0)
        Credential.objects.filter(identity_id=holder).update(**{
            f"{kind}_tries": _tries(locked, kind, counts=not by_sms and not right[kind], reset=accepted and not by_sms)
            for kind in initial})
        if not accepted:
            audit.record(Event.CODES_REFUSED, about=("identity", holder), caller=caller, facts={"for": purpose})
    return Claim(identity, locked, "sms" if by_sms else "initial_codes", code if by_sms else None) \
        if accepted else None


def _verify(text: str, stored: str, kind: str) -> bool:
    """Exactly one hash, whatever there is to compare."""
    if not stored:
        secrets.dummy_verify(text.strip())
        return False
    return secrets.verify_secret(text.strip(), stored, kind)


def _tries(credential: Credential | None, kind: str, *, counts: bool, reset: bool) -> int:
    tries = getattr(credential, f"{kind}_tries") if credential else 0
    return 0 if reset else min(tries + int(counts), rules.current().code_tries)


def _judge(claim: Claim, purpose: str, code: str, lane: Lane, caller: Caller) -> RecoveryOutcome:
    """The device's code, judged by the signer in a session that uses no key. A wrong one counts like a failed login,
    and costs a try of the SMS code, which may otherwise be typed again."""
    held = [device for device in devices.active_for(claim.identity.id, caller.at)
            if device.type in METHODS and not METHODS[device.type].shows_challenge]
    if not held:
        give_back(claim, judged=False)
        return RecoveryOutcome.NO_DEVICE
    serial = held[-1].serial
    with transaction.atomic(durable=True):
        locked = Credential.objects.select_for_update().get(pk=claim.credential.pk)
        before = lockout.counter(locked, lane)
        counted = lockout.after_failure(before, caller.at, rules.current())
        Credential.objects.filter(pk=locked.pk).update(**lockout.columns(lane, counted))
    signer = client.bound()
    try:
        session = signer.open_session(
            attempt=str(tokens.uuid7()), kind="login", holder=str(claim.identity.id), key_id=None,
            hashes=[sha256(f"paraph {purpose} {tokens.uuid7()}".encode()).digest()], labels=[str(purpose)],
            device_serial=serial)
        outcome = signer.authorise_with_code(attempt=str(tokens.uuid7()), session_id=session.session_id,
                                             device_serial=serial, code=code, shown_at=caller.at)
    except Refusal:
        give_back(claim, judged=False)
        withdraw(claim, lane, before, counted)
        raise
    if outcome is Outcome.ACCEPTED:
        withdraw(claim, lane, before, counted)
        return RecoveryOutcome.ACCEPTED
    give_back(claim, judged=True)
    with transaction.atomic():
        audit.record(Event.CODES_REFUSED, about=("identity", claim.identity.id), caller=caller,
                     facts={"for": purpose, "step": "device"})
    return RecoveryOutcome.WRONG


def withdraw(claim: Claim, lane: Lane, before: lockout.Counter, counted: dict) -> None:
    """A failure that was counted in advance did not happen. During a block nothing had been counted."""
    if counted["failures"] == before.failures:
        return
    with transaction.atomic(durable=True):
        locked = Credential.objects.select_for_update().get(pk=claim.credential.pk)
        changes = lockout.after_withdrawal(lockout.counter(locked, lane))
        Credential.objects.filter(pk=locked.pk).update(**lockout.columns(lane, changes))


def give_back(claim: Claim, *, judged: bool) -> None:
    """The SMS code may be typed again, beside another code of the device."""
    if claim.row is not None:
        OneTimeCode.objects.filter(pk=claim.row.pk).update(used_at=None, tries=claim.row.tries + int(judged))


def _tell(template: str, identity: Identity, caller: Caller) -> None:
    contact = accounts.contact(identity.id)
    notifications.enqueue(
        template=template, caller=caller, data={"name": contact.name, "at": caller.at},
        to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email,
                     mobile=contact.mobile))
