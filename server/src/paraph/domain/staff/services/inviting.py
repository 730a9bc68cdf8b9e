# SPDX-License-Identifier: Apache-2.0
"""The link of what was decided: sent, sent again, revoked, and an invitation taken up once by whom it was sent to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import INVITED
from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import services as devices
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device
from paraph.domain.organisations import services as organisations
from paraph.domain.staff import policy, queries
from paraph.domain.staff.events import Event
from paraph.domain.staff.lifecycle import INVITATION, InvitationState, MemberState
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.domain.staff.services.asking import AlreadyStaff, check_token
from paraph.domain.staff.services.permitting import check_roles, permit
from paraph.domain.staff.services.resting import wake
from paraph.domain.staff.services.telling import send_link, tell_member
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound, Refusal


class InvitationOver(Refusal):
    """Unknown, used, revoked, replaced by a newer link or too late: one answer."""

    code = "staff_invitation_over"
    sentence = gettext_noop(
        "Ce lien n’est plus valable : il a déjà servi, il a été remplacé, ou son délai est passé. Demandez un nouveau lien à "
        "un opérateur."
    )


class TooOldToResend(Refusal):
    code = "staff_too_old_to_resend"
    sentence = gettext_noop("L’accord pour cette invitation est trop ancien. Faites une nouvelle demande.")


@dataclass(frozen=True)
class Joined:
    """Shown once to the new member: with his UserID, his password and his Token he logs in."""

    member: Member
    user_id: str
    token_serial: str


def begin_invitation(request: StaffRequest, link_to: Callable[[str], str], caller: Caller) -> Invitation:
    """A request was allowed: its link leaves."""
    secret = tokens.secret_url()
    invitation = Invitation.objects.create(
        request=request, digest=queries.digest_of(secret), sent_at=caller.at, expires_at=_expiry(caller),
        token_serial=request.token_serial, state_since=caller.at)
    record_link(Event.INVITATION_SENT, invitation, caller)
    send_link(invitation, link_to(secret), caller)
    return invitation


def resend(*, invitation_id: object, link_to: Callable[[str], str], caller: Caller) -> Invitation:
    """A new link to the same address; the one before is worth nothing. Refuses: Forbidden, NotFound, NotAllowed,
    TooOldToResend, NotInStock, TokenPromised."""
    with transaction.atomic():
        permit(caller)
        invitation = _locked(caller, pk=invitation_id)
        if caller.at >= policy.resend_until(invitation.request.decided_at, rules.current()):
            raise TooOldToResend()
        secret = tokens.secret_url()
        INVITATION.advance(invitation, "resend", at=caller.at, digest=queries.digest_of(secret), sent_at=caller.at,
                           expires_at=_expiry(caller), times=invitation.times + 1)
        if invitation.token_serial:
            check_token(invitation.token_serial, caller, but=invitation.request)
        if invitation.request.member and invitation.request.member.state == MemberState.ENDED:
            raise InvitationOver()
        record_link(Event.INVITATION_RESENT, invitation, caller)
        send_link(invitation, link_to(secret), caller)
    return invitation


def revoke(*, invitation_id: object, caller: Caller) -> Invitation:
    """The link opens nothing from now on, for ever. Refuses: Forbidden, NotFound, NotAllowed."""
    with transaction.atomic():
        permit(caller)
        invitation = _locked(caller, pk=invitation_id)
        INVITATION.advance(invitation, "revoke", at=caller.at)
        record_link(Event.INVITATION_REVOKED, invitation, caller)
        wake(invitation.request, caller)
    return invitation


def accept(*, digest: str, password: str, caller: Caller) -> Joined:
    """Whoever holds the link (`digest` is queries.digest_of() of it) works here from now on, with this password and the
    promised Token. Once. That he reads the address is proven by the link.

    Refuses: PasswordRefused (nothing is used up), InvitationOver, AlreadyStaff, NotInStock, RolesNotPossible.
    """
    # Before anything is locked: a hash may have to wait for its place.
    password_hash = authentication.hash_first_password(password)
    with transaction.atomic():
        organisations.hold_roles()
        invitation = taken(digest, StaffRequest.Kind.INVITE, caller)
        request = invitation.request
        roles = policy.roles_of(request.content)
        check_roles(roles)
        member = _join(request, password_hash, caller)
        used(invitation, member, caller)
        tell_member("staff_joined", member, caller)
    return Joined(member, member.identity.user_id, member.device_serial)


def taken(digest: str, kind: StaffRequest.Kind, caller: Caller) -> Invitation:
    """The link that somebody holds, locked, if it is of this kind and opens something now. Refuses: InvitationOver."""
    invitation = _locked(caller, digest=digest)
    if invitation.request.kind != kind or invitation.state != InvitationState.SENT or caller.at >= invitation.expires_at:
        raise InvitationOver()
    return invitation


def used(invitation: Invitation, member: Member, caller: Caller) -> None:
    """Once, by him."""
    INVITATION.advance(invitation, "accept", at=caller.at, member=member)
    record_link(Event.INVITATION_ACCEPTED, invitation, caller)


def stranger(caller: Caller) -> Caller:
    """Somebody whom two people let in, before it is known who he is."""
    return Caller(at=caller.at, channel=caller.channel, address=caller.address, trace=caller.trace, language=caller.language,
                  scope=INVITED)


def _join(request: StaffRequest, password_hash: str, caller: Caller) -> Member:
    claims, content = queries.claims_of(request), request.content
    person, works_here = queries.staff_person(claims)
    if works_here:
        raise AlreadyStaff()
    invited = stranger(caller)
    if person is None:
        person = accounts.create_person(claims=claims, document_expires_on=None, language=content["language"], caller=invited)
    member = enrol(person_id=person.id, token_serial=request.token_serial, email=content["email"], caller=invited)
    himself = replace(invited, person=str(person.id), identity=str(member.identity_id))
    authentication.begin_with_password(identity_id=member.identity_id, password_hash=password_hash, caller=himself)
    for role in policy.roles_of(content):
        organisations.add_membership(person_id=person.id, organisation_id=role.organisation, role=role.name,
                                     under=request.id, caller=himself)
    return member


def enrol(*, person_id: object, token_serial: str, email: str, caller: Caller) -> Member:
    """A staff identity with a Token or Scan from stock, and his address, that he was reached at. Roles and password come
    beside it. Refuses: NotInStock."""
    identity = accounts.create_identity(
        person_id=person_id, kind=Identity.Kind.STAFF, device_family=Identity.Family.SERVER, caller=caller)
    device = hand_over(identity.id, token_serial, caller)
    if email:
        accounts.record_contact(identity_id=identity.id, kind="email", value=email, read_back=True, caller=caller)
    return Member.objects.create(person_id=person_id, identity=identity, device_serial=device.serial, joined_at=caller.at,
                                 state_since=caller.at, state_by=caller.person or caller.channel)


def hand_over(identity_id: object, serial: str, caller: Caller) -> Device:
    """His from now on: a Token answers at once, a Scan after the two images of his next login. Refuses: NotInStock."""
    device = devices.assign(identity_id=identity_id, serial=serial, first=True, caller=caller)
    if METHODS[device.type].answers_when_assigned:
        return devices.activate(device_id=device.id, caller=caller)
    return device


def _expiry(caller: Caller) -> datetime:
    return caller.at + timedelta(hours=rules.current().staff_link_hours)


def _locked(caller: Caller, **which: object) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("request__member__person")
    invitation = rows.filter(**which).first()
    if invitation is None:
        raise InvitationOver() if "digest" in which else NotFound()
    return invitation


def record_link(event: Event, invitation: Invitation, caller: Caller) -> None:
    audit.record(event, about=("invitation", invitation.id), caller=caller,
                 facts={"request": invitation.request_id, "expires_at": invitation.expires_at, "times": invitation.times,
                        "member": invitation.member_id, "token": invitation.token_serial})
