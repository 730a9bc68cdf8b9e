# SPDX-License-Identifier: Apache-2.0
"""What holders confirmed with this signer, as far as ID tokens tell of it: whose, which statement, until when it may be told."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from paraph.kernel import rules
from paraph.signer.activation import passkeys, sessions
from paraph.signer.errors import SignerRefusal
from paraph.signer.values import House, SessionKind


@dataclass(frozen=True)
class Confirmation:
    """`digest` is the SHA-256 of the statement, `latest` until when the partner has the time to ask for it."""

    holder: str
    digest: bytes
    latest: datetime


def proven(connection: sqlite3.Connection, evidence: dict[str, Any], house: House) -> Confirmation:
    """The confirmation that the evidence names: with a device, its session is enough, since a code opened it and the key has
    signed; with a passkey, what it signed is there too, and is judged now. Refuses unknown_session, wrong_confirmation,
    wrong_login (no passkey of this holder signed it), wrong_content."""
    session = sessions.get(connection, evidence["session"])
    if session.kind is not SessionKind.CONFIRM:
        raise SignerRefusal("wrong_confirmation")
    latest = session.expires_at + timedelta(minutes=rules.current().login_transaction_minutes)
    by_passkey = evidence.keys() != {"session"}
    if by_passkey != (session.key_id is None):
        raise SignerRefusal("wrong_confirmation")
    if by_passkey:
        _, _, digest = passkeys.judge(connection, session, evidence["statement"], evidence["answer"], house)
        return Confirmation(session.holder, digest, latest)
    if session.state != "used":
        raise SignerRefusal("wrong_confirmation")
    return Confirmation(session.holder, session.hashes[0], latest)
