# SPDX-License-Identifier: Apache-2.0
"""Passkeys as the signer knows them: public keys, each bound to a holder by a login that another device of his opened.

They open no session and no key here (docs/decisions/0015). What one signed is judged when an ID token is to stand on it
(WebAuthn Level 3, 7.2): the login's statement, in which this signer's own fresh nonce stands, so that nothing of an
earlier or a later day fits. Counters, attestation and what the holder is told are the service's.
"""

import json
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from paraph.signer.activation import statements
from paraph.signer.activation.sessions import SessionRow
from paraph.signer.database import to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.record import Event, Record
from paraph.signer.values import PASSKEY_FACTORS, House

_PRESENT, _VERIFIED, _BACKUP_ELIGIBLE = 0x01, 0x04, 0x08
_FLAGS_AND_COUNTER = 37
_LARGEST = 8 * 1024
_NOT_READABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


def add(
    connection: sqlite3.Connection, record: Record, *, session: SessionRow, credential_id: str, public_key_der: bytes,
    attested: bool, at: datetime,
) -> None:
    """The passkey is this holder's for ever. `session` is the fresh login of his that another device opened; `attested`,
    that its maker vouches for it, is the service's word. Refuses wrong_content, passkey_exists."""
    if not isinstance(_key(public_key_der), ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
        raise SignerRefusal("wrong_content")
    if connection.execute("SELECT 1 FROM passkeys WHERE credential_id = ?", (credential_id,)).fetchone():
        raise SignerRefusal("passkey_exists")
    connection.execute("INSERT INTO passkeys VALUES (?,?,?,?,?,NULL)",
                       (credential_id, session.holder, public_key_der, attested, to_microseconds(at)))
    record.append(connection, Event.PASSKEY_ADDED, at, session=session.session_id, holder=session.holder,
                  credential=sha256(credential_id.encode()).hexdigest(), public_key=sha256(public_key_der).hexdigest())


def remove(connection: sqlite3.Connection, record: Record, *, credential_id: str, at: datetime) -> None:
    """No ID token stands on it any more. One that is not known, or gone, is gone."""
    done = connection.execute("UPDATE passkeys SET removed_at = ? WHERE credential_id = ? AND removed_at IS NULL",
                              (to_microseconds(at), credential_id))
    if done.rowcount:
        record.append(connection, Event.PASSKEY_REMOVED, at, credential=sha256(credential_id.encode()).hexdigest())


def judge(
    connection: sqlite3.Connection, session: SessionRow, statement: str, answer: dict[str, Any], house: House
) -> tuple[str, tuple[str, ...], bytes]:
    """Level and factors of this login or confirmation, and its statement, if a passkey of its holder signed
    it, at this house's address, after recognising its user. `answer` is an AuthenticationResponseJSON. Refuses wrong_login,
    and wrong_content for what is none."""
    try:
        signed = _octets(statement)
        said, response = json.loads(signed), answer["response"]
        client_data, data = _octets(response["clientDataJSON"]), _octets(response["authenticatorData"])
        client, signature, credential_id = json.loads(client_data), _octets(response["signature"]), answer["id"]
        # Our own nonce stands in what was signed: nobody had it before this session, and it serves no other one.
        own = said["nonce"] == _text(session.nonce) and said["identity"] == session.holder \
            and said["type"] == statements.TYPE_OF_KIND[session.kind]
        asked = client["type"] == "webauthn.get" and client["challenge"] == _text(sha256(signed).digest())
        here = client["origin"] == _origin(house) and client.get("crossOrigin", False) is False
        flags = data[32]
        known = connection.execute(
            "SELECT * FROM passkeys WHERE credential_id = ? AND holder = ? AND removed_at IS NULL",
            (credential_id, session.holder)).fetchone()
    except (*_NOT_READABLE, IndexError, sqlite3.Error) as error:
        raise SignerRefusal("wrong_content") from error
    ours = len(data) >= _FLAGS_AND_COUNTER and compare_digest(data[:32], sha256(_host(house).encode()).digest())
    if not (own and asked and here and ours and flags & _PRESENT and flags & _VERIFIED and known is not None):
        raise SignerRefusal("wrong_login")
    if not _verifies(_key(known["public_key_der"]), signature, data + sha256(client_data).digest()):
        raise SignerRefusal("wrong_login")
    attested = bool(known["attested"]) and not flags & _BACKUP_ELIGIBLE
    grade = "synced" if flags & _BACKUP_ELIGIBLE else "attested" if attested else "bound"
    level = dict(house.passkey_levels).get(grade)
    if level is None:
        raise SignerRefusal("wrong_login")
    return level, PASSKEY_FACTORS[attested], signed


def _origin(house: House) -> str:
    address = urlsplit(house.issuer)
    return f"{address.scheme}://{address.netloc}"


def _host(house: House) -> str:
    return urlsplit(house.issuer).hostname or ""


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> bytes:
    """base64url without padding, and only that. Raises ValueError."""
    octets = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(octets) > _LARGEST or _text(octets) != text:
        raise ValueError("not base64url, or too long")
    return octets


def _key(public_key_der: bytes) -> object:
    """Refuses wrong_content."""
    try:
        return load_der_public_key(public_key_der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignerRefusal("wrong_content") from error


def _verifies(key: object, signature: bytes, signed: bytes) -> bool:
    """The algorithms that are asked for at the making: ES256, ES384, EdDSA with Ed25519, RS256."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(hashes.SHA384() if key.key_size == 384 else hashes.SHA256()))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True
