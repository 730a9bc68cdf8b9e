# SPDX-License-Identifier: Apache-2.0
"""Suspension, reactivation, revocation (R126 to R128, R156 to R163): certificates, sessions and message in one step."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from paraph.domain.accounts import queries as accounts_queries
from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.services import CodeOutcome
from paraph.domain.certification import queries as certificates
from paraph.domain.certification import services as certification
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Certificate
from paraph.domain.devices import services as devices
from paraph.domain.devices.policy import Reason
from paraph.domain.limits import services as limits
from paraph.domain.orders import policy as orders_policy
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.domain.registration.services.ending import ask_to_destroy
from paraph.domain.registration.services.telling import tell
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal


class NothingToSuspend(Refusal):
    code = "nothing_to_suspend"
    sentence = "Ce certificat n’est pas actif. Il n’y a rien à suspendre."


class NothingToResume(Refusal):
    code = "nothing_to_resume"
    sentence = "Ce certificat n’est pas suspendu. Il n’y a rien à réactiver."


class NothingToRevoke(Refusal):
    """Revoked is final (R163)."""

    code = "nothing_to_revoke"
    sentence = "Ce certificat est déjà révoqué, ou n’a jamais été activé."


class Answer(StrEnum):
    DONE = "done"
    WRONG = "wrong"


def suspend(*, identity_id: object, reason: str, caller: Caller) -> Answer:
    """Login and signing stop at once, everywhere, until reactivation or the deadline (R156).

    All sessions of the identity end, the caller's own too. Refuses: Forbidden, NothingToSuspend, UnknownCause.
    """
    if not policy.may_suspend(caller, identity_id):
        raise Forbidden()
    suspend_for(identity_id=identity_id, reason=reason, caller=caller)
    return Answer.DONE


def suspend_with_initial_codes(*, user_id: str, initial_password: str, challenge: str, caller: Caller) -> Answer:
    """Who has neither device nor login suspends with the codes of his letter or SMS (R127).

    One answer for every wrong one. Refuses: TooManyAttempts; once all were right: NothingToSuspend.
    """
    limits.spend(kind="suspension", caller=caller)
    identity = accounts_queries.identity_by_user_id(user_id)
    right = authentication.check_initial_codes(identity_id=identity.id if identity else None,
                                               initial_password=initial_password, challenge=challenge, caller=caller)
    if identity is None or right is not CodeOutcome.ACCEPTED:
        return Answer.WRONG
    suspend_for(identity_id=identity.id, reason="lost", caller=caller)
    return Answer.DONE


def suspend_for(*, identity_id: object, reason: str, caller: Caller, received_at: datetime | None = None) -> None:
    """The suspension itself, once somebody has shown that he may ask for it. `reason` as the holder or agent says it.

    `received_at` is when he asked, if not now: a call began before it was answered, a letter came in the morning.
    Refuses: NothingToSuspend, UnknownCause, WrongInstant.
    """
    with transaction.atomic():
        identity = _locked(identity_id)
        generation = _generation(identity, State.ACTIVE)
        if generation is None:
            raise NothingToSuspend()
        moved = certification.suspend(generation=generation, reason=policy.cause_of(reason), caller=caller,
                                      received_at=received_at)
        until = orders_policy.last_day(moved[0].suspended_until)
        authentication.close_sessions(identity_id=identity.id, reason="suspended", caller=caller)
        audit.record(Event.SUSPENDED, about=("identity", identity.id), caller=caller,
                     facts={"generation": generation, "reason": reason, "deadline": moved[0].suspended_until})
        tell("suspended", identity_id=identity.id, caller=caller, at=caller.at, until=until)


def resume(*, identity_id: object, challenge: str, caller: Caller) -> Answer:
    """Login and signing work again; the six-digit Challenge is asked (Q14). A wrong one counts.

    The suspended session ends: the holder logs in anew. Refuses: Forbidden, NothingToResume, SuspensionExpired.
    """
    if not policy.may_resume(caller, identity_id):
        raise Forbidden()
    right = authentication.check_challenge(identity_id=identity_id, challenge=challenge, caller=caller)
    if right is not CodeOutcome.ACCEPTED:
        return Answer.WRONG
    with transaction.atomic():
        identity = _locked(identity_id)
        generation = _generation(identity, State.SUSPENDED)
        if generation is None:
            raise NothingToResume()
        certification.resume(generation=generation, caller=caller)
        authentication.close_sessions(identity_id=identity.id, reason="resumed", caller=caller)
        audit.record(Event.RESUMED, about=("identity", identity.id), caller=caller, facts={"generation": generation})
        tell("resumed", identity_id=identity.id, caller=caller, at=caller.at)
    return Answer.DONE


def revoke(*, identity_id: object, reason: str, caller: Caller, received_at: datetime | None = None) -> None:
    """The certificates, the devices and the identity are over for ever (R128, R163).

    `received_at` is when it was asked for, if not now. Refuses: Forbidden, NothingToRevoke, UnknownCause, WrongInstant.
    """
    if not policy.may_revoke(caller, identity_id):
        raise Forbidden()
    with transaction.atomic():
        identity = _locked(identity_id)
        generation = _generation(identity, State.ACTIVE, State.SUSPENDED)
        if generation is None:
            raise NothingToRevoke()
        moved = certification.revoke(generation=generation, reason=reason, caller=caller, received_at=received_at)
        _end(identity, moved, caller)
        audit.record(Event.REVOKED, about=("identity", identity.id), caller=caller,
                     facts={"generation": generation, "reason": reason})
        tell("revoked", identity_id=identity.id, caller=caller, at=caller.at)


def enforce_suspension_deadlines(*, caller: Caller) -> int:
    """Suspensions whose last day is over are revoked with the deadline as their instant, however late (R158).

    Certification moves, the sessions end and the holder is told in one transaction each. Returns how many.
    """
    done = 0
    for due in certificates.due_suspensions(caller.at):
        with transaction.atomic():
            identity = Identity.objects.select_for_update().filter(pk=due.subject_id).first()
            if identity is None or _generation(identity, State.SUSPENDED) != due.generation:
                continue
            moved = certification.revoke(generation=due.generation, reason="suspension_expired", caller=caller,
                                         effective_at=due.deadline)
            _end(identity, moved, caller)
            audit.record(Event.REVOKED_AT_DEADLINE, about=("identity", identity.id), caller=caller,
                         facts={"generation": due.generation, "deadline": due.deadline})
            tell("automatically_revoked", identity_id=identity.id, caller=caller, at=due.deadline)
        done += 1
    return done


def _end(identity: Identity, moved: list[Certificate], caller: Caller) -> None:
    devices.retire_all(identity_id=identity.id, reason=Reason.REVOKED, caller=caller)
    authentication.close_sessions(identity_id=identity.id, reason="revoked", caller=caller)
    ask_to_destroy(identity_id=identity.id, certificates=moved, caller=caller)
    accounts.close_identity(identity_id=identity.id, caller=caller)


def _locked(identity_id: object) -> Identity:
    identity = Identity.objects.select_for_update().filter(pk=identity_id).first()
    if identity is None:
        raise NotFound()
    return identity


def _generation(identity: Identity, *states: State) -> str | None:
    """The newest generation in one of these states, as its signature certificate says."""
    for certificate in certificates.for_subject(str(identity.id)):
        if certificate.usage == "signature" and certificate.state in states:
            return certificate.generation
    return None
