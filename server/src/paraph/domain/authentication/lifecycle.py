# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    """A login at the door, from the right password on."""

    WAITING = "waiting"
    REPLACING = "replacing"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"


LOGIN = Lifecycle(
    "login",
    State,
    {
        "accept": ({State.WAITING, State.REPLACING}, State.ACCEPTED),
        "replace": ({State.WAITING}, State.REPLACING),
        "refuse": ({State.WAITING}, State.REFUSED),
        "cancel": ({State.WAITING, State.REPLACING}, State.CANCELLED),
    },
)
