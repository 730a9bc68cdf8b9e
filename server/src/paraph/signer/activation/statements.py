# SPDX-License-Identifier: Apache-2.0
"""What a holder's authentication key signs is read first: a login's statement in a session of a login, a confirmation's in
one of a confirmation. So a code for the one never gives a signature that says the other, whoever holds the web tier.

A statement is JSON in canonical form (RFC 8785 for the values used), so that its octets say one thing to everybody.
"""

import json
from hashlib import sha256
from typing import Any

from paraph.pki import scan
from paraph.signer.errors import SignerRefusal
from paraph.signer.values import SessionKind

TYPE_OF_KIND = {SessionKind.LOGIN: "paraph-login-1", SessionKind.CONFIRM: "paraph-confirmation-1"}
LARGEST = 8 * 1024
# What a confirmation says, and nothing else. `text`, or `digest` (SHA-256 in hex) with its `label`, or all of them.
CONFIRMATION = frozenset({"at", "client", "device", "device_serial", "digest", "identity", "label", "language", "nonce",
                          "partner", "partner_name", "reference", "ssn", "text", "type"})


def parsed(octets: bytes) -> dict[str, Any]:
    """A JSON object in which no name stands twice. Raises ValueError."""
    try:
        value = json.loads(octets.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def permit(statement: bytes, *, kind: SessionKind, holder: str, hashes: list[bytes]) -> None:
    """Whether this session may be about this statement. Refuses wrong_statement."""
    if len(statement) > LARGEST or hashes != [sha256(statement).digest()]:
        raise SignerRefusal("wrong_statement")
    said = _read(statement)
    if said.get("type") != TYPE_OF_KIND[kind] or said.get("identity") != holder:
        raise SignerRefusal("wrong_statement")
    if kind is SessionKind.CONFIRM:
        shown(statement, hashes[0])


def shown(statement: bytes, digest: bytes) -> tuple[str, str, list[tuple[str, bytes]]]:
    """What a device shows of a confirmation: who asks, the exact text, and each label with its digest; the last one is the
    statement's own, under its reference, so that the device's code covers every octet that is signed. Refuses
    wrong_statement."""
    said = _read(statement)
    asked = (said.get("partner_name"), said.get("reference"), said.get("client"))
    whole = said.keys() == CONFIRMATION and all(isinstance(value, str) for value in said.values()) and all(asked)
    # What an accomplice in the web tier can't have signed either: words that people read in two ways.
    whole = whole and scan.is_plain(said["text"]) and scan.is_plain(said["label"])
    if not whole or not (said["text"] or said["digest"]) or bool(said["digest"]) != bool(said["label"]):
        raise SignerRefusal("wrong_statement")
    documents = []
    if said["digest"]:
        try:
            documents = [(said["label"], bytes.fromhex(said["digest"]))]
        except ValueError as error:
            raise SignerRefusal("wrong_statement") from error
        if documents[0][1].hex() != said["digest"] or len(documents[0][1]) != 32:
            raise SignerRefusal("wrong_statement")
    return said["partner_name"], said["text"], [*documents, (said["reference"], digest)]


def client(statement: bytes, digest: bytes) -> str:
    """The program that asked for this confirmation, and alone hears of it. Refuses wrong_statement."""
    shown(statement, digest)
    return _read(statement)["client"]


def _read(statement: bytes) -> dict[str, Any]:
    try:
        said = parsed(statement)
        same = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() == statement
    except ValueError as error:
        raise SignerRefusal("wrong_statement") from error
    if not same:
        raise SignerRefusal("wrong_statement")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found
