# SPDX-License-Identifier: Apache-2.0
"""Certification requests: what another library writes is read; what is wrong gets CMP's name for it, whatever was sent."""

import subprocess
from functools import cache

import pytest
from cryptography import x509 as outside
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings, strategies

from paraph.pki import csr, der
from paraph.pki.keys import SoftwareKey

pytestmark = pytest.mark.requirement("RFC 2986")
SUBJECT = outside.Name([outside.NameAttribute(NameOID.COMMON_NAME, "www.example.lu")])


@cache
def key():
    return SoftwareKey.generate("P-256")


def request(names=("www.example.lu",), private_key=None, hashing=None, extra=()):
    builder = outside.CertificateSigningRequestBuilder().subject_name(SUBJECT)
    entries = [*(outside.DNSName(name) for name in names), *extra]
    if entries:
        builder = builder.add_extension(outside.SubjectAlternativeName(entries), critical=False)
    return builder.sign(private_key or key().private_key, hashing or hashes.SHA256())


def encoded(**given):
    return request(**given).public_bytes(Encoding.DER)


def failure(encoding):
    with pytest.raises(csr.Refused) as refused:
        csr.parse(encoding)
    return refused.value.failure


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_what_another_library_writes_is_read(encoding):
    read = csr.parse(request(("a.lu", "b.lu")).public_bytes(encoding))
    assert (read.public_key_der, read.algorithm) == (key().public_key_der, "P-256")
    assert read.dns_names == ("a.lu", "b.lu") and read.subject_der == SUBJECT.public_bytes()
    assert csr.parse(encoded(names=())).dns_names == ()


def test_what_openssl_writes_is_read(tmp_path):
    done = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-sha384", "-keyout",
         "key", "-subj", "/CN=x", "-addext", "subjectAltName=DNS:a.lu"],
        cwd=tmp_path, capture_output=True)
    read = csr.parse(done.stdout)
    assert (read.algorithm, read.dns_names) == ("P-384", ("a.lu",))


def test_who_does_not_have_the_key_gets_nothing():
    information, algorithm, _signature = der.read(encoded()).children()
    stolen = SoftwareKey.generate("P-256").sign(information.encoding)
    forged = der.sequence(information.encoding, algorithm.encoding, der.bit_string(stolen))
    assert failure(forged) == csr.Failure.BAD_PROOF


def test_algorithms_that_are_not_ours():
    assert failure(encoded(hashing=hashes.SHA512())) == csr.Failure.BAD_ALGORITHM
    assert failure(encoded(private_key=ec.generate_private_key(ec.SECP521R1()))) == csr.Failure.BAD_ALGORITHM
    builder = outside.CertificateSigningRequestBuilder().subject_name(SUBJECT)
    edwards = builder.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(Encoding.DER)
    assert failure(edwards) == csr.Failure.BAD_ALGORITHM


def test_a_hundred_names_and_no_more():
    assert len(csr.parse(encoded(names=[f"a{number}.lu" for number in range(100)])).dns_names) == 100
    assert failure(encoded(names=[f"a{number}.lu" for number in range(101)])) == csr.Failure.BAD_TEMPLATE
    assert failure(encoded(extra=[outside.RFC822Name("a@example.lu")])) == csr.Failure.BAD_TEMPLATE


@pytest.mark.parametrize("wrong", [
    b"", b"x", b"-----BEGIN CERTIFICATE REQUEST-----",
    b"-----BEGIN CERTIFICATE REQUEST-----\n!\n-----END CERTIFICATE REQUEST-----",
    b"\x30" * 10_000, b"\x30\x84\xff\xff\xff\xff", bytes(16 * 1024 + 1), b"-----" + b"A" * 10_000_000,
])  # fmt: skip
def test_what_is_no_request(wrong):
    assert failure(wrong) == csr.Failure.BAD_FORMAT


def test_nothing_of_what_was_sent_is_repeated():
    with pytest.raises(csr.Refused) as refused:
        csr.parse(encoded() + b"secret")
    assert str(refused.value) == "badDataFormat"


@given(place=strategies.integers(0, 1000), octet=strategies.integers(0, 255))
@settings(max_examples=300)
def test_any_changed_octet_is_refused_and_nothing_breaks(place, octet):
    good = encoded()
    place %= len(good)
    changed = good[:place] + bytes([octet]) + good[place + 1 :]
    if changed != good:
        failure(changed)


@given(strategies.binary(max_size=400))
@settings(max_examples=300)
def test_any_octets_are_refused_and_nothing_breaks(octets):
    failure(octets)


@given(strategies.recursive(
    strategies.binary(max_size=8), lambda inner: strategies.lists(inner, max_size=4).map(
        lambda parts: der.sequence(*(part if isinstance(part, bytes) else part for part in parts))), max_leaves=12))
@settings(max_examples=200)
def test_any_nesting_is_refused_and_nothing_breaks(octets):
    failure(octets)
