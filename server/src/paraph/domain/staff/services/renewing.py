# SPDX-License-Identifier: Apache-2.0
"""New access for somebody who works here and lost his password, what he logs in with, or both. Identity, UserID and roles stay.

From the asking on his account rests: one operator alone can take that away, and it comes back if another one refuses. What was
lost ends for ever when another one agrees, and a link of the same kind as an invitation's leaves. Who holds it chooses a new
password, or is given a new device; the one without the other logs in nowhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as devices
from paraph.domain.devices.lifecycle import State as DeviceState
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.staff import policy, queries
from paraph.domain.staff.events import Event
from paraph.domain.staff.lifecycle import INVITATION, REQUEST, InvitationState, MemberState, RequestState
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.domain.staff.services.asking import NothingToChange, check_token, put, record, subject
from paraph.domain.staff.services.inviting import (
    InvitationOver,
    Joined,
    begin_invitation,
    hand_over,
    record_link,
    stranger,
    taken,
    used,
)
from paraph.domain.staff.services.permitting import permit
from paraph.domain.staff.services.resting import lose, rest, tell_signer, wake, wake_member
from paraph.domain.staff.services.telling import tell_member
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal

Kind = StaffRequest.Kind


class NoAddressKnown(Refusal):
    """The link would go nowhere."""

    code = "staff_no_address"
    sentence = gettext_noop("Cette personne n’a pas d’adresse e-mail où envoyer un lien. Changez d’abord son adresse.")


class NewDeviceNeeded(Refusal):
    code = "staff_new_device_needed"
    sentence = gettext_noop("Il ne lui reste rien pour se connecter. Indiquez le numéro d’un Token ou d’un Scan en stock.")
    status = 422


class NoNewDevice(Refusal):
    """A further device beside one that works comes in on the signer's host."""

    code = "staff_no_new_device"
    sentence = gettext_noop(
        "Il lui reste un produit pour se connecter : ne lui en donnez pas d’autre ici, ou cochez aussi celui qui lui reste.")
    status = 422


class NobodyDecides(Refusal):
    """Without him there are not two operators: his account would rest until somebody at the machine helps."""

    code = "nobody_decides"
    sentence = gettext_noop(
        "Sans cette personne, il n’y a pas deux opérateurs pour demander et décider. Faites-le sur la machine du service : "
        "paraph staff renew.")


class TwoCanDecide(Refusal):
    """The machine renews nobody's access as long as two people can decide about it."""

    code = "two_can_decide"
    sentence = gettext_noop("Deux opérateurs peuvent en décider : l’un demande et l’autre accepte, sur la page Personnel.")


def ask_renewal(
    *, member_id: object, password: bool, lost: Iterable[str], device_serial: str = "", reason: str, caller: Caller
) -> StaffRequest:
    """A member lost his password, or the devices with these serial numbers, or both; his account rests from now on.
    `device_serial`: the Token or Scan in stock that he will be handed, where nothing is left to him.

    Refuses: Forbidden, NotFound, NotAllowed, ThatIsYou, RequestWaiting, WhyMissing, NothingToChange, NewDeviceNeeded,
    NoNewDevice, NotInStock, TokenPromised, NoAddressKnown, NobodyDecides.
    """
    serial = device_serial.strip().upper()
    with transaction.atomic():
        permit(caller)
        member = subject(member_id, "renew", caller)
        gone = _gone(member, password=password, lost=lost, new=serial)
        if serial:
            check_token(serial, caller)
        if not queries.email_of(member):
            raise NoAddressKnown()
        if len(_deciders(member)) < policy.FIRST:
            raise NobodyDecides()
        content = {"password": bool(password), "lost": gone, "device": serial}
        request = put(Kind.RENEW, member, content, reason, caller, token_serial=serial)
        rest(member, gone, caller)
        tell_member("staff_rests", member, caller)
    return request


def begin_renewal(request: StaffRequest, member: Member, link_to: Callable[[str], str], caller: Caller) -> None:
    """It was allowed: what was lost ends, links of before are worth nothing, and a new one leaves."""
    content = request.content
    _gone(member, password=content["password"], lost=content["lost"], new=content["device"])
    if content["device"]:
        check_token(content["device"], caller, but=request)
    _end_links(member, caller)
    lose(member, content["lost"], caller)
    begin_invitation(request, link_to, caller)


def renew(*, digest: str, password: str = "", caller: Caller) -> Joined:
    """Whoever holds the link is back, with this password where he had lost it, and with what he was handed. Once.

    Refuses: PasswordRefused (nothing is used up), InvitationOver, NotInStock, SignerUnavailable.
    """
    waiting = queries.open_invitation(digest, caller.at)
    if waiting is None or waiting.request.kind != Kind.RENEW:
        raise InvitationOver()
    # Before anything is locked: a hash may have to wait for its place, and the signer must know first what has ended.
    password_hash = authentication.hash_first_password(password) if waiting.request.content["password"] else ""
    tell_signer(member=waiting.request.member, caller=caller)
    with transaction.atomic():
        organisation_services.hold_roles()
        invitation = taken(digest, Kind.RENEW, caller)
        request = invitation.request
        member = Member.objects.select_for_update(of=("self",)).select_related("person", "identity").get(pk=request.member_id)
        if member.state == MemberState.ENDED:
            raise InvitationOver()
        himself = replace(stranger(caller), person=str(member.person_id), identity=str(member.identity_id))
        wake(request, himself)
        if request.content["device"]:
            _hand(member, request.content["device"], himself)
        if password_hash:
            authentication.begin_anew(identity_id=member.identity_id, password_hash=password_hash, caller=himself)
        used(invitation, member, himself)
        _record(member, himself, request=request.id)
        tell_member("staff_renewed", member, himself)
    return Joined(member, member.identity.user_id, ", ".join(
        device.serial for device in devices.for_identity(member.identity_id)))


@dataclass(frozen=True)
class Renewed:
    """Shown once at the machine; kept nowhere. `initial_password` is empty where he knows his own."""

    member: Member
    user_id: str
    initial_password: str
    device_serial: str


def renew_at_the_machine(
    *, member_id: object, password: bool, lost: Iterable[str], device_serial: str = "", caller: Caller
) -> Renewed:
    """By root's consent, where two operators are not left to decide: what was lost ends, a new device and an initial password
    take its place at once. Every operator is told.

    Refuses: Forbidden, NotFound, TwoCanDecide, NothingToChange, NewDeviceNeeded, NoNewDevice, NotInStock, TokenPromised.
    """
    if not policy.at_the_machine(caller):
        raise Forbidden()
    serial, initial_password = device_serial.strip().upper(), tokens.initial_password() if password else ""
    with transaction.atomic():
        organisation_services.hold_roles()
        member = Member.objects.select_for_update(of=("self",)).select_related("person", "identity").filter(
            pk=member_id).exclude(state=MemberState.ENDED).first()
        if member is None:
            raise NotFound()
        if len(_deciders(member)) >= policy.FIRST:
            raise TwoCanDecide()
        gone = _gone(member, password=password, lost=lost, new=serial)
        for request in member.requests.select_for_update().filter(kind=Kind.RENEW, state=RequestState.ASKED):
            REQUEST.advance(request, "withdraw", at=caller.at)
            record(Event.REQUEST_WITHDRAWN, request, caller)
        _end_links(member, caller)
        authentication.end_identity(identity_id=member.identity_id, reason="staff_renewed", caller=caller)
        lose(member, gone, caller)
        wake_member(member, caller)
        if serial:
            check_token(serial, caller)
            _hand(member, serial, caller)
        if password:
            authentication.begin_anew(identity_id=member.identity_id, initial_password=initial_password, caller=caller)
        _record(member, caller, lost=gone, password=password, device=serial)
        tell_member("staff_renewed_here", member, caller, about=member.person.full_name)
        for person_id in _others(member):
            if (other := queries.member_of(person_id)) is not None:
                tell_member("staff_renewed_here", other, caller, about=member.person.full_name)
    return Renewed(member, member.identity.user_id, initial_password, serial)


def _gone(member: Member, *, password: bool, lost: Iterable[str], new: str) -> list[str]:
    """What of his is lost. A new device comes where nothing is left, and there alone. Refuses: NewDeviceNeeded, NoNewDevice,
    NothingToChange."""
    held = {device.serial for device in devices.for_identity(member.identity_id)}
    gone = held & set(lost)
    if not new and not held - gone:
        raise NewDeviceNeeded()
    if new and held - gone:
        raise NoNewDevice()
    if not (password or gone or new):
        raise NothingToChange()
    return sorted(gone)


def _others(member: Member) -> list[object]:
    """The operators who are in office beside him."""
    return [person for person in organisations.holders_of(policy.ADMINISTRATOR) if person != member.person_id]


def _deciders(member: Member) -> list[object]:
    """Those of them who have something to log in with: who rests decides nothing, so nobody can put all others to rest."""
    return [person for person in _others(member) if not _rests(person)]


def _rests(person_id: object) -> bool:
    member = queries.member_of(person_id)
    return member is not None and not any(device.state in (DeviceState.ASSIGNED, DeviceState.ACTIVE)
                                          for device in devices.for_identity(member.identity_id))


def _end_links(member: Member, caller: Caller) -> None:
    """Links to new access that he was sent before are worth nothing."""
    for former in Invitation.objects.select_for_update(of=("self",)).select_related("request").filter(
            request__member=member, request__kind=Kind.RENEW, state__in=(InvitationState.SENT, InvitationState.LAPSED)):
        INVITATION.advance(former, "revoke", at=caller.at)
        record_link(Event.INVITATION_REVOKED, former, caller)


def _hand(member: Member, serial: str, caller: Caller) -> None:
    member.device_serial = hand_over(member.identity_id, serial, caller).serial
    member.save(update_fields=("device_serial",))


def _record(member: Member, caller: Caller, **facts: object) -> None:
    audit.record(Event.MEMBER_RENEWED, about=("member", member.id), caller=caller, facts=facts)
