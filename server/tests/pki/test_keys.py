# SPDX-License-Identifier: Apache-2.0
"""Keys: each algorithm signs and verifies, and what no profile allows is refused when it is named."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from paraph.pki import keys


def spki(private_key):
    return private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_each_algorithm_signs_and_verifies(algorithm):
    key = keys.SoftwareKey.generate(algorithm)
    assert keys.algorithm_of(key.public_key_der) == algorithm
    signature = key.sign(b"deed")
    assert keys.verifies(key.public_key_der, signature, b"deed")
    assert not keys.verifies(key.public_key_der, signature, b"Deed")


@pytest.mark.parametrize(
    "private_key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
)
def test_a_key_of_another_kind_or_size_is_refused(private_key):
    with pytest.raises(keys.UnsupportedKey):
        keys.algorithm_of(spki(private_key))


def test_unreadable_bytes_are_refused():
    with pytest.raises(keys.UnsupportedKey):
        keys.algorithm_of(b"\x30\x03\x02\x01\x00")
    with pytest.raises(keys.UnsupportedKey):
        keys.SoftwareKey.generate("RSA-1024")


@pytest.mark.requirement("RFC 5280 4.2.1.2")
def test_the_key_identifier_is_method_1():
    key = keys.SoftwareKey.generate("P-256")
    other = x509.SubjectKeyIdentifier.from_public_key(key.private_key.public_key())
    assert keys.key_identifier(key.public_key_der) == other.digest
