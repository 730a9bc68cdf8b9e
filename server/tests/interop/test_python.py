# SPDX-License-Identifier: Apache-2.0
import pytest
import rfc3161_client
from cryptography import x509


def certificate(folder, name):
    return x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())


def test_rfc3161_client_verifies_a_token(folder, post):
    request = (
        rfc3161_client.TimestampRequestBuilder().data(b"a document").hash_algorithm(rfc3161_client.HashAlgorithm.SHA512)
        .build())
    (folder / "stamp.tsq").write_bytes(request.as_bytes())
    post("/pki/tsa", "stamp.tsq", "stamp.tsr")
    answer = rfc3161_client.decode_timestamp_response((folder / "stamp.tsr").read_bytes())
    verifier = (
        rfc3161_client.VerifierBuilder().tsa_certificate(certificate(folder, "tsu"))
        .add_intermediate_certificate(certificate(folder, "issuing")).add_root_certificate(certificate(folder, "root"))
        .nonce(request.nonce).build())
    assert verifier.verify_message(answer, b"a document")
    with pytest.raises(rfc3161_client.VerificationError):
        verifier.verify_message(answer, b"another document")
