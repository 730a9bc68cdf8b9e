# SPDX-License-Identifier: Apache-2.0
"""Digests that an algorithm name fixes, and the check of a signature over a digest before it leaves the signer."""

import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


def digest_of(algorithm: str, data: bytes) -> bytes:
    """SHA-384 for P-384, else SHA-256 (as pki.keys)."""
    return (hashlib.sha384 if algorithm == "P-384" else hashlib.sha256)(data).digest()


@lru_cache(maxsize=64)
def _public_key(public_key_der: bytes) -> object:
    """Reading a key costs more than checking a signature, and a responder uses one key all day."""
    return serialization.load_der_public_key(public_key_der)


def verifies(public_key_der: bytes, signature: bytes, digest: bytes) -> bool:
    key = _public_key(public_key_der)
    hashing = utils.Prehashed(hashes.SHA384() if len(digest) == 48 else hashes.SHA256())
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PKCS1v15(), hashing)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, digest, ec.ECDSA(hashing))
        else:
            return False
    except InvalidSignature:
        return False
    return True
