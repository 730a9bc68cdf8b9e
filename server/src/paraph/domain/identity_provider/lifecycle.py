# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


# A request is answered once: a second yes gives no second code.
REQUEST = Lifecycle(
    "authorisation request",
    State,
    {"grant": ({State.ASKED}, State.GRANTED), "refuse": ({State.ASKED}, State.REFUSED)},
)
