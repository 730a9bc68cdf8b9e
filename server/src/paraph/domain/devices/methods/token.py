# SPDX-License-Identifier: Apache-2.0
"""The Token shows a six-digit code of its own (R107, R213): nothing is shown to it, nothing is installed (R212)."""

from dataclasses import dataclass
from datetime import datetime

from paraph.signer.client import Signer
from paraph.signer.values import Outcome, Signed


@dataclass(frozen=True)
class TokenMethod:
    type: str = "token"
    answer_length: int = 6
    shows_challenge: bool = False
    answers_when_assigned: bool = True

    def authorise(
        self, *, signer: Signer, attempt: str, session_id: str, serial: str, answer: str, shown_at: datetime | None
    ) -> Outcome:
        """Blanks that people type between digits do not count."""
        return signer.authorise_with_code(attempt=attempt, session_id=session_id, device_serial=serial,
                                          code="".join(answer.split()), shown_at=shown_at)

    def sign(
        self, *, signer: Signer, attempt: str, session_id: str, serial: str, answer: str, shown_at: datetime | None
    ) -> Signed:
        return signer.sign_with_code(attempt=attempt, session_id=session_id, device_serial=serial,
                                     code="".join(answer.split()), shown_at=shown_at)


TOKEN = TokenMethod()
