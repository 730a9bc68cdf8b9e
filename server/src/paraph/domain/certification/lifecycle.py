# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    RESERVED = "reserved"
    ISSUED = "issued"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    ABANDONED = "abandoned"


# What ends a certificate for ever; the database refuses any way out (migration 0002).
FINAL = (State.REVOKED, State.ABANDONED)

CERTIFICATE = Lifecycle(
    "certificate",
    State,
    {
        "issue": ({State.RESERVED}, State.ISSUED),
        "abandon": ({State.RESERVED}, State.ABANDONED),
        "activate": ({State.ISSUED}, State.ACTIVE),
        "suspend": ({State.ACTIVE}, State.SUSPENDED),
        "resume": ({State.SUSPENDED}, State.ACTIVE),
        "revoke": ({State.ISSUED, State.ACTIVE, State.SUSPENDED}, State.REVOKED),
    },
)
