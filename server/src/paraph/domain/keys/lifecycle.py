# SPDX-License-Identifier: Apache-2.0
from enum import StrEnum

from paraph.kernel.lifecycle import Lifecycle


class KeyState(StrEnum):
    RESERVED = "reserved"
    ACTIVE = "active"
    RETIRED = "retired"


# Reserved: the intention is committed, the key store may or may not have made the key yet. Retired: it signs nothing
# new.
KEY = Lifecycle("key", KeyState, {
    "reserve": ((), KeyState.RESERVED),
    "settle": ((KeyState.RESERVED,), KeyState.ACTIVE),
    "retire": ((KeyState.RESERVED, KeyState.ACTIVE), KeyState.RETIRED),
})
