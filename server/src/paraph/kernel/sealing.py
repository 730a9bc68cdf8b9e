# SPDX-License-Identifier: Apache-2.0
"""Envelopes for personal data and codes: AES-256-GCM with a key id, and blind indexes to search by.

An envelope is ``version (1) | key id (4) | nonce (12) | ciphertext and tag``. The context (table and column) is
authenticated with it, so an envelope moved to another column does not open.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from paraph.kernel import tokens

VERSION = b"\x01"


class CannotOpen(Exception):
    """The envelope is damaged, was moved, or its key is not on the ring."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by id (four bytes as hex); new envelopes use `current`; old ones open as long as their key is here."""

    keys: dict[str, bytes]
    current: str

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError("the current key is not on the ring")
        for identifier, key in self.keys.items():
            if len(bytes.fromhex(identifier)) != 4 or len(key) != 32:
                raise ValueError("a ring key has an id of 4 bytes and 32 bytes of key")

    @classmethod
    def fresh(cls) -> "KeyRing":
        identifier = tokens.token_bytes(4).hex()
        return cls(keys={identifier: tokens.token_bytes(32)}, current=identifier)

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Lines ``id:key`` in hex; the last line is the current key."""
        pairs = [line.strip().split(":") for line in text.splitlines() if line.strip()]
        return cls(keys={name: bytes.fromhex(value) for name, value in pairs}, current=pairs[-1][0])

    def serialise(self) -> str:
        ordered = [name for name in self.keys if name != self.current] + [self.current]
        return "".join(f"{name}:{self.keys[name].hex()}\n" for name in ordered)


_ring: KeyRing | None = None


def use(ring: KeyRing) -> None:
    global _ring
    _ring = ring


def ring() -> KeyRing:
    if _ring is None:
        raise RuntimeError("no key ring was given at start")
    return _ring


def seal(content: bytes, context: bytes) -> bytes:
    """An envelope that opens only with the same `context`: where the content stands, so that it can't be put elsewhere."""
    keys = ring()
    nonce = tokens.token_bytes(12)
    header = VERSION + bytes.fromhex(keys.current)
    return header + nonce + AESGCM(keys.keys[keys.current]).encrypt(nonce, content, header + context)


def unseal(envelope: bytes, context: bytes) -> bytes:
    """The content. Raises CannotOpen: no envelope, an unknown key, another context, or a changed bit."""
    envelope = bytes(envelope)
    if len(envelope) < 33 or envelope[:1] != VERSION:
        raise CannotOpen("not an envelope")
    header, nonce = envelope[:5], envelope[5:17]
    key = ring().keys.get(header[1:].hex())
    if key is None:
        raise CannotOpen("its key is not on the ring")
    try:
        return AESGCM(key).decrypt(nonce, envelope[17:], header + context)
    except InvalidTag as error:
        raise CannotOpen("damaged or moved") from error


def blind_index(text: str, context: str) -> str:
    """The same hex for the same text in the same context; says nothing of the text without the ring's oldest key.

    The oldest key is used so that a rotation does not lose what was indexed before.
    """
    oldest = next(iter(ring().keys.values()))
    key = hmac.digest(oldest, b"paraph blind index " + context.encode(), sha256)
    return hmac.digest(key, text.encode(), sha256).hex()
