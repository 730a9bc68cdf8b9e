# SPDX-License-Identifier: Apache-2.0
"""Passwords and short codes: Argon2id over an HMAC with a pepper that lies outside the database.

As many hashes at once as there are places (kernel.places): each fills memory and a processor for its time. Stored as
``pepper id $ argon2 string``. Whoever stores a hash also keeps the try counter: short codes are only as
strong as their counter.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from paraph.kernel import tokens
from paraph.kernel.places import Places


@dataclass(frozen=True)
class Cost:
    """Argon2id: passes, KiB of memory, lanes. The default is OWASP's first recommendation."""

    passes: int = 2
    memory: int = 19 * 1024
    lanes: int = 1


@dataclass(frozen=True)
class Pepper:
    identifier: str
    value: bytes

    @classmethod
    def fresh(cls) -> "Pepper":
        return cls(identifier=tokens.token_bytes(4).hex(), value=tokens.token_bytes(32))

    @classmethod
    def parse(cls, text: str) -> "Pepper":
        identifier, value = text.strip().split(":")
        return cls(identifier=identifier, value=bytes.fromhex(value))

    def serialise(self) -> str:
        return f"{self.identifier}:{self.value.hex()}\n"


_peppers: dict[str, Pepper] = {}
_current: Pepper | None = None
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_dummy: dict[str, str] = {}
_places = Places(at_once=2, each=3, patience=5)


def limit_to(places: Places) -> None:
    """How many hashes this process computes at once, and for whom."""
    global _places
    _places = places


def use(*peppers: Pepper, cost: Cost = Cost()) -> None:
    """The last pepper is used for new hashes; the others still verify."""
    global _current, _hasher
    _peppers.clear()
    _peppers.update({pepper.identifier: pepper for pepper in peppers})
    _current = peppers[-1]
    _hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes)
    _dummy.clear()


def _peppered(text: str, kind: str, pepper: Pepper) -> bytes:
    return hmac.digest(pepper.value, f"{kind}\x00{text}".encode(), sha256)


def hash_secret(text: str, kind: str) -> str:
    """`kind` names the secret ("password", "challenge" …): a hash of one kind never matches another kind.

    Refuses, here and in the other functions that hash: places.Busy.
    """
    if _current is None:
        raise RuntimeError("no pepper was given at start")
    peppered = _peppered(text, kind, _current)
    with _places.place():
        return f"{_current.identifier}${_hasher.hash(peppered, salt=tokens.token_bytes(16))}"


def verify_secret(text: str, stored: str, kind: str) -> bool:
    """Takes as long whether right or wrong, and also where the pepper of `stored` is unknown. `kind` as when it was hashed."""
    identifier, _, encoded = stored.partition("$")
    pepper = _peppers.get(identifier)
    if pepper is None:
        dummy_verify(text)
        return False
    try:
        with _places.place():
            return _hasher.verify(encoded, _peppered(text, kind, pepper))
    except (VerificationError, InvalidHashError):
        return False


def dummy_verify(text: str) -> None:
    """Costs what a real verification costs, so that an unknown UserID answers as late as a known one."""
    if "hash" not in _dummy:
        _dummy["hash"] = hash_secret("nobody", "dummy")
    verify_secret(text, _dummy["hash"], "dummy")


def is_renewing() -> bool:
    """Whether hashes of a former pepper may be about, each of which is made anew with the next right text."""
    return len(_peppers) > 1


def needs_rehash(stored: str) -> bool:
    """Made with another pepper or at another cost than today's: hash it anew at the next right try."""
    identifier, _, encoded = stored.partition("$")
    return _current is None or identifier != _current.identifier or _hasher.check_needs_rehash(encoded)
