# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    OPEN = "open"
    CLOSED = "closed"


CASE = Lifecycle("case", State, {"open": (set(), State.OPEN), "close": ({State.OPEN}, State.CLOSED)})
