# SPDX-License-Identifier: Apache-2.0
"""The code that confirms: reserve, act in the signer, settle. A code for this confirmation signs this statement alone.

What was cut off between the steps is found: what the key has signed is confirmed, everything else waits again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import uuid5

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout, policy, queries, rows, statements
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lifecycle import CONFIRMATION, OPEN_CONFIRMATION, ConfirmationState
from paraph.domain.authentication.models import Confirmation, ConfirmationEvidence, Credential
from paraph.domain.authentication.services.browsers import lane_of
from paraph.domain.authentication.services.confirmations import locked_row, permit_holder, tell
from paraph.domain.devices import queries as device_queries
from paraph.domain.devices import services as devices
from paraph.domain.devices.methods import METHODS, webauthn
from paraph.domain.devices.methods.webauthn import Fault
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.signer import client
from paraph.signer.client import Outcome

# A code that has not settled after this long was cut off.
CLAIM_LIFE = timedelta(seconds=90)


class ConfirmOutcome(StrEnum):
    """`wrong` covers wrong, used and outdated codes and a blocked account alike. `over`: too late for this code, or already
    decided. `busy`: another code is being checked."""

    CONFIRMED = "confirmed"
    MALFORMED = "malformed"
    WRONG = "wrong"
    OVER = "over"
    BUSY = "busy"


def confirm(*, confirmation_id: object, code: str, caller: Caller) -> ConfirmOutcome:
    """The right code of the device that waits confirms, once; a wrong one counts as one at the door does (R150).

    Refuses: NotFound, Forbidden (suspended meanwhile), SignerUnavailable, SignerRefusal (then nothing is counted).
    """
    claim = _reserve(confirmation_id, code, caller)
    if isinstance(claim, ConfirmOutcome):
        return claim
    method = METHODS[claim.device]
    try:
        outcome = method.authorise(
            signer=client.bound(), attempt=str(claim.attempt), session_id=claim.signer_session, serial=claim.device_serial,
            answer=code, shown_at=claim.shown_at)
        proof = _sign(claim) if outcome is Outcome.ACCEPTED else None
    except Refusal:
        _release(claim.pk, caller)
        raise
    return _settle(claim, proof, outcome, caller)


@dataclass(frozen=True)
class _Proof:
    """What the holder's key signed, or what his passkey did; what the device itself showed."""

    signature: bytes = b""
    shown: bytes = b""
    public_key: bytes = b""


def _reserve(confirmation_id: object, code: str, caller: Caller) -> Confirmation | ConfirmOutcome:
    """The failure is counted before the code leaves, so that of many guesses at once never more than the limit are tried."""
    current = rules.current()
    with transaction.atomic(durable=True):
        row = locked_row(confirmation_id)
        queries.permit_own(row, caller)
        if not _waits(row, caller) or row.device not in METHODS:
            return ConfirmOutcome.OVER
        if row.claimed_at is not None:
            return ConfirmOutcome.BUSY
        if not policy.is_answer(code, METHODS[row.device].answer_length):
            return ConfirmOutcome.MALFORMED
        certificate = permit_holder(row, caller)
        serials = {device.serial for device in device_queries.active_for(row.identity_id, caller.at)}
        if certificate.key_id != row.key_id or row.device_serial not in serials:
            return ConfirmOutcome.OVER
        credential = rows.LOCKED_CREDENTIAL.first(identity_id=row.identity_id)
        lane = lane_of(row.identity_id, caller)
        counter = lockout.counter(credential, lane)
        if lockout.is_blocked(counter, caller.at, current):
            _record_refusal(row, Event.CONFIRMATION_CODE_REFUSED, counter.failures, caller)
            return ConfirmOutcome.WRONG
        _count(credential, lane, lockout.after_failure(counter, caller.at, current))
        row.lane, row.claimed_at, row.attempt = lane, caller.at, tokens.uuid7()
        row.save(update_fields=("lane", "claimed_at", "attempt"))
    return row


def _sign(row: Confirmation) -> _Proof:
    """Asked again under the same attempt, the signer gives the answer that was lost."""
    signer = client.bound()
    [signature] = signer.holder_sign(attempt=str(uuid5(row.attempt, "sign")), session_id=row.signer_session)
    shown = signer.scan_statement(row.signer_session) if METHODS[row.device].shows_challenge else b""
    return _Proof(signature, shown)


def _settle(claim: Confirmation, proof: _Proof | None, outcome: Outcome, caller: Caller) -> ConfirmOutcome:
    with transaction.atomic(durable=True):
        row = locked_row(claim.pk)
        if row.state not in OPEN_CONFIRMATION or row.attempt != claim.attempt or row.claimed_at is None:
            # Found in the meantime by the job: it says what became of it.
            return ConfirmOutcome.CONFIRMED if row.state == ConfirmationState.CONFIRMED else ConfirmOutcome.OVER
        credential = rows.LOCKED_CREDENTIAL.first(identity_id=row.identity_id)
        counter = lockout.counter(credential, row.lane)
        if proof is not None:
            _finish(row, credential, proof, row.claimed_at, row.device_serial, caller)
            return ConfirmOutcome.CONFIRMED
        if outcome is Outcome.EXPIRED_SESSION:
            _count(credential, row.lane, lockout.after_withdrawal(counter))
        else:
            blocks = counter.failures >= rules.current().lockout_failures
            _record_refusal(row, Event.BLOCKED if blocks else Event.CONFIRMATION_CODE_REFUSED, counter.failures, caller)
        Confirmation.objects.filter(pk=row.pk).update(claimed_at=None)
        return ConfirmOutcome.OVER if outcome is Outcome.EXPIRED_SESSION else ConfirmOutcome.WRONG


def _finish(
    row: Confirmation, credential: Credential, proof: _Proof, at, serial: str, caller: Caller
) -> None:
    """Both rows are locked."""
    _count(credential, row.lane, lockout.after_success())
    CONFIRMATION.advance(row, "confirm", at=at, decided_at=at, claimed_at=None, image=b"")
    ConfirmationEvidence.objects.create(
        confirmation=row, statement=row.statement, signature=proof.signature, device_statement=proof.shown,
        public_key=proof.public_key, key_id=row.key_id, certificate_serial=row.certificate_serial, device=row.device,
        device_serial=serial, signer_session=row.signer_session, at=at)
    audit.record(Event.CONFIRMATION_CONFIRMED, about=("confirmation", row.id), caller=caller, facts={
        "identity": row.identity_id, "partner": row.partner_id, "device": row.device, "signer_session": row.signer_session,
        "certificate": row.certificate_serial, "statement": sha256(row.statement).hexdigest()})
    tell(row, "confirmation_given", caller)


def confirm_with_passkey(*, confirmation_id: object, answer: str, show_again: Callable[[], object], caller: Caller
                         ) -> ConfirmOutcome:
    """The right signature of a passkey confirms; a wrong one counts, and `show_again` gives the next one another challenge.

    `answer` is an AuthenticationResponseJSON. Refuses: NotFound, Forbidden.
    """
    with transaction.atomic(durable=True):
        row = locked_row(confirmation_id)
        queries.permit_own(row, caller)
        if not _waits(row, caller) or row.device != policy.PASSKEY:
            return ConfirmOutcome.OVER
        read = webauthn.read_answer(answer)
        if isinstance(read, Fault):
            return ConfirmOutcome.MALFORMED
        permit_holder(row, caller)
        credential = rows.LOCKED_CREDENTIAL.first(identity_id=row.identity_id)
        row.lane = lane_of(row.identity_id, caller)
        counter = lockout.counter(credential, row.lane)
        blocked = lockout.is_blocked(counter, caller.at, rules.current())
        judged = None if blocked else devices.judge_login(
            identity_id=row.identity_id, answer=read, challenge=sha256(row.statement).digest(),
            minimum=row.minimum_level, named=True, caller=caller)
        if judged is not None and not isinstance(judged, Fault):
            used, _ = judged
            _finish(row, credential, _Proof(shown=statements.passkey(read), public_key=webauthn.public_key_der(
                bytes(used.public_key))), caller.at, used.device.serial, caller)
            return ConfirmOutcome.CONFIRMED
        if judged is Fault.CLONED:
            devices.forget_at_signer(read.credential_id)
        failed = counter.failures
        if not blocked:
            counted = lockout.after_failure(counter, caller.at, rules.current())
            _count(credential, row.lane, counted)
            failed = counted["failures"]
        blocks = not blocked and failed >= rules.current().lockout_failures
        _record_refusal(row, Event.BLOCKED if blocks else Event.CONFIRMATION_CODE_REFUSED, failed, caller)
    show_again()
    return ConfirmOutcome.WRONG


def settle_confirmations(*, caller: Caller) -> int:
    """Codes that were cut off at the signer: what the key has signed, or may still sign for the code that was right, is
    confirmed; the others wait again or lapse. For the job. Returns how many were found."""
    cut_off = Confirmation.objects.select_related("identity").filter(
        claimed_at__lte=caller.at - CLAIM_LIFE, state__in=OPEN_CONFIRMATION).order_by("claimed_at")
    found = 0
    for row in list(cut_off[:50]):
        try:
            proof = _sign(row)
        except client.SignerRefusal:
            _release(row.pk, caller)
        else:
            _settle(row, proof, Outcome.ACCEPTED, caller)
        found += 1
    return found


def _waits(row: Confirmation, caller: Caller) -> bool:
    return row.state == ConfirmationState.SHOWN and caller.at < row.expires_at and caller.at <= row.code_until


def _release(pk: object, caller: Caller) -> None:
    """The code could not be judged: nothing is counted, and it waits again."""
    with transaction.atomic(durable=True):
        row = locked_row(pk)
        if row.claimed_at is None:
            return
        credential = rows.LOCKED_CREDENTIAL.first(identity_id=row.identity_id)
        _count(credential, row.lane, lockout.after_withdrawal(lockout.counter(credential, row.lane)))
        Confirmation.objects.filter(pk=row.pk).update(claimed_at=None)
        audit.record(Event.CONFIRMATION_CODE_REFUSED, about=("confirmation", row.id), caller=caller,
                     facts={"identity": row.identity_id, "judged": False})


def _count(credential: Credential, lane: str, changes: dict[str, object]) -> None:
    Credential.objects.filter(pk=credential.pk).update(**lockout.columns(lane, changes))


def _record_refusal(row: Confirmation, event: Event, failures: int, caller: Caller) -> None:
    audit.record(event, about=("confirmation", row.id), caller=caller,
                 facts={"identity": row.identity_id, "failures": failures})
