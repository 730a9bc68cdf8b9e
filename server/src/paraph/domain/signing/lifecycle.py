# SPDX-License-Identifier: Apache-2.0
from django.db.models import TextChoices

from paraph.kernel.lifecycle import Lifecycle


class State(TextChoices):
    REQUESTED = "requested"
    AUTHORISED = "authorised"
    SIGNING = "signing"
    SIGNED = "signed"
    FAILED = "failed"
    DECLINED = "declined"
    LAPSED = "lapsed"


# What ends a request for ever; the database refuses any way out (migration 0002).
FINAL = (State.SIGNED, State.FAILED, State.DECLINED, State.LAPSED)

REQUEST = Lifecycle(
    "signature_request",
    State,
    {
        "authorise": ({State.REQUESTED}, State.AUTHORISED),
        "start": ({State.AUTHORISED}, State.SIGNING),
        "finish": ({State.SIGNING}, State.SIGNED),
        "fail": ({State.AUTHORISED, State.SIGNING}, State.FAILED),
        "decline": ({State.REQUESTED}, State.DECLINED),
        "lapse": ({State.REQUESTED, State.AUTHORISED}, State.LAPSED),
    },
)
