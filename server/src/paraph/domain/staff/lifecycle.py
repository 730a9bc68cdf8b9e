# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class RequestState(TextChoices):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class InvitationState(TextChoices):
    SENT = "sent"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    LAPSED = "lapsed"


class MemberState(TextChoices):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


# One asks, another decides, in time; what was decided stays decided.
REQUEST = Lifecycle(
    "staff_request",
    RequestState,
    {
        "ask": (set(), RequestState.ASKED),
        "approve": ({RequestState.ASKED}, RequestState.APPROVED),
        "refuse": ({RequestState.ASKED}, RequestState.REFUSED),
        "withdraw": ({RequestState.ASKED}, RequestState.WITHDRAWN),
        "lapse": ({RequestState.ASKED}, RequestState.LAPSED),
    },
)

# A link that lapsed may be sent anew as long as its approval is young enough.
INVITATION = Lifecycle(
    "invitation",
    InvitationState,
    {
        "send": (set(), InvitationState.SENT),
        "resend": ({InvitationState.SENT, InvitationState.LAPSED}, InvitationState.SENT),
        "accept": ({InvitationState.SENT}, InvitationState.ACCEPTED),
        "revoke": ({InvitationState.SENT, InvitationState.LAPSED}, InvitationState.REVOKED),
        "lapse": ({InvitationState.SENT}, InvitationState.LAPSED),
    },
)

# Who comes back after the end is a new member, of the same person.
MEMBER = Lifecycle(
    "member",
    MemberState,
    {
        "join": (set(), MemberState.ACTIVE),
        "suspend": ({MemberState.ACTIVE}, MemberState.SUSPENDED),
        "reinstate": ({MemberState.SUSPENDED}, MemberState.ACTIVE),
        "end": ({MemberState.ACTIVE, MemberState.SUSPENDED}, MemberState.ENDED),
    },
)
