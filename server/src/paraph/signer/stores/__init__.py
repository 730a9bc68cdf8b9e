# SPDX-License-Identifier: Apache-2.0
"""Seam: where private keys live. `software` keeps them sealed in files, `pkcs11` in a hardware (or SoftHSM2) token.

A store makes keys, signs digests, and seals small secrets; it knows neither holders nor sessions. The contract tests of
server/tests/signer/test_stores.py run against each of them.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from paraph.signer.errors import SignerUnavailable


class StoreUnavailable(SignerUnavailable):
    """The key store does not answer, or answered with an error."""

    code = "key_store_unavailable"


class CannotUnseal(Exception):
    """The sealed bytes were changed, moved to another context, or made by another store."""


class KeyNotProtected(StoreUnavailable):
    """The token made a key without the protection that was asked of it; the key was destroyed at once."""

    code = "key_not_protected"


class KeyNotFound(StoreUnavailable):
    """The token answers, and has no key of this name, or more than one: somebody removed, replaced or doubled it there."""

    code = "key_not_found"


@dataclass(frozen=True)
class NewKey:
    public_key_der: bytes
    material: bytes


@dataclass(frozen=True)
class StoredKey:
    """`material` is what the store gave when it made the key: sealed bytes, or nothing when the key stays inside."""

    key_id: str
    algorithm: str
    public_key_der: bytes
    material: bytes


class Store(Protocol):
    """All calls come one at a time. A digest is SHA-256, or SHA-384 for a P-384 infrastructure key; signatures are
    ECDSA-DER or RSASSA-PKCS1-v1_5. Every call may raise StoreUnavailable."""

    name: str

    def make_key(self, key_id: str, algorithm: str) -> NewKey:
        """An infrastructure key that can never leave the store. Asked again for the same key_id, the same key if it
        has it."""

    def sign(self, key: StoredKey, digest: bytes) -> bytes:
        """One signature with an infrastructure key."""

    def make_holder_key(self, key_id: str, algorithm: str, context: bytes) -> NewKey:
        """A key that leaves the store only as `material`, sealed and bound to `context`."""

    def sign_once(self, key: StoredKey, context: bytes, digests: list[bytes]) -> list[bytes]:
        """Unwraps a holder's key, signs each digest in order, and forgets the key. Raises CannotUnseal."""

    def destroy_key(self, key_id: str) -> None:
        """Removes an infrastructure key that lives inside the store; unknown ones are no error."""

    def key_ids(self) -> frozenset[str]:
        """The infrastructure keys that live inside the store."""

    def seal(self, secret: bytes, context: bytes) -> bytes:
        """Authenticated encryption under a key of the store."""

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Raises CannotUnseal."""

    def probe(self) -> None:
        """Makes a signature with a throw-away key, so that a lost token is noticed, and found again, before somebody
        waits."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class StoreSettings:
    """Which store, and for pkcs11 the module's path and the token's label. The passphrase file holds the PIN."""

    kind: str = "software"
    module: str = ""
    token_label: str = ""


def open_store(settings: StoreSettings, folder: Path, passphrase: str, *, begins: bool = True) -> Store:
    """The named store. One without its own keys gets them only where it `begins`: beside a database that was made with
    others they would be a second set, in the way of the true one. Refuses WrongKeyStore, StoreUnavailable.

    `python-pkcs11` is needed only by those who use a token, so its module is looked up by name."""
    if settings.kind == "software":
        return import_module("paraph.signer.stores.software").SoftwareStore.open(folder, passphrase, begins=begins)
    if settings.kind == "pkcs11":
        return import_module("paraph.signer.stores.pkcs11").Pkcs11Store.open(
            settings.module, settings.token_label, passphrase, begins=begins)
    raise ValueError(f"unknown key store: {settings.kind}")
