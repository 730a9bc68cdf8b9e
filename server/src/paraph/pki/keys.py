# SPDX-License-Identifier: Apache-2.0
"""Keys that sign, whoever holds them, and what each algorithm is called in ASN.1.

`SigningKey` is the seam: a CA, OCSP or time-stamping key is a handle to the signer, a throw-away key of the
pre-issuance gate is a `SoftwareKey` in memory. An algorithm name fixes key type, size and hash together (ETSI
TS 119 312): RSA signs PKCS#1 v1.5 with SHA-256, P-256 with SHA-256, P-384 with SHA-384.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from paraph.pki import der, oids

ALGORITHMS = ("P-256", "P-384", "RSA-3072", "RSA-4096")

_CURVES: dict[str, type[ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}
_RSA_BITS = {"RSA-3072": 3072, "RSA-4096": 4096}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {"P-384": hashes.SHA384}
_IDENTIFIERS = {
    "P-256": der.sequence(der.object_identifier(oids.ECDSA_WITH_SHA256)),
    "P-384": der.sequence(der.object_identifier(oids.ECDSA_WITH_SHA384)),
    "RSA": der.sequence(der.object_identifier(oids.SHA256_WITH_RSA), der.null()),
}


class UnsupportedKey(ValueError):
    """A public key that is unreadable, or of a kind or size that no profile of ours allows."""


class SigningKey(Protocol):
    """A key that signs: `sign` hashes `data` with the algorithm's hash and gives ECDSA-DER or PKCS#1 v1.5 bytes."""

    @property
    def algorithm(self) -> str: ...

    @property
    def public_key_der(self) -> bytes: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True)
class SoftwareKey:
    """A key in this process's memory: throw-away keys of the gate, and tests. Never a key that anybody relies on."""

    algorithm: str
    private_key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @classmethod
    def generate(cls, algorithm: str) -> "SoftwareKey":
        if algorithm in _CURVES:
            return cls(algorithm, ec.generate_private_key(_CURVES[algorithm]()))
        if algorithm in _RSA_BITS:
            return cls(algorithm, rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS[algorithm]))
        raise UnsupportedKey(algorithm)

    @property
    def public_key_der(self) -> bytes:
        """The SubjectPublicKeyInfo."""
        return _encoded(self.private_key.public_key())

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(data, padding.PKCS1v15(), _hash(self.algorithm))
        return self.private_key.sign(data, ec.ECDSA(_hash(self.algorithm)))


def signature_algorithm(algorithm: str) -> bytes:
    """The AlgorithmIdentifier of signatures made with a key of `algorithm` (RFC 5758, RFC 4055)."""
    return _IDENTIFIERS["RSA" if algorithm in _RSA_BITS else algorithm]


@lru_cache(maxsize=256)
def algorithm_of(public_key_der: bytes) -> str:
    """The algorithm name of a SubjectPublicKeyInfo; UnsupportedKey for anything that is not exactly one of ours.

    Another encoding of the same key (a compressed point, parameters written out) is refused: a key has one name here.
    """
    key = _load(public_key_der)
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or _encoded(key) != public_key_der:
        raise UnsupportedKey(type(key).__name__)
    if isinstance(key, rsa.RSAPublicKey):
        # TS 119 312: an exponent between 2^16 and 2^256; 65537 is what the HSMs make.
        name = f"RSA-{key.key_size}"
        if name in _RSA_BITS and 2**16 < key.public_numbers().e < 2**256:
            return name
        raise UnsupportedKey(name)
    for name, curve in _CURVES.items():
        if isinstance(key.curve, curve):
            return name
    raise UnsupportedKey(key.curve.name)


def verifies(public_key_der: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` was made by the key, with the hash that its algorithm fixes."""
    key = _load(public_key_der)
    hashing = _hash(algorithm_of(public_key_der))
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashing)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashing))
    except InvalidSignature:
        return False
    return True


def public_key_bits(public_key_der: bytes) -> bytes:
    """The content of the subjectPublicKey BIT STRING, without tag, length and number of unused bits."""
    return der.read(public_key_der).children()[1].content[1:]


def key_identifier(public_key_der: bytes) -> bytes:
    """SHA-1 of the key bits: RFC 5280 clause 4.2.1.2 method (1), also OCSP's key hash. A name, not a protection."""
    return hashlib.sha1(public_key_bits(public_key_der), usedforsecurity=False).digest()


def _hash(algorithm: str) -> hashes.HashAlgorithm:
    return _HASHES.get(algorithm, hashes.SHA256)()


def _encoded(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


# An authority's key is asked for with each of its certificates.
@lru_cache(maxsize=256)
def _load(public_key_der: bytes) -> object:
    try:
        return serialization.load_der_public_key(public_key_der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnsupportedKey("unreadable") from error
