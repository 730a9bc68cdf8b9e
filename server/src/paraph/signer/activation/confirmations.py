# SPDX-License-Identifier: Apache-2.0
"""What holders confirmed with this signer, as far as ID tokens tell of it: whose, which statement, to whom and until when it
may be told."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from paraph.kernel import rules
from paraph.signer.activation import passkeys, sessions, statements
from paraph.signer.errors import SignerRefusal
from paraph.signer.stores import Store
from paraph.signer.values import House, SessionKind


@dataclass(frozen=True)
class Confirmation:
    """`digest` is the SHA-256 of the statement, `client` the program that asked, as the statement says, `latest` until when
    it has the time to ask for the answer."""

    holder: str
    digest: bytes
    client: str
    latest: datetime


def proven(connection: sqlite3.Connection, store: Store, evidence: dict[str, Any], house: House) -> Confirmation:
    """The confirmation that the evidence names: with a device, its session is enough, since a code opened it and the key has
    signed; with a passkey, what it signed is there too, and is judged now. Refuses unknown_session, wrong_confirmation,
    wrong_login (no passkey of this holder signed it), wrong_content, wrong_statement."""
    session = sessions.get(connection, evidence["session"])
    if session.kind is not SessionKind.CONFIRM:
        raise SignerRefusal("wrong_confirmation")
    latest = session.expires_at + timedelta(minutes=rules.current().login_transaction_minutes)
    by_passkey = evidence.keys() != {"session"}
    if by_passkey != (session.key_id is None):
        raise SignerRefusal("wrong_confirmation")
    if by_passkey:
        _, _, signed = passkeys.judge(connection, session, evidence["statement"], evidence["answer"], house)
    elif session.state == "used":
        [said] = sessions.labels(connection, store, session.session_id)
        signed = said.encode()
    else:
        raise SignerRefusal("wrong_confirmation")
    digest = sha256(signed).digest()
    return Confirmation(session.holder, digest, statements.client(signed, digest), latest)
