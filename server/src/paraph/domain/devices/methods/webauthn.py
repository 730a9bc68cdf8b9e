# SPDX-License-Identifier: Apache-2.0
"""What an authenticator answered, judged step by step as WebAuthn Level 3 sections 7.1 and 7.2 say. No state, no time.

Everything here comes from strangers: sizes and depths are bounded before anything is parsed, and a fault is a result.
"""

import json
import struct
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fido2 import cbor
from fido2.cose import ES256, CoseKey
from fido2.utils import websafe_decode
from fido2.webauthn import AttestationObject, AuthenticatorData, CollectedClientData

from paraph.domain.devices.methods import attestation
from paraph.domain.devices.methods.attestation import Attestation
from paraph.domain.devices.methods.passkey import ALGORITHMS, Conveyance, RelyingParty, encode

# A TPM's statement with its certificates has about 6 000 octets.
LONGEST_ANSWER, LONGEST_CLIENT_DATA, LONGEST_ATTESTATION = 48_000, 4_096, 24_000
LONGEST_AUTHENTICATOR_DATA, LONGEST_SIGNATURE, LONGEST_CREDENTIAL_ID = 4_096, 1_024, 1_023
CBOR_DEPTH, CBOR_ITEMS = 6, 500
RSA_OCTETS = range(256, 513)
TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")
FLAGS_AND_COUNTER = 37


class Fault(StrEnum):
    """Why an answer is not accepted. `malformed` was never judged."""

    MALFORMED = "malformed"
    TYPE = "type"
    CHALLENGE = "challenge"
    ORIGIN = "origin"
    RELYING_PARTY = "relying_party"
    NOT_PRESENT = "not_present"
    NOT_VERIFIED = "not_verified"
    ALGORITHM = "algorithm"
    BACKUP_FLAGS = "backup_flags"
    ATTESTATION = "attestation"
    MODEL = "model"
    KNOWN_ALREADY = "known_already"
    UNKNOWN = "unknown"
    USER = "user"
    SIGNATURE = "signature"
    CLONED = "cloned"


class Unacceptable(Exception):  # noqa: N818  (it never leaves the functions of this folder)
    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


# What the parsers of the library raise for octets that are not what they should be.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, AssertionError,
               struct.error)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A new credential as its authenticator made it. `public_key` is COSE (RFC 9052)."""

    credential_id: str
    public_key: bytes
    algorithm: int
    sign_count: int
    aaguid: UUID
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    attestation: Attestation
    attestation_object: bytes
    client_data: bytes


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """A signature of a known credential over a challenge."""

    sign_count: int
    backed_up: bool
    signature: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer to a login before it is judged: which credential it names."""

    credential_id: str
    user_handle: str
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


def judge_registration(text: str, relying_party: RelyingParty, challenge: bytes, at: datetime) -> Registration | Fault:
    """Section 7.1: a RegistrationResponseJSON for this challenge."""
    try:
        content = _object(text)
        response = _part(content)
        client_data = octets(response["clientDataJSON"], LONGEST_CLIENT_DATA)
        statement = octets(response["attestationObject"], LONGEST_ATTESTATION)
        check_cbor(statement)
        plain = cbor.decode(statement)
        _check_authenticator_data(plain["authData"])
        parsed = AttestationObject(statement)
        data = parsed.auth_data
        _check_client_data(client_data, "webauthn.create", relying_party, challenge)
        _check_authenticator(data, relying_party)
        credential = data.credential_data
        if credential is None or not 0 < len(credential.credential_id) <= LONGEST_CREDENTIAL_ID:
            raise Unacceptable(Fault.MALFORMED)
        if content["rawId"] != encode(credential.credential_id) or content["id"] != content["rawId"]:
            raise Unacceptable(Fault.MALFORMED)
        _check_key(credential.public_key)
        vouched = attestation.judge(parsed, sha256(client_data).digest(), relying_party, at)
        if vouched is None:
            raise Unacceptable(Fault.ATTESTATION)
        if relying_party.conveyance is Conveyance.DIRECT and not attestation.is_let_in(vouched, relying_party):
            raise Unacceptable(Fault.MODEL)
        return Registration(
            credential_id=encode(credential.credential_id), public_key=cbor.encode(credential.public_key),
            algorithm=credential.public_key[3], sign_count=data.counter, aaguid=UUID(bytes=bytes(credential.aaguid)),
            backup_eligible=data.is_backup_eligible(), backed_up=data.is_backed_up(),
            transports=tuple(way for way in TRANSPORTS if way in response.get("transports", ())),
            attestation=vouched, attestation_object=statement, client_data=client_data)
    except Unacceptable as unacceptable:
        return unacceptable.fault
    except _UNREADABLE:
        return Fault.MALFORMED


def read_answer(text: str) -> Answer | Fault:
    """An AuthenticationResponseJSON, cut into its parts."""
    try:
        content = _object(text)
        response = _part(content)
        identifier = octets(content["rawId"], LONGEST_CREDENTIAL_ID)
        data = octets(response["authenticatorData"], LONGEST_AUTHENTICATOR_DATA)
        _check_authenticator_data(data)
        handle = response.get("userHandle") or ""
        return Answer(
            credential_id=encode(identifier), user_handle=encode(octets(handle, 64)) if handle else "",
            client_data=octets(response["clientDataJSON"], LONGEST_CLIENT_DATA), authenticator_data=data,
            signature=octets(response["signature"], LONGEST_SIGNATURE))
    except Unacceptable as unacceptable:
        return unacceptable.fault
    except _UNREADABLE:
        return Fault.MALFORMED


def judge_assertion(
    answer: Answer, relying_party: RelyingParty, challenge: bytes, *, public_key: bytes, user_handle: str,
    backup_eligible: bool, named: bool = False,
) -> Assertion | Fault:
    """Section 7.2, but for the counter, whose owner keeps it. The user handle must be there, unless the credential was `named`
    (step 6)."""
    try:
        if answer.user_handle != user_handle and (answer.user_handle or not named):
            raise Unacceptable(Fault.USER)
        _check_client_data(answer.client_data, "webauthn.get", relying_party, challenge)
        data = AuthenticatorData(answer.authenticator_data)
        _check_authenticator(data, relying_party)
        if data.is_backup_eligible() != backup_eligible:
            raise Unacceptable(Fault.BACKUP_FLAGS)
        CoseKey.parse(cbor.decode(public_key)).verify(data + sha256(answer.client_data).digest(), answer.signature)
        return Assertion(sign_count=data.counter, backed_up=data.is_backed_up(), signature=answer.signature)
    except Unacceptable as unacceptable:
        return unacceptable.fault
    except InvalidSignature:
        return Fault.SIGNATURE
    except _UNREADABLE:
        return Fault.MALFORMED


@cache
def _key_of_nobody() -> bytes:
    return cbor.encode(ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key()))


def judge_unknown(answer: Answer, relying_party: RelyingParty, challenge: bytes) -> Fault:
    """What is wrong with the answer of a credential that nobody has, by the same work as with one that somebody has."""
    eligible = bool(answer.authenticator_data[32] & AuthenticatorData.FLAG.BE)
    judge_assertion(answer, relying_party, challenge, public_key=_key_of_nobody(), user_handle=answer.user_handle,
                    backup_eligible=eligible)
    return Fault.UNKNOWN


def public_key_der(public_key: bytes) -> bytes:
    """A key that was let in, as SubjectPublicKeyInfo. `public_key` is COSE (RFC 9053 clause 7, RFC 8230)."""
    key = cbor.decode(public_key)
    if key[1] == 2:
        curve = {1: ec.SECP256R1, 2: ec.SECP384R1}[key[-1]]()
        made = ec.EllipticCurvePublicNumbers(int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big"), curve).public_key()
    elif key[1] == 3:
        made = rsa.RSAPublicNumbers(int.from_bytes(key[-2], "big"), int.from_bytes(key[-1], "big")).public_key()
    else:
        made = ed25519.Ed25519PublicKey.from_public_bytes(key[-2])
    return made.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def has_gone_back(stored: int, given: int) -> bool:
    """Section 6.1.1: a counter that counts must grow; one that never counted stays zero."""
    return (stored or given) != 0 and given <= stored


def check_cbor(content: bytes) -> None:
    """One data item or several, each of definite length, neither deep nor many, nothing cut off. Raises ValueError.

    Without it a few thousand octets of nested lists would exhaust the stack of a parser (RFC 8949 section 10).
    """
    position, items, still_open = 0, 0, []
    while True:
        while still_open and still_open[-1] == 0:
            still_open.pop()
        if not still_open and position == len(content):
            return
        if position >= len(content):
            raise ValueError("cut off")
        kind, more = content[position] >> 5, content[position] & 0b11111
        position += 1
        if more > 27 or kind == 6:
            raise ValueError("an indefinite length or a tag")
        size = {24: 1, 25: 2, 26: 4, 27: 8}.get(more, 0)
        value = int.from_bytes(content[position:position + size], "big") if size else more
        position += size
        if still_open:
            still_open[-1] -= 1
        if kind in (2, 3):
            position += value
        elif kind in (4, 5):
            still_open.append(value * (2 if kind == 5 else 1))
        items += 1
        if position > len(content) or items > CBOR_ITEMS or len(still_open) > CBOR_DEPTH:
            raise ValueError("cut off, too long or too deep")


def _object(text: str) -> dict:
    if len(text) > LONGEST_ANSWER:
        raise Unacceptable(Fault.MALFORMED)
    content = json.loads(text)
    if content["type"] != "public-key":
        raise Unacceptable(Fault.MALFORMED)
    return content


def _part(content: dict) -> dict:
    response = content["response"]
    if not isinstance(response, dict):
        raise Unacceptable(Fault.MALFORMED)
    return response


def octets(text: str, longest: int) -> bytes:
    """base64url without padding, and only that."""
    content = websafe_decode(text)
    if len(content) > longest or encode(content) != text:
        raise Unacceptable(Fault.MALFORMED)
    return content


def _check_client_data(content: bytes, kind: str, relying_party: RelyingParty, challenge: bytes) -> None:
    client = CollectedClientData(content)
    if client.type != kind:
        raise Unacceptable(Fault.TYPE)
    if not constant_time.bytes_eq(client.challenge, challenge):
        raise Unacceptable(Fault.CHALLENGE)
    if client.origin != relying_party.origin or client.cross_origin is not False:
        raise Unacceptable(Fault.ORIGIN)


def _check_authenticator_data(content: bytes) -> None:
    """Bounds before the library parses: the key and the extensions are CBOR inside."""
    if not FLAGS_AND_COUNTER <= len(content) <= LONGEST_AUTHENTICATOR_DATA:
        raise Unacceptable(Fault.MALFORMED)
    position = FLAGS_AND_COUNTER
    if content[32] & AuthenticatorData.FLAG.AT:
        position += 18 + int.from_bytes(content[position + 16:position + 18], "big")
    if position > len(content):
        raise Unacceptable(Fault.MALFORMED)
    check_cbor(content[position:])


def _check_authenticator(data: AuthenticatorData, relying_party: RelyingParty) -> None:
    if not constant_time.bytes_eq(data.rp_id_hash, sha256(relying_party.id.encode()).digest()):
        raise Unacceptable(Fault.RELYING_PARTY)
    if not data.is_user_present():
        raise Unacceptable(Fault.NOT_PRESENT)
    if not data.is_user_verified():
        raise Unacceptable(Fault.NOT_VERIFIED)
    if data.is_backed_up() and not data.is_backup_eligible():
        raise Unacceptable(Fault.BACKUP_FLAGS)


def _check_key(key: CoseKey) -> None:
    """One of the algorithms asked for, and a key that can verify: a point on its curve, an RSA modulus of a fair size."""
    if key.get(3) not in ALGORITHMS:
        raise Unacceptable(Fault.ALGORITHM)
    if key[3] == -257 and (len(key[-1]) not in RSA_OCTETS or not 1 <= len(key[-2]) <= 4):
        raise Unacceptable(Fault.ALGORITHM)
    try:
        key.verify(b"", b"")
    except InvalidSignature:
        return
    except _UNREADABLE as error:
        raise Unacceptable(Fault.ALGORITHM) from error
