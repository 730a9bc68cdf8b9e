# SPDX-License-Identifier: Apache-2.0
import pytest
import rfc3161_client
from cryptography import x509
from pkilint import loader, pkix
from pkilint.pkix import crl as crl_lint
from pkilint.pkix import extension, name
from pkilint.pkix import ocsp as ocsp_lint
from pkilint.validation import ValidationFindingSeverity

from paraph.pki.lint import known
from paraph.pki.lint.known import Said


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


def findings(results, profile):
    return [
        f"{finding.finding.severity.name} {finding.finding.code} {finding.message}"
        for result in results for finding in result.finding_descriptions
        if finding.finding.severity <= ValidationFindingSeverity.NOTICE  # FATAL is 0
        and not known.explains(Said(finding.finding.code, finding.message or ""), profile, known.version())
    ]


def test_pkilint_reads_lists(folder):
    decoders = [pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
                pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS)]
    validator = crl_lint.create_pkix_crl_validator_container(decoders, [
        crl_lint.create_issuer_validator_container([]),
        crl_lint.create_validity_validator_container([]),
        crl_lint.create_extensions_validator_container([]),
    ])
    for authority in ("root", "issuing"):
        document = loader.RFC5280CertificateListDocumentLoader().load_der_document(
            (folder / f"{authority}.crl").read_bytes(), authority)
        assert findings(validator.validate(document.root), authority) == []


def test_pkilint_reads_answers(folder, run, post):
    validator = ocsp_lint.create_pkix_ocsp_response_validator_container(
        [ocsp_lint.create_response_decoder(), pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
         pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS)], [])
    for status in ("good", "held", "revoked"):
        run("openssl", "ocsp", "-sha256", "-issuer", "issuing.pem", "-cert", f"{status}.pem", "-reqout", "request.der")
        post("/pki/ocsp", "request.der", "answer.der")
        document = loader.RFC6960OCSPResponseDocumentLoader().load_der_document(
            (folder / "answer.der").read_bytes(), status)
        assert findings(validator.validate(document.root), "ocsp") == []
