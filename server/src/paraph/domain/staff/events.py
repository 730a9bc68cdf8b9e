# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """About ("staff_request", id), ("invitation", id) or ("member", id). Facts: ids, roles, instants; no names, no link."""

    REQUEST_ASKED = "staff.request.asked"
    REQUEST_APPROVED = "staff.request.approved"
    REQUEST_REFUSED = "staff.request.refused"
    REQUEST_WITHDRAWN = "staff.request.withdrawn"
    REQUEST_LAPSED = "staff.request.lapsed"
    INVITATION_SENT = "staff.invitation.sent"
    INVITATION_RESENT = "staff.invitation.resent"
    INVITATION_REVOKED = "staff.invitation.revoked"
    INVITATION_LAPSED = "staff.invitation.lapsed"
    INVITATION_ACCEPTED = "staff.invitation.accepted"
    MEMBER_APPOINTED = "staff.member.appointed"
    MEMBER_SUSPENDED = "staff.member.suspended"
    MEMBER_REINSTATED = "staff.member.reinstated"
    MEMBER_ENDED = "staff.member.ended"
    ROLES_CHANGED = "staff.member.roles_changed"
    DUTY_CHANGED = "staff.member.duty_changed"
    MEMBER_RESTS = "staff.member.rests"
    MEMBER_WOKEN = "staff.member.woken"
    MEMBER_RENEWED = "staff.member.renewed"
    ADDRESS_CHANGED = "staff.member.address_changed"
    DEVICE_ENDED = "staff.member.device_ended"
