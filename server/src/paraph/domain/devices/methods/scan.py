# SPDX-License-Identifier: Apache-2.0
"""The Scan is shown an image and answers with a code that covers what it then shows (R108, R207, docs/standards/scan.md).

Its own activation has two images: the first answered by ten digits, the second by eight.
"""

from dataclasses import dataclass
from datetime import datetime

from paraph.kernel import rules, tokens
from paraph.pki import scan
from paraph.signer.client import ScanChallenge, Signer
from paraph.signer.values import Outcome, Signed


@dataclass(frozen=True)
class ScanMethod:
    type: str = "scan"
    answer_length: int = 8
    first_answer_length: int = scan.DEVICE_CODE_DIGITS
    shows_challenge: bool = True
    answers_when_assigned: bool = False

    def authorise(
        self, *, signer: Signer, attempt: str, session_id: str, serial: str, answer: str, shown_at: datetime | None
    ) -> Outcome:
        """The signer itself knows when the image was made."""
        return signer.authorise_with_answer(attempt=attempt, session_id=session_id, device_serial=serial,
                                            answer="".join(answer.split()))

    def sign(
        self, *, signer: Signer, attempt: str, session_id: str, serial: str, answer: str, shown_at: datetime | None
    ) -> Signed:
        """With what the Scan showed."""
        return signer.sign_with_answer(attempt=attempt, session_id=session_id, device_serial=serial,
                                       answer="".join(answer.split()))

    def image(
        self, *, signer: Signer, attempt: str, session_id: str, serial: str, partner: str, text: str
    ) -> ScanChallenge:
        """What this Scan must be shown for this session. A later image takes the place of an earlier one. A name that is
        too long for an image keeps its beginning."""
        return signer.scan_challenge(attempt=attempt, session_id=session_id, device_serial=serial,
                                     partner=scan.shortened(partner, scan.LONGEST_PARTNER), text=text)

    def image_for_nobody(
        self, *, signer: Signer, attempt: str, holder: str, digest: bytes, label: str, text: str, at: datetime
    ) -> bytes:
        """An image like another, under a key that is thrown away: no Scan reads it. The signer is asked for what costs as
        much as an image, a session that nothing can open."""
        signer.open_session(attempt=attempt, kind="login", holder=holder, key_id=None, hashes=[digest], labels=[label],
                            device_serial=None)
        statement = scan.Statement(
            purpose=scan.Purpose.LOGIN, partner=label, text=text, documents=(scan.Document(label, digest),),
            digits=rules.current().scan_digits, at=at.replace(microsecond=0), nonce=tokens.token_bytes(scan.NONCE_OCTETS))
        return scan.seal(tokens.token_bytes(scan.KEY_OCTETS), scan.STATEMENT, statement.encode(), tokens.token_bytes(12))


SCAN = ScanMethod()
