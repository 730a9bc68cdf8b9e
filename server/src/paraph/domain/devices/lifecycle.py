# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    IN_STOCK = "in_stock"
    ASSIGNED = "assigned"
    ACTIVE = "active"
    DISABLED = "disabled"
    RETIRED = "retired"


DEVICE = Lifecycle(
    "device",
    State,
    {
        "stock": (set(), State.IN_STOCK),
        "assign": ({State.IN_STOCK}, State.ASSIGNED),
        "activate": ({State.ASSIGNED}, State.ACTIVE),
        "disable": ({State.ACTIVE}, State.DISABLED),
        "enable": ({State.DISABLED}, State.ACTIVE),
        "retire": ({State.IN_STOCK, State.ASSIGNED, State.ACTIVE, State.DISABLED}, State.RETIRED),
    },
)
