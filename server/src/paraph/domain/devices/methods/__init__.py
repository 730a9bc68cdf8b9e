# SPDX-License-Identifier: Apache-2.0
"""What a kind of device proves and what a page must ask for it: one file each.

The signer alone decides whether an answer is right; a method only knows what to carry to it.
"""

from datetime import datetime
from typing import Protocol

from paraph.domain.devices.methods.scan import SCAN
from paraph.domain.devices.methods.token import TOKEN
from paraph.signer.client import Signer
from paraph.signer.values import Outcome, Signed


class Method(Protocol):
    """`answer_length` digits are typed by the holder. `shows_challenge`: the device must be shown an image first, and the
    method has `image()`. `answers_when_assigned`: its first answer needs no setting up."""

    type: str
    answer_length: int
    shows_challenge: bool
    answers_when_assigned: bool

    def authorise(
        self, *, signer: Signer, attempt: str, session_id: str, serial: str, answer: str, shown_at: datetime | None
    ) -> Outcome:
        """Opens the signer's session with the device's answer, or says what became of it."""

    def sign(
        self, *, signer: Signer, attempt: str, session_id: str, serial: str, answer: str, shown_at: datetime | None
    ) -> Signed:
        """The same, and in the same question the session's key, if it has one, signs what the session covers."""


# Devices that work today, in the order in which they are offered.
METHODS: dict[str, Method] = {method.type: method for method in (TOKEN, SCAN)}
