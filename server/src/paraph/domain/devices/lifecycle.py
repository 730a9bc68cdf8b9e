# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    IN_STOCK = "in_stock"
    ASSIGNED = "assigned"
    ACTIVE = "active"
    DISABLED = "disabled"
    RETIRED = "retired"


class JoiningState(TextChoices):
    """How far a Scan has come on its way to an identity that has another device."""

    ASKED = "asked"
    ALLOWED = "allowed"
    READ = "read"
    JOINED = "joined"
    ABANDONED = "abandoned"


class ReplacementState(TextChoices):
    """asked: somebody must identify the holder and choose a device from stock. allowed: the new device is his and waits
    for his answer."""

    ASKED = "asked"
    ALLOWED = "allowed"
    DONE = "done"
    CANCELLED = "cancelled"


DEVICE = Lifecycle(
    "device",
    State,
    {
        "stock": (set(), State.IN_STOCK),
        "enrol": (set(), State.ASSIGNED),
        "assign": ({State.IN_STOCK}, State.ASSIGNED),
        "activate": ({State.ASSIGNED}, State.ACTIVE),
        "disable": ({State.ACTIVE}, State.DISABLED),
        "enable": ({State.DISABLED}, State.ACTIVE),
        "retire": ({State.IN_STOCK, State.ASSIGNED, State.ACTIVE, State.DISABLED}, State.RETIRED),
    },
)

JOINING = Lifecycle(
    "joining",
    JoiningState,
    {
        "ask": (set(), JoiningState.ASKED),
        "allow": ({JoiningState.ASKED}, JoiningState.ALLOWED),
        "read": ({JoiningState.ALLOWED}, JoiningState.READ),
        "join": ({JoiningState.ALLOWED, JoiningState.READ}, JoiningState.JOINED),
        "abandon": ({JoiningState.ASKED, JoiningState.ALLOWED, JoiningState.READ}, JoiningState.ABANDONED),
    },
)

REPLACEMENT = Lifecycle(
    "replacement",
    ReplacementState,
    {
        "ask": (set(), ReplacementState.ASKED),
        "allow": ({ReplacementState.ASKED, ReplacementState.ALLOWED}, ReplacementState.ALLOWED),
        "finish": ({ReplacementState.ALLOWED}, ReplacementState.DONE),
        "cancel": ({ReplacementState.ASKED, ReplacementState.ALLOWED}, ReplacementState.CANCELLED),
    },
)
