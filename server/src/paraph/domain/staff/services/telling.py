# SPDX-License-Identifier: Apache-2.0
"""Who is told of what, in his own language. A member without an address reads it on the staff page alone."""

from collections.abc import Iterable

from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from paraph.domain.accounts import queries as accounts
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import MAIL, Recipient
from paraph.domain.organisations import queries as organisations
from paraph.domain.staff import policy, queries
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.kernel.caller import Caller, Role

ABOUT = {
    StaffRequest.Kind.INVITE: gettext_noop("Inviter un membre du personnel"),
    StaffRequest.Kind.CHANGE: gettext_noop("Changer les rôles d’un membre du personnel"),
    StaffRequest.Kind.REINSTATE: gettext_noop("Lever la suspension d’un membre du personnel"),
    StaffRequest.Kind.END: gettext_noop("Mettre fin aux fonctions d’un membre du personnel"),
    StaffRequest.Kind.RENEW: gettext_noop("Donner un nouvel accès à un membre du personnel"),
    StaffRequest.Kind.ADDRESS: gettext_noop("Changer l’adresse e-mail d’un membre du personnel"),
}


LINKS = {
    StaffRequest.Kind.INVITE: "staff_invitation",
    StaffRequest.Kind.RENEW: "staff_renewal",
    StaffRequest.Kind.ADDRESS: "staff_address",
}


def roles_in_words(roles: Iterable[Role], language: str) -> str:
    """Such as “Auditeur (Paraph S.A.), …”."""
    with translation.override(language):
        written = [f"{gettext(policy.NAMES[policy.MemberRole(role.name)])} ({organisations.organisation(role.organisation).name})"
                   for role in roles]
    return ", ".join(sorted(written))


def tell_member(template: str, member: Member, caller: Caller, **data: object) -> None:
    contact = accounts.contact(member.identity_id)
    if contact.email:
        notifications.enqueue(
            template=template, caller=caller, data={"name": contact.name, "at": caller.at, **data},
            to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email))


def tell_roles(member: Member, roles: Iterable[Role], caller: Caller) -> None:
    tell_member("staff_roles_changed", member, caller, roles=roles_in_words(roles, member.person.language))


def tell_deciders(request: StaffRequest, caller: Caller) -> None:
    """The operators who may decide it: all but who asks and whom it is about."""
    involved = {request.asked_by, str(request.member.person_id) if request.member else ""}
    for person_id in organisations.holders_of(policy.ADMINISTRATOR):
        member = queries.member_of(person_id)
        if member is None or str(person_id) in involved:
            continue
        with translation.override(member.person.language):
            about = gettext(ABOUT[StaffRequest.Kind(request.kind)])
        tell_member("staff_to_decide", member, caller, about=about, until=request.decide_until)


def send_link(invitation: Invitation, link: str, caller: Caller) -> None:
    """The only place where the link stands, until it has left."""
    request = invitation.request
    content, member = request.content, request.member
    language = member.person.language if member else content["language"]
    data: dict[str, object] = {"name": queries.name_of(request), "link": link, "until": invitation.expires_at}
    if request.kind == StaffRequest.Kind.INVITE:
        data["roles"] = roles_in_words(policy.roles_of(content), language)
    notifications.enqueue(
        template=LINKS[StaffRequest.Kind(request.kind)], channel=MAIL, caller=caller, data=data,
        to=Recipient(language=language, email=queries.address_of(request)))


def tell_address(template: str, member: Member, email: str, caller: Caller, **data: object) -> None:
    """At an address that is, or was, the member's."""
    person = member.person
    notifications.enqueue(template=template, channel=MAIL, caller=caller,
                          to=Recipient(person_id=str(person.id), language=person.language, email=email),
                          data={"name": person.full_name, "at": caller.at, **data})
