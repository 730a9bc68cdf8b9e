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


class ConfirmationState(TextChoices):
    """What a partner asks a holder to confirm. `shown`: his device waits for it, and its code is good for 180 seconds."""

    ASKED = "asked"
    SHOWN = "shown"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    REPORTED = "reported"
    LAPSED = "lapsed"


OPEN_CONFIRMATION = (ConfirmationState.ASKED, ConfirmationState.SHOWN)
CONFIRMATION = Lifecycle(
    "confirmation",
    ConfirmationState,
    {
        "ask": ((), ConfirmationState.ASKED),
        # Another device, or a new image, begins anew.
        "show": (OPEN_CONFIRMATION, ConfirmationState.SHOWN),
        "confirm": ({ConfirmationState.SHOWN}, ConfirmationState.CONFIRMED),
        "cancel": (OPEN_CONFIRMATION, ConfirmationState.CANCELLED),
        "report": (OPEN_CONFIRMATION, ConfirmationState.REPORTED),
        "lapse": (OPEN_CONFIRMATION, ConfirmationState.LAPSED),
    },
)
