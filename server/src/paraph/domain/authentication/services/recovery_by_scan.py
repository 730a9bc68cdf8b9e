# SPDX-License-Identifier: Apache-2.0
"""A forgotten password or a blocked account, for who has a Scan and no Token (R140, R153, R154): in two steps, since a Scan
answers an image that is made for him alone.

The first proof is judged as in recovery, for everybody alike; only after a right one is it told that an image waits.
"""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.models import Credential, OneTimeCode, RecoveryStep
from paraph.domain.authentication.services import limiting
from paraph.domain.authentication.services.browsers import lane_of
from paraph.domain.authentication.services.codes import CHALLENGE, INITIAL_PASSWORD, hash_new_password
from paraph.domain.authentication.services.recovery import (
    Claim,
    Received,
    RecoveryOutcome,
    claim_first_proof,
    give_back,
    settle_reset,
    settle_unblock,
)
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import SCAN
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.signer import client
from paraph.signer.client import Outcome

Purpose = OneTimeCode.Purpose
PROOFS = {Purpose.RESET: (INITIAL_PASSWORD, CHALLENGE), Purpose.UNBLOCK: (INITIAL_PASSWORD,)}


@dataclass(frozen=True)
class Begun:
    """`step_id` when an image waits (`shown`)."""

    outcome: RecoveryOutcome
    step_id: UUID | None = None


def begin_recovery(
    *, purpose: str, user_id: str, received: Received, password: str = "", partner: str, text: str, caller: Caller
) -> Begun:
    """The first proof was right and his Scan has an image, with this partner and text on it; else what was not.

    Refuses: TooManyAttempts, SignerUnavailable; after a right first proof only: PasswordRefused (nothing is used up then).
    """
    purpose = Purpose(purpose)
    claim = claim_first_proof(user_id, received, purpose, PROOFS[purpose], caller)
    if claim is None:
        return Begun(RecoveryOutcome.WRONG)
    scans = [device for device in devices.active_for(claim.identity.id, caller.at) if device.type == SCAN.type]
    try:
        fresh = hash_new_password(identity_id=claim.identity.id, password=password) if purpose is Purpose.RESET else ""
        if not scans:
            give_back(claim, judged=False)
            return Begun(RecoveryOutcome.NO_DEVICE)
        if purpose is Purpose.RESET and _is_blocked(claim.identity.id, caller):
            return Begun(RecoveryOutcome.BLOCKED)
        step = _show(claim, purpose, fresh, scans[-1].serial, partner, text, caller)
    except Refusal:
        give_back(claim, judged=False)
        raise
    return Begun(RecoveryOutcome.SHOWN, step.id)


def _show(
    claim: Claim, purpose: Purpose, fresh: str, serial: str, partner: str, text: str, caller: Caller
) -> RecoveryStep:
    signer = client.bound()
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="unblock", holder=str(claim.identity.id), key_id=None,
        hashes=[], labels=[], device_serial=serial)
    image = SCAN.image(signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id, serial=serial,
                       partner=partner, text=text)
    with transaction.atomic(durable=True):
        step = RecoveryStep.objects.create(
            identity=claim.identity, purpose=purpose, by=claim.by, password_hash=fresh, device_serial=serial,
            signer_session=session.session_id, image=image.payload, image_until=image.expires_at, opened_at=caller.at)
        audit.record(Event.RECOVERY_SHOWN, about=("identity", claim.identity.id), caller=caller,
                     facts={"for": purpose, "by": claim.by, "signer_session": session.session_id})
    return step


def finish_recovery(*, step_id: object, answer: str, caller: Caller) -> RecoveryOutcome:
    """The Scan's answer, judged by the signer; a wrong one counts like a failed login, before it leaves. A Scan that was
    disabled or ended since then answers nothing.

    Refuses: TooManyAttempts, SignerUnavailable.
    """
    try:
        step = RecoveryStep.objects.select_related("identity").filter(pk=step_id).first()
    except ValidationError:
        step = None
    if step is None or step.finished_at is not None or caller.at > step.image_until or step.device_serial not in {
            device.serial for device in devices.active_for(step.identity_id, caller.at)}:
        return RecoveryOutcome.OVER
    limiting.spend("recovery", user_id=step.identity.user_id, caller=caller)
    if step.purpose == Purpose.RESET and _is_blocked(step.identity_id, caller):
        return RecoveryOutcome.BLOCKED
    lane = lane_of(step.identity_id, caller)
    counted = _count(step.identity_id, lane, caller)
    try:
        outcome = SCAN.authorise(signer=client.bound(), attempt=str(tokens.uuid7()), session_id=step.signer_session,
                                 serial=step.device_serial, answer=answer, shown_at=None)
    except Refusal:
        _uncount(step.identity_id, lane, counted)
        raise
    if outcome is not Outcome.ACCEPTED:
        with transaction.atomic():
            audit.record(Event.CODES_REFUSED, about=("identity", step.identity_id), caller=caller,
                         facts={"for": step.purpose, "step": "device"})
        return RecoveryOutcome.WRONG
    _uncount(step.identity_id, lane, counted)
    if not RecoveryStep.objects.filter(pk=step.pk, finished_at=None).update(finished_at=caller.at, password_hash=""):
        return RecoveryOutcome.OVER
    if step.purpose == Purpose.RESET:
        settle_reset(identity=step.identity, fresh=step.password_hash, by=step.by, lane=lane, caller=caller)
    else:
        settle_unblock(identity=step.identity, by=step.by, caller=caller)
    return RecoveryOutcome.ACCEPTED


def _is_blocked(identity_id: object, caller: Caller) -> bool:
    credential = Credential.objects.get(identity_id=identity_id)
    return lockout.is_blocked(lockout.counter(credential, lane_of(identity_id, caller)), caller.at, rules.current())


def _count(identity_id: object, lane: Lane, caller: Caller) -> bool:
    """Whether a failure was counted in advance: during a block none is."""
    with transaction.atomic(durable=True):
        locked = Credential.objects.select_for_update().get(identity_id=identity_id)
        before = lockout.counter(locked, lane)
        counted = lockout.after_failure(before, caller.at, rules.current())
        Credential.objects.filter(pk=locked.pk).update(**lockout.columns(lane, counted))
    return counted["failures"] != before.failures


def _uncount(identity_id: object, lane: Lane, counted: bool) -> None:
    if not counted:
        return
    with transaction.atomic(durable=True):
        locked = Credential.objects.select_for_update().get(identity_id=identity_id)
        changes = lockout.after_withdrawal(lockout.counter(locked, lane))
        Credential.objects.filter(pk=locked.pk).update(**lockout.columns(lane, changes))
