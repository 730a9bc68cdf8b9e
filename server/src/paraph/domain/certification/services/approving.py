# SPDX-License-Identifier: Apache-2.0
"""Four eyes: requester, approver and the person whom a deed is about are three people (EN 319 411-1 REG-6.2.2-26)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.certification import policy, queries
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import APPROVAL, ApprovalState
from paraph.domain.certification.models import Approval
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal


class NotApproved(Refusal):
    """Nobody allowed exactly this deed, or not any more."""

    code = "not_approved"
    sentence = gettext_noop("Cette opération demande l’accord d’une seconde personne. Rien n’a été modifié.")


class SameEyes(Refusal):
    """Who asked, who decides and whom it is about must be different people."""

    code = "same_eyes"
    sentence = gettext_noop(
        "La personne qui demande, celle qui décide et celle qui est concernée doivent être trois personnes différentes."
    )


class OtherDirectory(Refusal):
    """One is known as an account of the machine, the other as a person of this service: they might be one and the same."""

    code = "other_directory"
    sentence = gettext_noop(
        "Une demande faite par commande se décide par commande, une demande faite sur ces pages se décide sur ces pages : "
        "ainsi il est certain que ce sont deux personnes."
    )


class OtherContent(Refusal):
    """The approver saw something else than what is asked now."""

    code = "other_content"
    sentence = gettext_noop("Le contenu de la demande n’est pas celui que vous avez vu. Relisez-la avant de décider.")


class ReasonMissing(Refusal):
    """Nobody is asked to allow something without being told why."""

    code = "reason_missing"
    sentence = gettext_noop("Indiquez le motif de la demande.")


class NotWaivable(Refusal):
    """Nobody can allow this: it would be no certificate, or nobody's."""

    code = "not_waivable"
    sentence = gettext_noop("Cette règle ne connaît pas de dérogation.")


class ApprovalEnded(Refusal):
    """The end date has come, or lies in the past."""

    code = "approval_ended"
    sentence = gettext_noop("La date de fin est dépassée.")


def ask_approval(
    *, action: str, content: dict, reason: str, caller: Caller, subject: str = "", ends_at: datetime | None = None
) -> Approval:
    """Somebody wants to do `content` and says why; another person must allow it before `ends_at` (a day by default).

    Refuses: Forbidden, ReasonMissing, SameEyes (it is about the caller), ApprovalEnded.
    """
    _permit(caller)
    if not reason.strip():
        raise ReasonMissing()
    if subject and subject == caller.person:
        raise SameEyes()
    ends_at = ends_at or caller.at + timedelta(hours=rules.current().approval_hours)
    if ends_at <= caller.at:
        raise ApprovalEnded()
    with transaction.atomic():
        approval = Approval.objects.create(
            action=action, content=content, content_hash=policy.content_hash(action, content), subject=subject,
            reason=reason.strip(), ends_at=ends_at, asked_by=caller.person, asked_at=caller.at, state_since=caller.at,
        )
        _record(Event.APPROVAL_ASKED, approval, caller)
    return approval


def ask_waiver(
    *, profile: str, findings: list[str], reason: str, ends_at: datetime, caller: Caller, subject: str = ""
) -> Approval:
    """Certificates of this profile, in the version in force now, may be issued against exactly these findings until `ends_at`.

    Refuses: NotWaivable, and what ask_approval refuses.
    """
    if not findings or set(findings) & policy.NEVER_WAIVED:
        raise NotWaivable()
    version = queries.profile_in_force(profile).version
    return ask_approval(
        action=policy.WAIVE_FINDINGS, content=policy.waiver(profile, version, findings), reason=reason, ends_at=ends_at,
        subject=subject, caller=caller,
    )


def approve(*, approval_id: object, content_hash: str, caller: Caller) -> Approval:
    """A second person allows the deed whose hash he saw. Refuses: Forbidden, NotFound, NotAllowed, SameEyes,
    OtherDirectory, OtherContent, ApprovalEnded.
    """
    return _decide(approval_id, "approve", Event.APPROVAL_GIVEN, caller, seen=content_hash)


def refuse(*, approval_id: object, caller: Caller) -> Approval:
    """A second person does not allow it. Refuses: Forbidden, NotFound, NotAllowed, SameEyes,
    OtherDirectory.
    """
    return _decide(approval_id, "refuse", Event.APPROVAL_REFUSED, caller)


def withdraw(*, approval_id: object, caller: Caller) -> Approval:
    """Who asked, or any operator, takes it back, also after it was allowed. Refuses: Forbidden, NotFound, NotAllowed."""
    _permit(caller)
    with transaction.atomic():
        approval = _locked(approval_id)
        APPROVAL.advance(approval, "withdraw", at=caller.at)
        _record(Event.APPROVAL_WITHDRAWN, approval, caller)
    return approval


def use_approval(*, action: str, content: dict, caller: Caller) -> Approval:
    """The deed is about to be done, once, in the transaction of the caller. Refuses: NotApproved."""
    with transaction.atomic():
        approval = (
            Approval.objects.select_for_update()
            .filter(content_hash=policy.content_hash(action, content), state=ApprovalState.APPROVED, ends_at__gt=caller.at)
            .order_by("asked_at")
            .first()
        )
        if approval is None:
            raise NotApproved(action=action)
        APPROVAL.advance(approval, "use", at=caller.at)
        _record(Event.APPROVAL_USED, approval, caller)
    return approval


def begin_deed(*, approval_id: object, action: str, caller: Caller) -> Approval:
    """A deed of several steps is begun, once; begun already, it goes on: the deed itself is idempotent by this approval.

    Refuses: Forbidden, NotFound, NotApproved.
    """
    _permit(caller)
    with transaction.atomic(durable=True):
        approval = _locked(approval_id)
        if approval.action != action or approval.content_hash != policy.content_hash(action, approval.content):
            raise NotApproved(action=action)
        if approval.state == ApprovalState.USED:
            return approval
        if approval.state != ApprovalState.APPROVED or caller.at >= approval.ends_at:
            raise NotApproved(action=action)
        APPROVAL.advance(approval, "use", at=caller.at)
        _record(Event.APPROVAL_USED, approval, caller)
    return approval


def _decide(approval_id: object, move: str, event: Event, caller: Caller, seen: str | None = None) -> Approval:
    _permit(caller)
    with transaction.atomic():
        approval = _locked(approval_id)
        if caller.person in (approval.asked_by, approval.subject):
            raise SameEyes()
        if policy.directory_of(caller.person) != policy.directory_of(approval.asked_by):
            raise OtherDirectory()
        if seen is not None:
            if seen != approval.content_hash or seen != policy.content_hash(approval.action, approval.content):
                raise OtherContent()
            if caller.at >= approval.ends_at:
                raise ApprovalEnded()
        APPROVAL.advance(approval, move, at=caller.at, decided_by=caller.person, decided_at=caller.at)
        _record(event, approval, caller)
    return approval


def _permit(caller: Caller) -> None:
    """Only a known person with the operator's role, or an operator's own account at the command line."""
    if not caller.person or not (caller.channel.startswith("cli:") or caller.has_role("operator_admin")):
        raise Forbidden()


def _locked(approval_id: object) -> Approval:
    approval = Approval.objects.select_for_update().filter(pk=approval_id).first()
    if approval is None:
        raise NotFound()
    return approval


def _record(event: Event, approval: Approval, caller: Caller) -> None:
    audit.record(
        event, about=("approval", approval.id), caller=caller,
        facts={"action": approval.action, "hash": approval.content_hash, "asked_by": approval.asked_by,
               "ends_at": approval.ends_at.isoformat()},
    )
