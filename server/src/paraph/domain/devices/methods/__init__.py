# SPDX-License-Identifier: Apache-2.0
"""What a kind of device proves and what a page must ask for it: one file each.

The signer alone decides whether an answer is right; a method only knows what to carry to it.
"""

from datetime import datetime
from typing import Protocol

from paraph.signer.client import Signer
from paraph.signer.values import Outcome


class Method(Protocol):
    """`answer_length` digits are typed by the holder."""

    type: str
    answer_length: int

    def authorise(
        self, *, signer: Signer, attempt: str, session_id: str, serial: str, answer: str, shown_at: datetime | None
    ) -> Outcome:
        """Opens the signer's session with the device's answer, or says what became of it."""
