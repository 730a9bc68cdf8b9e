# SPDX-License-Identifier: Apache-2.0
"""A holder's two keys: made once in an authorised activation, unwrapped for one use in an authorised login or
signature."""

import sqlite3
from datetime import datetime

from paraph.kernel import tokens
from paraph.pki import keys
from paraph.signer.activation.sessions import PURPOSE_OF_KIND, SessionRow
from paraph.signer.database import to_microseconds
from paraph.signer.digests import digest_of, verifies
from paraph.signer.errors import SignerRefusal
from paraph.signer.stores import CannotUnseal, Store, StoredKey, StoreUnavailable
from paraph.signer.values import HOLDER_PURPOSES, PROOF_PREFIX, HolderKeys, KeyInfo, SessionKind

# Hashes of a session are SHA-256, so a key whose own hash is another one has no place here.
HOLDER_ALGORITHMS = ("P-256", "RSA-3072", "RSA-4096")


def _context(key_id: str, purpose: str, holder: str) -> bytes:
    """What the wrapped key is bound to: moved to another holder's row it does not open."""
    return "\0".join((key_id, purpose, holder)).encode()


def make_keys(
    connection: sqlite3.Connection, store: Store, *, session: SessionRow, algorithm: str, at: datetime
) -> HolderKeys:
    """Two new keys of the session's holder and the proofs that the store has them. The caller moved the session to
    used."""
    if session.kind is not SessionKind.ACTIVATE:
        raise SignerRefusal("wrong_purpose")
    if algorithm not in HOLDER_ALGORITHMS:
        raise SignerRefusal("unknown_algorithm")
    made, proofs = [], []
    for purpose in HOLDER_PURPOSES:
        key_id = str(tokens.uuid7())
        context = _context(key_id, purpose, session.holder)
        new = store.make_holder_key(key_id, algorithm, context)
        key = StoredKey(key_id, algorithm, new.public_key_der, new.material)
        statement = PROOF_PREFIX + new.public_key_der + session.nonce
        [proof] = store.sign_once(key, context, [digest_of(algorithm, statement)])
        if not keys.verifies(new.public_key_der, proof, statement):
            raise StoreUnavailable()
        connection.execute(
            "INSERT INTO holder_keys VALUES (?,?,?,?,?,?,?,NULL)",
            (key_id, purpose, algorithm, session.holder, new.public_key_der, new.material, to_microseconds(at)),
        )
        made.append(KeyInfo(key_id, purpose, algorithm, new.public_key_der))
        proofs.append(proof)
    return HolderKeys(made[0], made[1], (proofs[0], proofs[1]))


def sign(connection: sqlite3.Connection, store: Store, *, session: SessionRow) -> list[bytes]:
    """One signature per hash of the session, in its order. The caller moved the session to used, and writes the record
    before it lets these bytes go. Refuses no_key_in_session, wrong_purpose, key_destroyed."""
    if session.key_id is None:
        raise SignerRefusal("wrong_purpose" if session.kind is SessionKind.ACTIVATE else "no_key_in_session")
    row = connection.execute(
        "SELECT * FROM holder_keys WHERE key_id = ? AND holder = ?", (session.key_id, session.holder)
    ).fetchone()
    if row is None or row["purpose"] != PURPOSE_OF_KIND.get(session.kind):
        raise SignerRefusal("wrong_purpose")
    if row["material"] is None:
        raise SignerRefusal("key_destroyed")
    key = StoredKey(row["key_id"], row["algorithm"], row["public_key_der"], row["material"])
    try:
        signatures = store.sign_once(key, _context(key.key_id, row["purpose"], session.holder), list(session.hashes))
    except CannotUnseal as error:
        raise StoreUnavailable() from error
    # A faulty signature can betray a private key, and one by another key would be evidence against the wrong person.
    if not all(verifies(key.public_key_der, *pair) for pair in zip(signatures, session.hashes, strict=True)):
        raise StoreUnavailable()
    return signatures
