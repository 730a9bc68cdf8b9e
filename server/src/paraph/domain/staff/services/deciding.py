# SPDX-License-Identifier: Apache-2.0
"""Another operator decides on exactly what he saw; what he allows happens at once."""

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import services as accounts
from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as held_devices
from paraph.domain.devices import services as devices
from paraph.domain.devices.policy import Reason
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.staff import policy, queries
from paraph.domain.staff.events import Event
from paraph.domain.staff.lifecycle import MEMBER, REQUEST
from paraph.domain.staff.models import Member, StaffRequest
from paraph.domain.staff.services.asking import ThatIsYou, check_address, check_newcomer, check_token, record
from paraph.domain.staff.services.inviting import begin_invitation
from paraph.domain.staff.services.permitting import (
    check_operators_without,
    check_roles,
    is_administrator,
    permit,
)
from paraph.domain.staff.services.renewing import begin_renewal
from paraph.domain.staff.services.resting import end_devices, wake
from paraph.domain.staff.services.telling import tell_member, tell_roles
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound, Refusal

Kind = StaffRequest.Kind


class DecisionOver(Refusal):
    code = "staff_decision_over"
    sentence = gettext_noop("Le délai pour décider est passé. Pour l’obtenir encore, faites une nouvelle demande.")


class OtherRequest(Refusal):
    """The decider saw something else, or the member's roles have changed since the request."""

    code = "staff_other_request"
    sentence = gettext_noop(
        "La demande ou les rôles de la personne ne sont plus ceux que vous avez vus. Relisez avant de décider.")


class AskerGone(Refusal):
    """Who asked may no longer ask: his requests are nobody's."""

    code = "staff_asker_gone"
    sentence = gettext_noop("La personne qui a fait cette demande n’est plus opérateur. Refusez-la, et faites-en une nouvelle.")


def approve(*, request_id: object, content_hash: str, link_to: Callable[[str], str], caller: Caller) -> StaffRequest:
    """A second operator allows it, and it happens now. `link_to` makes the address of an invitation's page of its secret.

    Refuses: Forbidden, NotFound, NotAllowed, ThatIsYou, DecisionOver, OtherRequest, AskerGone, LastOperator, and what the
    asking refuses.
    """
    with transaction.atomic():
        permit(caller)
        request = _locked(request_id)
        _check_other_person(request, caller)
        if not REQUEST.allows(request.state, "approve"):
            raise NotAllowed(record="staff_request", state=request.state, move="approve")
        if caller.at >= request.decide_until:
            raise DecisionOver()
        member_id = request.member_id or ""
        if content_hash != request.content_hash or content_hash != policy.content_hash(
                request.kind, member_id, request.content):
            raise OtherRequest()
        if not is_administrator(request.asked_by):
            raise AskerGone()
        REQUEST.advance(request, "approve", at=caller.at, decided_by=caller.person, decided_at=caller.at)
        record(Event.REQUEST_APPROVED, request, caller)
        match request.kind:
            case Kind.INVITE:
                claims = queries.claims_of(request)
                check_roles(policy.roles_of(request.content))
                check_newcomer(claims, request.content["email"], caller, but=request)
                check_token(request.token_serial, caller, but=request)
                begin_invitation(request, link_to, caller)
            case Kind.CHANGE:
                _change(request, caller)
            case Kind.REINSTATE:
                _reinstate(_member(request), caller)
            case Kind.END:
                _end(_member(request), request, caller)
            case Kind.RENEW:
                begin_renewal(request, _member(request), link_to, caller)
            case Kind.ADDRESS:
                check_address(request.content["email"], caller, but=request)
                begin_invitation(request, link_to, caller)
    return request


def refuse(*, request_id: object, caller: Caller) -> StaffRequest:
    """Another operator does not allow it; whose account rested meanwhile logs in again. Refuses: Forbidden, NotFound,
    NotAllowed, ThatIsYou."""
    with transaction.atomic():
        permit(caller)
        request = _locked(request_id)
        _check_other_person(request, caller)
        REQUEST.advance(request, "refuse", at=caller.at, decided_by=caller.person, decided_at=caller.at)
        record(Event.REQUEST_REFUSED, request, caller)
        wake(request, caller)
    return request


def withdraw(*, request_id: object, caller: Caller) -> StaffRequest:
    """Who asked, or another operator, takes it back before it was decided. Refuses: Forbidden, NotFound, NotAllowed."""
    with transaction.atomic():
        permit(caller)
        request = _locked(request_id)
        REQUEST.advance(request, "withdraw", at=caller.at)
        record(Event.REQUEST_WITHDRAWN, request, caller)
        wake(request, caller)
    return request


def _locked(request_id: object) -> StaffRequest:
    request = StaffRequest.objects.select_for_update(of=("self",)).select_related("member__person").filter(
        pk=request_id).first()
    if request is None:
        raise NotFound()
    return request


def _check_other_person(request: StaffRequest, caller: Caller) -> None:
    subject = str(request.member.person_id) if request.member else ""
    if caller.person in (request.asked_by, subject):
        raise ThatIsYou()


def _member(request: StaffRequest) -> Member:
    return Member.objects.select_for_update(of=("self",)).select_related("person").get(pk=request.member_id)


def _change(request: StaffRequest, caller: Caller) -> None:
    member = _member(request)
    held = organisations.open_roles(member.person_id)
    if policy.pairs(held) != request.content["held"] or not MEMBER.allows(member.state, "suspend"):
        raise OtherRequest()
    after = queries.roles_after(request)
    check_roles(after)
    if policy.is_administrator(held) and not policy.is_administrator(after):
        check_operators_without(member.person_id)
    for role in policy.roles_of(request.content, "end"):
        organisation_services.end_membership(person_id=member.person_id, organisation_id=role.organisation, role=role.name,
                                             under=request.id, caller=caller)
    for role in policy.roles_of(request.content, "begin"):
        organisation_services.add_membership(person_id=member.person_id, organisation_id=role.organisation, role=role.name,
                                             under=request.id, caller=caller)
    audit.record(Event.ROLES_CHANGED, about=("member", member.id), caller=caller,
                 facts={"request": request.id, "begin": request.content["begin"], "end": request.content["end"]})
    tell_roles(member, after, caller)


def _reinstate(member: Member, caller: Caller) -> None:
    MEMBER.advance(member, "reinstate", at=caller.at, state_by=caller.person)
    accounts.resume_identity(identity_id=member.identity_id, caller=caller)
    organisation_services.resume_roles(person_id=member.person_id, caller=caller)
    audit.record(Event.MEMBER_REINSTATED, about=("member", member.id), caller=caller)
    tell_member("staff_reinstated", member, caller)


def _end(member: Member, request: StaffRequest, caller: Caller) -> None:
    """All roles, logins and devices end. The signer hears of the Token by a job."""
    held = organisations.open_roles(member.person_id)
    if policy.is_administrator(held):
        check_operators_without(member.person_id)
    for role in held:
        organisation_services.end_membership(person_id=member.person_id, organisation_id=role.organisation, role=role.name,
                                             under=request.id, caller=caller)
    MEMBER.advance(member, "end", at=caller.at, state_by=caller.person, on_duty=False)
    authentication.end_identity(identity_id=member.identity_id, reason="staff_ended", caller=caller)
    end_devices(member, [device.serial for device in held_devices.for_identity(member.identity_id)], caller)
    devices.retire_all(identity_id=member.identity_id, reason=Reason.LEFT, caller=caller)
    accounts.close_identity(identity_id=member.identity_id, caller=caller)
    audit.record(Event.MEMBER_ENDED, about=("member", member.id), caller=caller, facts={"request": request.id})
    tell_member("staff_ended", member, caller)
