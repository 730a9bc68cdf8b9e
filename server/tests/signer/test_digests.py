# SPDX-License-Identifier: Apache-2.0
"""Signatures over a digest that the caller made: authorities' keys only, for lists too large to be sent."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from paraph.kernel import tokens
from paraph.signer.client import SignerRefusal


def attempt():
    return str(tokens.uuid7())


def make(signer, purpose, algorithm="P-256"):
    return signer.make_key(attempt=attempt(), purpose=purpose, algorithm=algorithm, label=purpose)


@pytest.mark.parametrize(("purpose", "algorithm", "name"), [("issuing", "P-256", "sha256"), ("root", "P-384", "sha384")])
def test_an_authority_signs_a_digest_and_the_record_says_so(signer, purpose, algorithm, name):
    key = make(signer, purpose, algorithm)
    digest = hashlib.new(name, b"a list").digest()
    given = {"attempt": attempt(), "key_id": key.key_id, "purpose": purpose, "digest": digest}
    signature = signer.sign_digest(**given)
    hashing = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[name]
    serialization.load_der_public_key(key.public_key_der).verify(
        signature, digest, ec.ECDSA(utils.Prehashed(hashing)))
    assert signer.sign_digest(**given) == signature
    (used,) = [line for line in signer.record() if line.event == "key.used"]
    assert (used.facts["form"], used.facts["digest"]) == ("digest", digest.hex())
    assert signer.verify_record().holds


def test_one_attempt_is_one_digest(signer):
    key = make(signer, "issuing")
    given = {"attempt": attempt(), "key_id": key.key_id, "purpose": "issuing"}
    signer.sign_digest(digest=bytes(32), **given)
    with pytest.raises(SignerRefusal) as refused:
        signer.sign_digest(digest=b"\1" * 32, **given)
    assert refused.value.code == "attempt_reused"


@pytest.mark.parametrize("purpose", ["ocsp", "tsu", "audit", "openid", "seal"])
def test_no_other_key_signs_a_digest(signer, purpose):
    key = make(signer, purpose)
    for asked in (purpose, "issuing"):
        with pytest.raises(SignerRefusal) as refused:
            signer.sign_digest(attempt=attempt(), key_id=key.key_id, purpose=asked, digest=bytes(32))
        assert refused.value.code == "wrong_purpose"


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33), bytes(48), "0" * 32, None])
def test_a_digest_has_the_length_of_the_keys_hash(signer, digest):
    key = make(signer, "issuing")
    with pytest.raises(SignerRefusal) as refused:
        signer.sign_digest(attempt=attempt(), key_id=key.key_id, purpose="issuing", digest=digest)
    assert refused.value.code == "bad_argument"
