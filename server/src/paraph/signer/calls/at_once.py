# SPDX-License-Identifier: Apache-2.0
"""An answer judged and its session's key used in one question: for whom nothing lies between the two.

Nothing can be had by it that the two questions would not give. It is one transaction, so that a key that can't be used now
consumes no code, and an answer that was lost is given again whole.
"""

from collections.abc import Callable
from datetime import datetime
from sqlite3 import Connection
from typing import Any

from paraph.signer import arguments
from paraph.signer.activation import codes, scans, sessions
from paraph.signer.activation.sessions import PURPOSE_OF_KIND, SessionRow
from paraph.signer.calls.devices import DeviceCalls
from paraph.signer.calls.holders import HolderCalls
from paraph.signer.errors import SignerRefusal
from paraph.signer.values import Outcome, Signed


class AtOnceCalls(DeviceCalls, HolderCalls):
    def sign_with_code(
        self, *, attempt: str, session_id: str, device_serial: str, code: str, shown_at: datetime | None = None
    ) -> Signed:
        """As `authorise_with_code`, then as `holder_sign` where the session has a key. Refuses as both do, and wrong_purpose
        for a session in which no key signs."""
        arguments.name(device_serial)
        arguments.typed_code(code)
        arguments.instant(shown_at)

        def judge(connection: Connection, session: SessionRow, at: datetime) -> Outcome:
            return codes.authorise(connection, self._store, self._record, session=session, device_serial=device_serial,
                                   code=code, shown_at=shown_at, at=at)

        given = {"session_id": session_id, "device_serial": device_serial, "code": code, "shown_at": shown_at}
        return self._judge_and_sign(attempt, "sign_with_code", given, judge)

    def sign_with_answer(self, *, attempt: str, session_id: str, device_serial: str, answer: str) -> Signed:
        """As `authorise_with_answer`, `scan_statement`, and `holder_sign` where the session has a key. Refuses as they do,
        and wrong_purpose for a session in which no key signs."""
        arguments.name(device_serial)
        arguments.typed_code(answer)

        def judge(connection: Connection, session: SessionRow, at: datetime) -> Outcome:
            return scans.authorise(connection, self._store, self._record, session=session, serial=device_serial,
                                   answer=answer, at=at)

        def shown(connection: Connection) -> bytes:
            return scans.statement_of(connection, self._store, session_id)

        given = {"session_id": session_id, "device_serial": device_serial, "answer": answer}
        return self._judge_and_sign(attempt, "sign_with_answer", given, judge, shown)

    def _judge_and_sign(
        self, attempt: str, call: str, given: dict[str, Any],
        judge: Callable[[Connection, SessionRow, datetime], Outcome], shown: Callable[[Connection], bytes] = lambda _: b"",
    ) -> Signed:
        session_id = arguments.name(given["session_id"])

        def act(connection: Connection, at: datetime) -> Signed:
            session = sessions.get(connection, session_id)
            if session.kind not in PURPOSE_OF_KIND:
                raise SignerRefusal("wrong_purpose")
            outcome = judge(connection, session, at)
            if outcome is not Outcome.ACCEPTED:
                return Signed(outcome)
            signatures = [] if session.key_id is None else self._use_key(connection, session_id, attempt, at)
            return Signed(outcome, signatures, shown(connection))

        return self._once(attempt, call, given, act)
