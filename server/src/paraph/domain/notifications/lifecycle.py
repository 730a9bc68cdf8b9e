# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    QUEUED = "queued"
    DELIVERED = "delivered"
    STUCK = "stuck"


MESSAGE = Lifecycle(
    "message",
    State,
    {
        "deliver": ({State.QUEUED}, State.DELIVERED),
        "give_up": ({State.QUEUED}, State.STUCK),
        "retry": ({State.STUCK}, State.QUEUED),
    },
)
