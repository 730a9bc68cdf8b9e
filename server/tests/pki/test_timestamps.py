# SPDX-License-Identifier: Apache-2.0
import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given
from hypothesis import strategies as st

from paraph.pki import der, keys, oids, timestamps
from paraph.pki.timestamps import Failure, TimestampError

AT = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)
POLICY = oids.EXAMPLE_TIMESTAMP_POLICY
DIGEST = hashlib.sha256(b"a document").digest()


def ask(algorithm=oids.SHA256, imprint=DIGEST, version=1, rest=b"", parameters=b""):
    return der.sequence(
        der.integer(version),
        der.sequence(der.sequence(der.object_identifier(algorithm), parameters), der.octet_string(imprint)), rest)


def certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Unité")])
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.private_key.public_key())
        .serial_number(0x123456).not_valid_before(AT.replace(microsecond=0)).not_valid_after(AT + timedelta(days=9))
        .sign(key.private_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def stamp(request, key, at=AT, accuracy=timedelta(seconds=1), certificates=True):
    own = certificate(key)
    information = timestamps.token_information(request, policy=POLICY, serial=99, at=at, accuracy=accuracy)
    attributes = timestamps.signed_attributes(information, own, key.algorithm)
    return timestamps.assemble(
        information, attributes, certificate=own, algorithm=key.algorithm, signature=key.sign(attributes),
        certificates=[own] if certificates else [])


@pytest.mark.requirement("RFC 3161 2.4.1")
def test_a_full_request_is_read():
    rest = der.object_identifier(POLICY) + der.integer(-12345) + der.boolean(True)
    request = timestamps.parse_request(ask(rest=rest, parameters=der.null()))
    assert request == timestamps.Request(oids.SHA256, DIGEST, POLICY, -12345, True)


def test_the_least_request_is_read():
    assert timestamps.parse_request(ask()) == timestamps.Request(oids.SHA256, DIGEST, "", None, False)
    assert not timestamps.parse_request(ask(rest=der.boolean(False))).certificate_wanted


@pytest.mark.parametrize(("data", "failure"), [
    (ask(oids.SHA1, b"x" * 20), Failure.BAD_ALGORITHM),
    (ask("1.2.840.113549.2.5", b"x" * 16), Failure.BAD_ALGORITHM),
    (ask(imprint=b"x" * 31), Failure.BAD_DATA_FORMAT),
    (ask(oids.SHA384), Failure.BAD_DATA_FORMAT),
    (ask(version=2), Failure.BAD_REQUEST),
    (ask(rest=der.explicit(0, der.sequence())), Failure.UNACCEPTED_EXTENSION),
    (ask(rest=der.boolean(True) + der.integer(1)), Failure.BAD_REQUEST),
    (ask(rest=der.tagged(der.BOOLEAN, b"\x01")), Failure.BAD_REQUEST),
    (ask(rest=der.integer(1 << 512)), Failure.BAD_REQUEST),
    (ask(parameters=der.integer(1)), Failure.BAD_REQUEST),
    (ask() + b"\x00", Failure.BAD_REQUEST),
    (ask()[:-1], Failure.BAD_REQUEST),
    (b"", Failure.BAD_REQUEST),
    (b"\x30\x00", Failure.BAD_REQUEST),
    (der.sequence(der.null(), der.null()), Failure.BAD_REQUEST),
    (b"\x30" * 5000, Failure.BAD_REQUEST),
])
@pytest.mark.requirement("RFC 3161 2.4.2")
def test_what_can_not_be_stamped_is_refused(data, failure):
    with pytest.raises(TimestampError) as refused:
        timestamps.parse_request(data)
    assert refused.value.failure is failure


@pytest.mark.parametrize("algorithm", ["P-256", "P-384", "RSA-3072"])
@pytest.mark.requirement("RFC 3161 2.4.2")
def test_a_token_is_read_by_another_program(algorithm):
    key = keys.SoftwareKey.generate(algorithm)
    request = timestamps.parse_request(ask(rest=der.integer(7) + der.boolean(True)))
    token = stamp(request, key)
    content = cms.ContentInfo.load(token, strict=True)["content"]
    information = content["encap_content_info"]["content"].parsed
    assert isinstance(information, tsp.TSTInfo)
    assert information["policy"].dotted == POLICY
    assert information["message_imprint"]["hashed_message"].native == DIGEST
    assert information["serial_number"].native == 99
    assert information["gen_time"].native == AT
    assert information["accuracy"]["seconds"].native == 1
    assert information["nonce"].native == 7
    (signer,) = content["signer_infos"]
    attributes = {one["type"].native: one["values"][0] for one in signer["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    bound = attributes["signing_certificate_v2"]["certs"][0]["cert_hash"].native
    assert bound == hashlib.sha256(certificate_of(content)).digest()
    signed = signer["signed_attrs"].untag().dump()
    assert keys.verifies(key.public_key_der, signer["signature"].native, signed)


def certificate_of(content):
    return content["certificates"][0].chosen.dump()


@pytest.mark.requirement("RFC 3161 2.4.1")
def test_certificates_only_when_wanted():
    key = keys.SoftwareKey.generate("P-256")
    token = stamp(timestamps.parse_request(ask()), key, certificates=False)
    content = cms.ContentInfo.load(token)["content"]
    assert len(content["certificates"]) == 0
    assert content["encap_content_info"]["content"].parsed["nonce"].native is None


@pytest.mark.parametrize(("at", "text"), [
    (AT, b"20260301120000.25Z"), (AT.replace(microsecond=0), b"20260301120000Z"),
    (AT.replace(microsecond=1), b"20260301120000.000001Z")])
@pytest.mark.requirement("RFC 3161 2.4.2")
def test_fractions_have_no_trailing_zeros(at, text):
    assert text in timestamps.token_information(
        timestamps.parse_request(ask()), policy=POLICY, serial=1, at=at, accuracy=timedelta(seconds=1))


@pytest.mark.parametrize(("accuracy", "seconds", "thousandths", "millionths"), [
    (timedelta(seconds=1), 1, None, None), (timedelta(milliseconds=1500), 1, 500, None),
    (timedelta(microseconds=250), None, None, 250)])
@pytest.mark.requirement("RFC 3161 2.4.2")
def test_accuracy(accuracy, seconds, thousandths, millionths):
    information = tsp.TSTInfo.load(timestamps.token_information(
        timestamps.parse_request(ask()), policy=POLICY, serial=1, at=AT, accuracy=accuracy))
    found = information["accuracy"]
    assert (found["seconds"].native, found["millis"].native, found["micros"].native) == (
        seconds, thousandths, millionths)


def test_an_exact_clock_is_not_believed():
    with pytest.raises(ValueError):
        timestamps.token_information(
            timestamps.parse_request(ask()), policy=POLICY, serial=1, at=AT, accuracy=timedelta(0))


@pytest.mark.parametrize("failure", list(Failure))
@pytest.mark.requirement("RFC 3161 2.4.2")
def test_rejections_name_their_failure(failure):
    (information,) = der.read(timestamps.rejected(failure)).children()  # no token
    response = tsp.PKIStatusInfo.load(information.encoding)
    assert response["status"].native == "rejection"
    assert len(response["fail_info"].native) == 1
    bits = der.read(timestamps.rejected(failure)).children()[0].children()[2].content
    assert bits[1:][failure // 8] == 0x80 >> failure % 8


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(data):
    with suppress(TimestampError):
        assert isinstance(timestamps.parse_request(data), timestamps.Request)


@given(st.integers(0, len(ask()) - 1), st.integers(0, 255))
def test_a_changed_request_is_read_or_refused(place, octet):
    data = bytearray(ask())
    data[place] = octet
    with suppress(TimestampError):
        assert isinstance(timestamps.parse_request(bytes(data)), timestamps.Request)
