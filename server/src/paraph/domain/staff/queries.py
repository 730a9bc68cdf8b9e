# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity, Person
from paraph.domain.accounts.policy import Claims
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations.models import Membership
from paraph.domain.staff import policy
from paraph.domain.staff.lifecycle import InvitationState, MemberState, RequestState
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.kernel import rules
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotFound


@dataclass(frozen=True)
class RoleLine:
    """Who holds or held which role, from when until when, and who asked for it and allowed it.

    Without a request it was given at the machine; then `asked_by` is that account.
    """

    person: Person
    member: Member | None
    membership: Membership
    asked_by: str
    allowed_by: str
    ended_asked_by: str = ""
    ended_allowed_by: str = ""


def member(member_id: object) -> Member:
    """Raises NotFound."""
    try:
        return Member.objects.select_related("person", "identity").get(pk=member_id)
    except (Member.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def members() -> QuerySet[Member]:
    """Those who work here, the suspended included, and then those who ended."""
    rows = Member.objects.select_related("person", "identity").annotate(gone=Q(state=MemberState.ENDED))
    return rows.order_by("gone", "joined_at", "id")


def member_of(person_id: object) -> Member | None:
    """The person's membership that has not ended."""
    return Member.objects.filter(person_id=person_id or None).exclude(state=MemberState.ENDED).first()


def requests(limit: int = 100) -> list[StaffRequest]:
    """Those that wait for a decision, then the newest of the others."""
    rows = StaffRequest.objects.select_related("member__person", "invitation")
    waiting = list(rows.filter(state=RequestState.ASKED).order_by("asked_at", "id"))
    return waiting + list(rows.exclude(state=RequestState.ASKED).order_by("-state_since", "-id")[:limit])


def invitations(limit: int = 100) -> list[Invitation]:
    """Links that were sent and that nobody has taken up, lapsed ones included; the newest first."""
    return list(Invitation.objects.filter(state__in=(InvitationState.SENT, InvitationState.LAPSED))
                .select_related("request__member__person").order_by("-sent_at", "-id")[:limit])


def book(caller: Caller) -> list[StaffRequest]:
    """Every request that was ever made, the oldest first, with what became of its link: an auditor's file. Refuses:
    Forbidden."""
    if not policy.may_read(caller):
        raise Forbidden()
    return list(StaffRequest.objects.select_related("member__person", "invitation").order_by("asked_at", "id"))


def can_be_resent(invitation: Invitation, at: datetime) -> bool:
    return invitation.state in (InvitationState.SENT, InvitationState.LAPSED) \
        and at < policy.resend_until(invitation.request.decided_at, rules.current())


def digest_of(link: str) -> str:
    return sha256(link.encode()).hexdigest()


def open_invitation(digest: str, at: datetime) -> Invitation | None:
    """The invitation that this link opens at an instant, if it does."""
    return Invitation.objects.select_related("request__member__person", "request__member__identity").filter(
        digest=digest, state=InvitationState.SENT, expires_at__gt=at).first()


def claims_of(request: StaffRequest) -> Claims:
    """Who is invited."""
    content = request.content
    return Claims(family_names=content["family_names"], given_names=content["given_names"],
                  birth_date=date.fromisoformat(content["birth_date"]))


def staff_person(claims: Claims) -> tuple[Person | None, bool]:
    """Whoever of the present and former staff these claims are about, and whether he works here now."""
    found = [match.person_id for match in accounts.find_matches(claims)]
    # Also whoever holds a role or a staff identity from before this book was kept.
    working = Identity.objects.filter(person_id__in=found, kind=Identity.Kind.STAFF).exclude(state="closed").first()
    if working is not None:
        return working.person, True
    former = Member.objects.filter(person_id__in=found).select_related("person").order_by("-joined_at").first()
    return (former.person, False) if former else (None, False)


def email_of(member: Member) -> str:
    return accounts.contact(member.identity_id).email or ""


def address_of(request: StaffRequest) -> str:
    """Where the link of a request goes: a new address, or the one that is known."""
    return request.content["email"] if "email" in request.content else email_of(request.member)


def addresses_of(requests: Iterable[StaffRequest]) -> dict[UUID, str]:
    """The same for several, by their ids."""
    rows = list(requests)
    known = accounts.emails(row.member.identity_id for row in rows if "email" not in row.content)
    return {row.id: row.content["email"] if "email" in row.content else known.get(row.member.identity_id, "") for row in rows}


def name_of(request: StaffRequest) -> str:
    """The name of whom a request is about."""
    if request.member:
        return request.member.person.full_name
    return f"{request.content['given_names']} {request.content['family_names']}"


def decided_about(member: Member) -> list[StaffRequest]:
    """What was asked about a member, the newest first, with what became of its link."""
    return list(member.requests.select_related("member__person", "invitation").order_by("-asked_at", "-id"))


def address_in_use(email: str) -> bool:
    """Whether somebody who works here reads this address: two people never share one."""
    working = Identity.objects.filter(kind=Identity.Kind.STAFF).exclude(state="closed").values_list("id", flat=True)
    return email.lower() in {known.lower() for known in accounts.emails(working).values()}


def roles_after(request: StaffRequest) -> frozenset[Role]:
    """What the member will hold once the change was made."""
    held = organisations.open_roles(request.member.person_id)
    return (held - policy.roles_of(request.content, "end")) | policy.roles_of(request.content, "begin")


def on_duty(persons: list[object]) -> list[object]:
    """Those of them who say that alarms go to them."""
    ready = set(Member.objects.filter(person_id__in=persons, on_duty=True, state=MemberState.ACTIVE)
                .values_list("person_id", flat=True))
    return [person for person in persons if person in ready]


def history(persons: Iterable[object] | None = None) -> list[RoleLine]:
    """Every role that anybody, or one of these persons, holds or held, oldest first: what an auditor asks for."""
    rows = organisations.history(persons)
    under = {row.begun_under for row in rows} | {row.ended_under for row in rows}
    asked = {request.id: request for request in StaffRequest.objects.filter(pk__in=under - {None})}
    ids = {row.person_id for row in rows}
    known = {person.id: person for person in Person.objects.filter(pk__in=ids)}
    working = {row.person_id: row for row in Member.objects.filter(person__in=ids).order_by("joined_at")}
    return [_line(row, known[row.person_id], working.get(row.person_id), asked) for row in rows if row.person_id in known]


def _line(row: Membership, person: Person, member: Member | None, asked: dict) -> RoleLine:
    begun, ended = asked.get(row.begun_under), asked.get(row.ended_under)
    return RoleLine(
        person, member, row,
        begun.asked_by if begun else row.begun_by, begun.decided_by if begun else "",
        ended.asked_by if ended else row.ended_by, ended.decided_by if ended else "")
