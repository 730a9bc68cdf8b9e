# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp as judge
from hypothesis import given
from hypothesis import strategies as st

from paraph.pki import der, keys, ocsp, oids
from paraph.pki.crl import Reason
from paraph.pki.ocsp import Failure, OcspError, SingleAnswer, Status

AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERIAL = "5a" * 20
KEY = keys.SoftwareKey.generate("P-256")
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Épreuve")])
ISSUER = ocsp.Issuer.of(NAME.public_bytes(), KEY.public_key_der)


def ask(serial=SERIAL, algorithm=None, nonce=None):
    """A request as another program writes it."""
    algorithm = algorithm or hashes.SHA256()
    identifier = oids.SHA256 if isinstance(algorithm, hashes.SHA256) else oids.SHA1
    builder = judge.OCSPRequestBuilder().add_certificate_by_hash(
        *ISSUER.hashes[identifier], int(serial, 16), algorithm)
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(serialization.Encoding.DER)


def write(certificates, extensions=b"", version=b""):
    """A request with any content, valid or not."""
    requests = b"".join(der.sequence(certificate) for certificate in certificates)
    return der.sequence(der.sequence(version, der.tagged(der.SEQUENCE, requests), extensions))


def nonce_extension(value, critical=b""):
    return der.sequence(der.object_identifier(oids.OCSP_NONCE), critical, der.octet_string(value))


def answer(**changes):
    values = {"certificate_id": ISSUER.certificate_id(oids.SHA256, SERIAL), "status": Status.GOOD, "this_update": AT,
              "next_update": AT + HOUR} | changes
    return SingleAnswer(**values)


def respond(*answers, nonce=None, key=KEY):
    body = ocsp.to_be_signed(responder_key=key.public_key_der, produced_at=AT, answers=list(answers), nonce=nonce)
    return ocsp.assemble(body, key.algorithm, key.sign(body), [])


@pytest.mark.parametrize(("algorithm", "identifier"), [(hashes.SHA1(), oids.SHA1), (hashes.SHA256(), oids.SHA256)])
@pytest.mark.parametrize("nonce", [None, b"n", b"n" * 128])
@pytest.mark.requirement("RFC 6960 4.1")
def test_requests_of_another_program_are_read(algorithm, identifier, nonce):
    request = ocsp.parse_request(ask(algorithm=algorithm, nonce=nonce))
    (certificate,) = request.certificates
    assert (certificate.serial, certificate.hash_algorithm, request.nonce) == (SERIAL, identifier, nonce)
    assert ISSUER.issued(certificate)
    assert certificate.encoding == ISSUER.certificate_id(identifier, SERIAL)


def test_another_issuer_is_not_ours():
    other = ocsp.Issuer.of(NAME.public_bytes(), keys.SoftwareKey.generate("P-256").public_key_der)
    (certificate,) = ocsp.parse_request(ask()).certificates
    assert not other.issued(certificate)


def test_an_unknown_hash_algorithm_is_nobodys():
    (certificate,) = ocsp.parse_request(write([der.sequence(
        der.sequence(der.object_identifier(oids.SHA384)), der.octet_string(b"x" * 48), der.octet_string(b"y" * 48),
        der.integer(1))])).certificates
    assert not ISSUER.issued(certificate)


@pytest.mark.requirement("RFC 6960 4.1")
def test_several_certificates_in_one_request():
    identifiers = [ISSUER.certificate_id(oids.SHA256, f"{number:x}") for number in range(1, 65)]
    assert len(ocsp.parse_request(write(identifiers)).certificates) == 64
    with pytest.raises(OcspError):
        ocsp.parse_request(write([*identifiers, identifiers[0]]))


ONE = ISSUER.certificate_id(oids.SHA256, SERIAL)


def with_extensions(*extensions):
    return write([ONE], der.explicit(2, der.sequence(*extensions)))


@pytest.mark.parametrize("data", [
    b"", b"\x00", b"\x30\x00", b"\x30\x80\x00\x00", b"not a request", ask() + b"\x00", ask()[:-1], write([]),
    write([b""]), write([der.null()]), write([der.sequence()]), write([der.sequence(der.integer(1))]),
    write([ONE], version=der.explicit(0, der.integer(1))),
    with_extensions(nonce_extension(der.octet_string(b""))),
    with_extensions(nonce_extension(der.octet_string(b"n" * 129))),
    with_extensions(nonce_extension(b"raw")),
    with_extensions(nonce_extension(der.octet_string(b"a")), nonce_extension(der.octet_string(b"b"))),
    with_extensions(der.sequence(der.object_identifier("2.999.1"), der.boolean(True), der.octet_string(b""))),
    b"\x30" * ocsp.LARGEST_REQUEST, b"\x30" * (ocsp.LARGEST_REQUEST + 1),
    write([der.sequence(der.sequence(der.object_identifier(oids.SHA256)), der.octet_string(b""), der.octet_string(b""),
                        der.integer(1 << 168))]),
])
@pytest.mark.requirement("RFC 6960 2.3")
def test_what_is_no_request_is_malformed(data):
    with pytest.raises(OcspError) as refused:
        ocsp.parse_request(data)
    assert refused.value.failure is Failure.MALFORMED_REQUEST


@pytest.mark.parametrize("data", [
    write([ONE], version=der.explicit(0, der.integer(0))),
    with_extensions(der.sequence(der.object_identifier("2.999.1"), der.octet_string(b"anything"))),
    with_extensions(nonce_extension(der.octet_string(b"n"), der.boolean(True))),
    with_extensions(nonce_extension(der.octet_string(b"n"), der.boolean(False))),
    write([der.sequence(der.sequence(der.object_identifier(oids.SHA1)), der.octet_string(b"a"), der.octet_string(b"b"),
                        der.integer(-5))]),
])
def test_unusual_requests_are_read(data):
    assert len(ocsp.parse_request(data).certificates) == 1


@pytest.mark.requirement("RFC 6960 4.2")
def test_a_good_answer_is_read_by_another_program():
    found = judge.load_der_ocsp_response(respond(answer(archive_cutoff=AT - HOUR), nonce=b"n" * 32))
    assert found.response_status is judge.OCSPResponseStatus.SUCCESSFUL
    assert found.certificate_status is judge.OCSPCertStatus.GOOD
    assert found.responder_key_hash == keys.key_identifier(KEY.public_key_der)
    assert (found.this_update_utc, found.next_update_utc, found.produced_at_utc) == (AT, AT + HOUR, AT)
    assert found.serial_number == int(SERIAL, 16)
    assert found.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32
    (cutoff,) = found.single_extensions
    assert cutoff.oid.dotted_string == oids.OCSP_ARCHIVE_CUTOFF
    assert cutoff.value.value == der.generalized_time(AT - HOUR)
    assert keys.verifies(KEY.public_key_der, found.signature, found.tbs_response_bytes)


@pytest.mark.requirement("RFC 6960 4.2")
def test_hold_is_answered_as_revoked_with_its_reason():
    found = judge.load_der_ocsp_response(respond(answer(
        status=Status.REVOKED, revoked_at=AT - HOUR, reason=Reason.CERTIFICATE_HOLD)))
    assert found.certificate_status is judge.OCSPCertStatus.REVOKED
    assert found.revocation_time_utc == AT - HOUR
    assert found.revocation_reason is x509.ReasonFlags.certificate_hold


def test_unknown_and_several_answers():
    found = judge.load_der_ocsp_response(respond(
        answer(status=Status.UNKNOWN),
        answer(status=Status.REVOKED, revoked_at=AT, certificate_id=ISSUER.certificate_id(oids.SHA1, "1"))))
    statuses = [(one.certificate_status, one.serial_number) for one in found.responses]
    assert statuses == [(judge.OCSPCertStatus.UNKNOWN, int(SERIAL, 16)), (judge.OCSPCertStatus.REVOKED, 1)]


@pytest.mark.parametrize("changes", [{"status": Status.REVOKED}, {"revoked_at": AT}])
def test_an_instant_of_revocation_belongs_to_revoked_alone(changes):
    with pytest.raises(ValueError):
        respond(answer(**changes))


@pytest.mark.parametrize("failure", list(Failure))
@pytest.mark.requirement("RFC 6960 2.3")
def test_errors(failure):
    assert judge.load_der_ocsp_response(ocsp.error(failure)).response_status.value == failure


@given(st.binary(max_size=300))
@pytest.mark.requirement("RFC 6960 2.3")
def test_any_octets_are_read_or_malformed(data):
    try:
        ocsp.parse_request(data)
    except OcspError as refused:
        assert refused.failure is Failure.MALFORMED_REQUEST


@given(st.integers(0, len(ask(nonce=b"n" * 16)) - 1), st.integers(0, 255))
def test_a_changed_request_is_read_or_malformed(place, octet):
    data = bytearray(ask(nonce=b"n" * 16))
    data[place] = octet
    try:
        ocsp.parse_request(bytes(data))
    except OcspError as refused:
        assert refused.failure is Failure.MALFORMED_REQUEST
