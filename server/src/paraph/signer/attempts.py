# SPDX-License-Identifier: Apache-2.0
"""An attempt is asked once and answered once: the same attempt gets the same answer, however often it comes.

The answer is kept in the transaction that holds the effect. Arguments are kept as an HMAC only, because a code has few
digits.
"""

import hmac
import sqlite3
from datetime import datetime
from typing import Any

from paraph.signer import wire
from paraph.signer.database import to_microseconds
from paraph.signer.errors import SignerRefusal


class Attempts:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def _digest(self, call: str, arguments: dict[str, Any]) -> bytes:
        return hmac.digest(self._key, wire.dump([call, arguments]), "sha256")

    def answered(self, connection: sqlite3.Connection, attempt: str, call: str, arguments: dict[str, Any]) -> list[Any]:
        """[answer], or [] for a new attempt. Refuses attempt_reused when it was another question."""
        row = connection.execute("SELECT * FROM attempts WHERE attempt = ?", (attempt,)).fetchone()
        if row is None:
            return []
        if row["call"] != call or not hmac.compare_digest(row["arguments"], self._digest(call, arguments)):
            raise SignerRefusal("attempt_reused")
        return [wire.load(row["answer"])]

    def keep(
        self, connection: sqlite3.Connection, attempt: str, call: str, arguments: dict[str, Any], answer: Any,
        at: datetime,
    ) -> None:
        connection.execute(
            "INSERT INTO attempts VALUES (?,?,?,?,?)",
            (attempt, call, self._digest(call, arguments), wire.dump(answer), to_microseconds(at)),
        )
