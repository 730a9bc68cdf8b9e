# SPDX-License-Identifier: Apache-2.0
"""Another e-mail address of somebody who works here: links go there, so two people decide, and whoever reads the old one hears
of it before anything has changed. It takes effect when the link at the new address was used."""

from dataclasses import replace

from django.db import transaction

from paraph.domain.accounts import policy as accounts_policy
from paraph.domain.accounts import services as accounts
from paraph.domain.audit import services as audit
from paraph.domain.staff import queries
from paraph.domain.staff.events import Event
from paraph.domain.staff.lifecycle import MemberState
from paraph.domain.staff.models import Member, StaffRequest
from paraph.domain.staff.services.asking import NothingToChange, check_address, put, subject
from paraph.domain.staff.services.inviting import InvitationOver, stranger, taken, used
from paraph.domain.staff.services.permitting import permit
from paraph.domain.staff.services.telling import tell_address
from paraph.kernel.caller import Caller

Kind = StaffRequest.Kind


def ask_address(*, member_id: object, email: str, reason: str, caller: Caller) -> StaffRequest:
    """A member shall be reached at another address. An operator may ask it for himself; another one decides.

    Refuses: Forbidden, NotFound, NotAllowed, RequestWaiting, WhyMissing, NothingToChange, AddressTaken. Raises
    accounts.policy.UnusableContact.
    """
    email = accounts_policy.normal_email(email)
    with transaction.atomic():
        permit(caller)
        member = subject(member_id, "address", caller, himself=True)
        before = queries.email_of(member)
        if before.lower() == email.lower():
            raise NothingToChange()
        check_address(email, caller)
        request = put(Kind.ADDRESS, member, {"email": email}, reason, caller)
        if before:
            tell_address("staff_address_asked", member, before, caller)
    return request


def confirm_address(*, digest: str, caller: Caller) -> Member:
    """Whoever holds the link reads the new address: it is the member's from now on. Once. Refuses: InvitationOver,
    AddressTaken."""
    with transaction.atomic():
        invitation = taken(digest, Kind.ADDRESS, caller)
        request = invitation.request
        member = Member.objects.select_for_update(of=("self",)).select_related("person", "identity").get(pk=request.member_id)
        if member.state == MemberState.ENDED:
            raise InvitationOver()
        himself = replace(stranger(caller), person=str(member.person_id), identity=str(member.identity_id))
        before, email = queries.email_of(member), request.content["email"]
        check_address(email, himself, but=request)
        accounts.record_contact(identity_id=member.identity_id, kind="email", value=email, read_back=True, caller=himself)
        used(invitation, member, himself)
        audit.record(Event.ADDRESS_CHANGED, about=("member", member.id), caller=himself, facts={"request": request.id})
        for address in filter(None, (before, email)):
            tell_address("staff_address_changed", member, address, himself)
    return member
