# SPDX-License-Identifier: Apache-2.0
from enum import StrEnum

from paraph.kernel.lifecycle import Lifecycle


class State(StrEnum):
    RESERVED = "reserved"
    ISSUED = "issued"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    ABANDONED = "abandoned"


# Reserved: serial number and bytes to be signed are committed, the signature may or may not exist. Abandoned: it will
# never be handed out. Out of revoked and abandoned there is no way; the database refuses it too (migration 0002).
FINAL = (State.REVOKED, State.ABANDONED)

CERTIFICATE = Lifecycle("certificate", State, {
    "reserve": ((), State.RESERVED),
    "issue": ((State.RESERVED,), State.ISSUED),
    "abandon": ((State.RESERVED,), State.ABANDONED),
    "activate": ((State.ISSUED,), State.ACTIVE),
    "suspend": ((State.ACTIVE,), State.SUSPENDED),
    "resume": ((State.SUSPENDED,), State.ACTIVE),
    "revoke": ((State.ISSUED, State.ACTIVE, State.SUSPENDED), State.REVOKED),
})


class ApprovalState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    USED = "used"


# An approval of one deed is used by it; a waiver stays approved until its end date.
APPROVAL = Lifecycle("approval", ApprovalState, {
    "ask": ((), ApprovalState.ASKED),
    "approve": ((ApprovalState.ASKED,), ApprovalState.APPROVED),
    "refuse": ((ApprovalState.ASKED,), ApprovalState.REFUSED),
    "withdraw": ((ApprovalState.ASKED, ApprovalState.APPROVED), ApprovalState.WITHDRAWN),
    "use": ((ApprovalState.APPROVED,), ApprovalState.USED),
})
