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
    """asked: a device must be chosen from stock. allowed: the new device is his and waits for his answer. sent: it is
    his, and he allows it himself with another device of his. denied: he did not ask for it."""

    ASKED = "asked"
    ALLOWED = "allowed"
    SENT = "sent"
    DONE = "done"
    CANCELLED = "cancelled"
    DENIED = "denied"


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
        "allow": ({ReplacementState.ASKED, ReplacementState.ALLOWED, ReplacementState.SENT}, ReplacementState.ALLOWED),
        "send": ({ReplacementState.ASKED, ReplacementState.ALLOWED, ReplacementState.SENT}, ReplacementState.SENT),
        "miss": ({ReplacementState.ALLOWED, ReplacementState.SENT}, ReplacementState.ASKED),
        "exchange": ({ReplacementState.ASKED}, ReplacementState.DONE),
        "finish": ({ReplacementState.ALLOWED, ReplacementState.SENT}, ReplacementState.DONE),
        "cancel": ({ReplacementState.ASKED, ReplacementState.ALLOWED, ReplacementState.SENT},
                   ReplacementState.CANCELLED),
        "deny": ({ReplacementState.ASKED, ReplacementState.SENT}, ReplacementState.DENIED),
    },
)
