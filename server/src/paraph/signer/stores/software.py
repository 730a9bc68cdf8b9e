# SPDX-License-Identifier: Apache-2.0
"""Keys in software: PKCS#8 sealed with AES-256-GCM under a store key that only the passphrase opens.

The passphrase goes through scrypt (RFC 7914) to a key that opens the random master key in
DATA/signer/software-store.json; a new passphrase therefore rewrites 60 bytes and no key. The level is advanced at
most: nothing in here is a QSCD.
"""

import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from paraph.kernel import tokens
from paraph.pki.keys import SoftwareKey
from paraph.signer.errors import WrongKeyStore
from paraph.signer.stores import CannotUnseal, NewKey, StoredKey, StoreUnavailable

FILE = "software-store.json"
# 32 MiB and about 80 ms: paid once per start.
_COST, _BLOCK, _PARALLEL = 2**15, 8, 1
_VERSION = b"\x01"
_MASTER = b"paraph software store: master key"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class SoftwareStore:
    name = "software"

    def __init__(self, master: bytes) -> None:
        self._cipher = AESGCM(master)
        self._loaded: dict[str, PrivateKey] = {}

    @classmethod
    def open(cls, folder: Path, passphrase: str, *, begins: bool = True) -> "SoftwareStore":
        """Opens the store in `folder`, or, where it `begins`, makes one there. Refuses WrongKeyStore, StoreUnavailable
        (unreadable file)."""
        if not passphrase:
            raise WrongKeyStore()
        path = folder / FILE
        try:
            if begins and not path.exists() and (master := _create(path, passphrase)):
                return cls(master)
            described = json.loads(path.read_text())
            salt, sealed = bytes.fromhex(described["salt"]), bytes.fromhex(described["master"])
            wrapping = _derive(passphrase, salt, described["cost"], described["block"], described["parallel"])
            return cls(AESGCM(wrapping).decrypt(sealed[:12], sealed[12:], _MASTER))
        except (InvalidTag, FileNotFoundError) as error:
            raise WrongKeyStore() from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable() from error

    def make_key(self, key_id: str, algorithm: str) -> NewKey:
        return self._make(algorithm, _infrastructure(key_id))

    def make_holder_key(self, key_id: str, algorithm: str, context: bytes) -> NewKey:
        return self._make(algorithm, b"holder\0" + context)

    def _make(self, algorithm: str, context: bytes) -> NewKey:
        key = SoftwareKey.generate(algorithm)
        encoded = key.private_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return NewKey(key.public_key_der, self.seal(encoded, context))

    def sign(self, key: StoredKey, digest: bytes) -> bytes:
        if key.key_id not in self._loaded:
            self._loaded[key.key_id] = self._unwrap(key, _infrastructure(key.key_id))
        return _sign(self._loaded[key.key_id], digest)

    def sign_once(self, key: StoredKey, context: bytes, digests: list[bytes]) -> list[bytes]:
        private = self._unwrap(key, b"holder\0" + context)
        return [_sign(private, digest) for digest in digests]

    def _unwrap(self, key: StoredKey, context: bytes) -> PrivateKey:
        encoded = self.unseal(key.material, context)
        # The bytes are authenticated, so checking RSA primes again would only cost time.
        private = serialization.load_der_private_key(encoded, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(private, PrivateKey):
            raise CannotUnseal("another kind of key")
        return private

    def destroy_key(self, key_id: str) -> None:
        self._loaded.pop(key_id, None)

    def key_ids(self) -> frozenset[str]:
        return frozenset()

    def seal(self, secret: bytes, context: bytes) -> bytes:
        nonce = tokens.token_bytes(12)
        return _VERSION + nonce + self._cipher.encrypt(nonce, secret, _VERSION + context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        if len(sealed) < 29 or sealed[:1] != _VERSION:
            raise CannotUnseal("not sealed by this store")
        try:
            return self._cipher.decrypt(sealed[1:13], sealed[13:], _VERSION + context)
        except InvalidTag as error:
            raise CannotUnseal("changed, moved, or of another store") from error

    def probe(self) -> None:
        """Memory does not go away."""

    def close(self) -> None:
        self._loaded.clear()


def _infrastructure(key_id: str) -> bytes:
    return b"infrastructure\0" + key_id.encode()


def _derive(passphrase: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=block, p=parallel).derive(passphrase.encode())


def _create(path: Path, passphrase: str) -> bytes | None:
    """Makes the file and gives its master key; None when another process was first."""
    master, salt, nonce = tokens.token_bytes(32), tokens.token_bytes(16), tokens.token_bytes(12)
    wrapping = _derive(passphrase, salt, _COST, _BLOCK, _PARALLEL)
    sealed = nonce + AESGCM(wrapping).encrypt(nonce, master, _MASTER)
    described = {"kdf": "scrypt", "cost": _COST, "block": _BLOCK, "parallel": _PARALLEL,
                 "salt": salt.hex(), "master": sealed.hex()}
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(described, file)
            file.flush()
            os.fsync(file.fileno())
        # A link never replaces: of two processes that start at once on a new folder, both use the first one's store.
        os.link(draft, path)
    except FileExistsError:
        return None
    finally:
        os.unlink(draft)
    return master


def _sign(private: PrivateKey, digest: bytes) -> bytes:
    hashing = utils.Prehashed(hashes.SHA384() if len(digest) == 48 else hashes.SHA256())
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(digest, padding.PKCS1v15(), hashing)
    return private.sign(digest, ec.ECDSA(hashing))
