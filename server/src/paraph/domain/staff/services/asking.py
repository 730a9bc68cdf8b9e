# SPDX-License-Identifier: Apache-2.0
"""One operator asks: for a new colleague, other roles, a return, an end. Nothing has happened yet.

New access and another address stand in `renewing` and `addressing`.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import policy as accounts_policy
from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.accounts.services import UnusableName
from paraph.domain.audit import services as audit
from paraph.domain.devices import queries as devices
from paraph.domain.devices.lifecycle import State as DeviceState
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.services import NotInStock
from paraph.domain.organisations import queries as organisations
from paraph.domain.reference import languages
from paraph.domain.staff import policy, queries
from paraph.domain.staff.events import Event
from paraph.domain.staff.lifecycle import InvitationState, MemberState, RequestState
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.domain.staff.services.permitting import check_roles, permit
from paraph.domain.staff.services.telling import tell_deciders
from paraph.kernel import rules
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import NotAllowed, NotFound, Refusal

Kind = StaffRequest.Kind


class AlreadyStaff(Refusal):
    """One person has one staff account: with two he could be both people of a decision."""

    code = "already_staff"
    sentence = gettext_noop("Cette personne fait déjà partie du personnel. Changez ses rôles au lieu de l’inviter.")


class ThatIsYou(Refusal):
    """Who asks, who decides and whom it is about are three people."""

    code = "that_is_you"
    sentence = gettext_noop(
        "Vous avez fait cette demande, ou elle vous concerne. La personne qui demande, celle qui décide et celle qui est "
        "concernée sont trois personnes différentes."
    )


class AddressTaken(Refusal):
    """Two people who read the same mail may be one."""

    code = "staff_address_taken"
    sentence = gettext_noop("Cette adresse e-mail est celle d’un autre membre du personnel, ou d’une invitation en cours.")
    status = 422


class TokenPromised(Refusal):
    code = "token_promised"
    sentence = gettext_noop("Ce produit est déjà promis à une autre personne. Choisissez-en un autre.")
    status = 422


class RequestWaiting(Refusal):
    code = "staff_request_waiting"
    sentence = gettext_noop("Une demande sur cette personne attend déjà une décision. Décidez ou retirez-la d’abord.")


class NothingToChange(Refusal):
    code = "nothing_to_change"
    sentence = gettext_noop("Cette demande ne changerait rien.")
    status = 422


class WhyMissing(Refusal):
    code = "staff_reason_missing"
    sentence = gettext_noop("Indiquez le motif, pour la personne qui décide.")
    status = 422


def ask_invitation(
    *, claims: Claims, email: str, language: str, roles: Iterable[Role], token_serial: str, reason: str, caller: Caller
) -> StaffRequest:
    """Somebody shall work here: with these roles, this address and the Token or Scan that he will be handed.

    Refuses: Forbidden, WhyMissing, UnusableName, RolesNotPossible, AlreadyStaff, ThatIsYou, AddressTaken, NotInStock,
    TokenPromised. Raises accounts.policy.UnusableContact.
    """
    if not (accounts_policy.is_name(claims.family_names) and accounts_policy.is_name(claims.given_names)):
        raise UnusableName()
    email, serial, roles = accounts_policy.normal_email(email), token_serial.strip().upper(), frozenset(roles)
    content = {
        "family_names": claims.family_names, "given_names": claims.given_names, "birth_date": claims.birth_date.isoformat(),
        "email": email, "language": languages.known(language), "token": serial, "roles": policy.pairs(roles)}
    with transaction.atomic():
        permit(caller)
        check_roles(roles)
        check_newcomer(claims, email, caller)
        check_token(serial, caller)
        return put(Kind.INVITE, None, content, reason, caller, token_serial=serial)


def ask_change(
    *, member_id: object, begin: Iterable[Role] = (), end: Iterable[Role] = (), reason: str, caller: Caller
) -> StaffRequest:
    """A member shall have other roles. Refuses: Forbidden, NotFound, NotAllowed, ThatIsYou, RequestWaiting, WhyMissing,
    NothingToChange, RolesNotPossible."""
    with transaction.atomic():
        permit(caller)
        member = subject(member_id, "change", caller)
        held = organisations.open_roles(member.person_id)
        begin, end = frozenset(begin) - held, frozenset(end) & held
        if not begin and not end:
            raise NothingToChange()
        check_roles((held - end) | begin)
        content = {"begin": policy.pairs(begin), "end": policy.pairs(end), "held": policy.pairs(held)}
        return put(Kind.CHANGE, member, content, reason, caller)


def ask_reinstatement(*, member_id: object, reason: str, caller: Caller) -> StaffRequest:
    """A suspended member shall work again. Refuses: as ask_change."""
    with transaction.atomic():
        permit(caller)
        member = subject(member_id, "reinstate", caller)
        return put(Kind.REINSTATE, member, {}, reason, caller)


def ask_end(*, member_id: object, reason: str, caller: Caller) -> StaffRequest:
    """A member shall leave for good. Refuses: as ask_change."""
    with transaction.atomic():
        permit(caller)
        member = subject(member_id, "end", caller)
        return put(Kind.END, member, {}, reason, caller)


def check_newcomer(claims: Claims, email: str, caller: Caller, but: StaffRequest | None = None) -> None:
    """He is neither the caller nor anybody who works here, and nobody else reads his mail. `but`: his own request."""
    if accounts.is_same_person(caller.person, claims):
        raise ThatIsYou()
    if queries.staff_person(claims)[1]:
        raise AlreadyStaff()
    check_address(email, caller, but)
    if any(_same(queries.claims_of(other), claims) for other in _under_way(caller, but) if other.kind == Kind.INVITE):
        raise AlreadyStaff()


def check_address(email: str, caller: Caller, but: StaffRequest | None = None) -> None:
    """Nobody of the staff reads it, and nobody else is about to. Refuses: AddressTaken."""
    if queries.address_in_use(email) or any(
            other.content["email"].lower() == email.lower() for other in _under_way(caller, but)):
        raise AddressTaken()


def _under_way(caller: Caller, but: StaffRequest | None) -> list[StaffRequest]:
    """Those with an address that somebody may still decide, or whose link may still be taken up."""
    rows = StaffRequest.objects.filter(kind__in=(Kind.INVITE, Kind.ADDRESS)).exclude(pk=but.pk if but else None)
    return [*rows.filter(state=RequestState.ASKED, decide_until__gt=caller.at),
            *rows.filter(invitation__state=InvitationState.SENT, invitation__expires_at__gt=caller.at)]


def check_token(serial: str, caller: Caller, but: StaffRequest | None = None) -> None:
    """It is a Token or a Scan in stock that nobody else was promised. Refuses: NotInStock, TokenPromised."""
    device = devices.by_serial(serial)
    if device is None or device.type not in METHODS or device.state != DeviceState.IN_STOCK:
        raise NotInStock()
    asked = StaffRequest.objects.filter(token_serial=serial, state=RequestState.ASKED).exclude(pk=but.pk if but else None)
    sent = Invitation.objects.filter(token_serial=serial, state=InvitationState.SENT)
    if any(row.decide_until > caller.at for row in asked) or any(
            row.expires_at > caller.at for row in sent if but is None or row.request_id != but.pk):
        raise TokenPromised()


def _same(one: Claims, other: Claims) -> bool:
    return accounts_policy.names_index(one.family_names, one.given_names, one.birth_date) \
        == accounts_policy.names_index(other.family_names, other.given_names, other.birth_date)


def subject(member_id: object, move: str, caller: Caller, *, himself: bool = False) -> Member:
    """Whom a request is about, locked. `himself`: he may ask it for himself. Refuses: NotFound, ThatIsYou, NotAllowed,
    RequestWaiting."""
    member = Member.objects.select_for_update(of=("self",)).select_related("person").filter(pk=member_id).first()
    if member is None:
        raise NotFound()
    if str(member.person_id) == caller.person and not himself:
        raise ThatIsYou()
    expected = {"reinstate": (MemberState.SUSPENDED,), "change": (MemberState.ACTIVE,)}.get(
        move, (MemberState.ACTIVE, MemberState.SUSPENDED))
    if member.state not in expected:
        raise NotAllowed(record="member", state=member.state, move=move)
    if any(row.decide_until > caller.at for row in member.requests.filter(state=RequestState.ASKED)):
        raise RequestWaiting()
    return member


def put(
    kind: Kind, member: Member | None, content: dict, reason: str, caller: Caller, token_serial: str = ""
) -> StaffRequest:
    """The request stands from now on, and who may decide it is told. Refuses: WhyMissing."""
    if not reason.strip():
        raise WhyMissing()
    request = StaffRequest.objects.create(
        kind=kind, member=member, content=content, content_hash=policy.content_hash(kind, member.id if member else "", content),
        token_serial=token_serial, reason=reason.strip(), asked_by=caller.person, asked_at=caller.at, state_since=caller.at,
        decide_until=caller.at + timedelta(days=rules.current().staff_decision_days))
    record(Event.REQUEST_ASKED, request, caller)
    tell_deciders(request, caller)
    return request


def record(event: Event, request: StaffRequest, caller: Caller) -> None:
    roles = request.content.get("roles")
    audit.record(
        event, about=("staff_request", request.id), caller=caller,
        facts={"kind": request.kind, "hash": request.content_hash, "asked_by": request.asked_by,
               "member": request.member_id, "decide_until": request.decide_until, "token": request.token_serial,
               **({"roles": roles} if roles else {}),
               **{name: request.content[name] for name in ("begin", "end", "lost", "password") if name in request.content}},
        personal=_personal(request))


def _personal(request: StaffRequest) -> dict[str, str] | None:
    content = request.content
    match request.kind:
        case Kind.INVITE:
            return {"invited": f"{content['given_names']} {content['family_names']}", "email": content["email"]}
        case Kind.ADDRESS:
            return {"email": content["email"]}
    return None
