# SPDX-License-Identifier: Apache-2.0
from enum import StrEnum

from paraph.kernel.lifecycle import Lifecycle


class IdentityState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


# An identity is closed when its certificates are revoked for good: a new order makes a new identity (DESIGN 7).
IDENTITY = Lifecycle("identity", IdentityState, {
    "open": ((), IdentityState.OPEN),
    "close": ((IdentityState.OPEN,), IdentityState.CLOSED),
})
