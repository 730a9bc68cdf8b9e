# SPDX-License-Identifier: Apache-2.0
from enum import StrEnum

from paraph.kernel.lifecycle import Lifecycle


class IdentityState(StrEnum):
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


# An identity is closed when its certificates are revoked for good: a new order makes a new identity.
# A member of staff rests at once and may come back.
IDENTITY = Lifecycle("identity", IdentityState, {
    "open": ((), IdentityState.OPEN),
    "suspend": ((IdentityState.OPEN,), IdentityState.SUSPENDED),
    "resume": ((IdentityState.SUSPENDED,), IdentityState.OPEN),
    "close": ((IdentityState.OPEN, IdentityState.SUSPENDED), IdentityState.CLOSED),
})
