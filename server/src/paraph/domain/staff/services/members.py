# SPDX-License-Identifier: Apache-2.0
"""The first operators, made at the machine; suspension by one person at once; who is on duty; what time asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.staff import policy, queries
from paraph.domain.staff.events import Event
from paraph.domain.staff.lifecycle import INVITATION, MEMBER, REQUEST, InvitationState, MemberState, RequestState
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.domain.staff.services.asking import AlreadyStaff, record
from paraph.domain.staff.services.inviting import enrol
from paraph.domain.staff.services.permitting import check_operators_without, check_roles, permit
from paraph.domain.staff.services.resting import tell_signer
from paraph.domain.staff.services.telling import tell_member
from paraph.kernel import tokens
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotFound, Refusal


class TwoOperatorsExist(Refusal):
    """The machine appoints nobody any more: from two operators on it takes two people."""

    code = "two_operators_exist"
    sentence = gettext_noop(
        "Deux opérateurs existent. Les autres membres du personnel sont invités par l’un et acceptés par l’autre, sur la page "
        "Personnel."
    )


@dataclass(frozen=True)
class Appointed:
    """Shown once at the machine; kept nowhere. The first login replaces the initial password."""

    person_id: UUID
    identity_id: UUID
    user_id: str
    initial_password: str
    token_serial: str


def appoint(
    *, claims: Claims, organisation_id: object, roles: Iterable[str], token_serial: str, language: str = "fr",
    email: str = "", caller: Caller,
) -> Appointed:
    """At the operator's machine, as long as fewer than two operators are in office: somebody works here from now on.

    Refuses: Forbidden, TwoOperatorsExist, AlreadyStaff, RolesNotPossible, NotInStock, UnusableName.
    """
    if not policy.at_the_machine(caller):
        raise Forbidden()
    held = frozenset(Role(str(organisation_id), str(role)) for role in roles)
    initial_password = tokens.initial_password()
    with transaction.atomic():
        organisation_services.hold_roles()
        if len(organisations.holders_of(policy.ADMINISTRATOR)) >= policy.FIRST:
            raise TwoOperatorsExist()
        check_roles(held)
        person, works_here = queries.staff_person(claims)
        if works_here:
            raise AlreadyStaff()
        if person is None:
            person = accounts.create_person(claims=claims, document_expires_on=None, language=language, caller=caller)
        member = enrol(person_id=person.id, token_serial=token_serial, email=email, caller=caller)
        for role in held:
            organisation_services.add_membership(person_id=person.id, organisation_id=role.organisation, role=role.name,
                                                 caller=caller)
        authentication.set_initial(identity_id=member.identity_id, initial_password=initial_password, caller=caller)
        audit.record(Event.MEMBER_APPOINTED, about=("member", member.id), caller=caller,
                     facts={"person": person.id, "identity": member.identity_id, "roles": policy.pairs(held),
                            "token": member.device_serial})
    return Appointed(person.id, member.identity_id, member.identity.user_id, initial_password, member.device_serial)


def suspend(*, member_id: object, caller: Caller) -> Member:
    """One operator is enough, also for himself, and so is the machine: no role, no login, no session from this instant on.

    Refuses: Forbidden, NotFound, NotAllowed, LastOperator.
    """
    with transaction.atomic():
        if policy.at_the_machine(caller):
            organisation_services.hold_roles()
        else:
            permit(caller)
        member = Member.objects.select_for_update(of=("self",)).select_related("person").filter(pk=member_id).first()
        if member is None:
            raise NotFound()
        if policy.is_administrator(organisations.roles_of(member.person_id)):
            check_operators_without(member.person_id)
        MEMBER.advance(member, "suspend", at=caller.at, state_by=caller.person or caller.channel, on_duty=False)
        organisation_services.suspend_roles(person_id=member.person_id, caller=caller)
        accounts.suspend_identity(identity_id=member.identity_id, caller=caller)
        authentication.end_identity(identity_id=member.identity_id, reason="staff_suspended", caller=caller)
        audit.record(Event.MEMBER_SUSPENDED, about=("member", member.id), caller=caller)
        tell_member("staff_suspended", member, caller)
    return member


def set_duty(*, on: bool, caller: Caller) -> Member:
    """An operator says whether alarms go to him. While nobody is on duty they go to all operators. Refuses: Forbidden,
    NotFound."""
    with transaction.atomic():
        permit(caller)
        member = Member.objects.select_for_update().filter(person_id=caller.person, state=MemberState.ACTIVE).first()
        if member is None:
            raise NotFound()
        if member.on_duty != on:
            Member.objects.filter(pk=member.pk).update(on_duty=on)
            member.on_duty = on
            audit.record(Event.DUTY_CHANGED, about=("member", member.id), caller=caller, facts={"on_duty": on})
    return member


def lapse_due(*, caller: Caller) -> int:
    """Requests and links whose time has passed are over, with the deadline as the instant. They were refused since then
    already; this only says so in the book. Returns how many."""
    lapsed = 0
    for request in list(StaffRequest.objects.filter(state=RequestState.ASKED, decide_until__lte=caller.at)):
        with transaction.atomic():
            locked = StaffRequest.objects.select_for_update().get(pk=request.pk)
            if locked.state == RequestState.ASKED:
                REQUEST.advance(locked, "lapse", at=locked.decide_until)
                record(Event.REQUEST_LAPSED, locked, caller)
                lapsed += 1
    for invitation in list(Invitation.objects.filter(state=InvitationState.SENT, expires_at__lte=caller.at)):
        with transaction.atomic():
            locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
            if locked.state == InvitationState.SENT and locked.expires_at <= caller.at:
                INVITATION.advance(locked, "lapse", at=locked.expires_at)
                audit.record(Event.INVITATION_LAPSED, about=("invitation", locked.id), caller=caller,
                             facts={"request": locked.request_id, "deadline": locked.expires_at})
                lapsed += 1
    return lapsed + tell_signer(caller=caller)
