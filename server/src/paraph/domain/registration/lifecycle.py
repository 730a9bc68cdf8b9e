# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    OPENED = "opened"
    RECOGNISED = "recognised"
    READ = "read"
    PROVEN = "proven"
    ACTING = "acting"
    ACTIVATED = "activated"
    ABANDONED = "abandoned"


# opened: UserID and initial password were right. recognised: the activation code too. read: a Scan has answered the first
# of its two images. proven: the device as well, and
# the order is being activated. acting: everything was chosen and accepted, keys and certificates are being made.
ACTIVATION = Lifecycle(
    "activation",
    State,
    {
        "open": (set(), State.OPENED),
        "recognise": ({State.OPENED}, State.RECOGNISED),
        "read": ({State.RECOGNISED}, State.READ),
        "prove": ({State.RECOGNISED, State.READ}, State.PROVEN),
        "act": ({State.PROVEN}, State.ACTING),
        "finish": ({State.ACTING}, State.ACTIVATED),
        "abandon": ({State.OPENED, State.RECOGNISED, State.READ, State.PROVEN, State.ACTING}, State.ABANDONED),
    },
)
UNDER_WAY = (State.OPENED, State.RECOGNISED, State.READ, State.PROVEN, State.ACTING)
FINAL = (State.ACTIVATED, State.ABANDONED)
