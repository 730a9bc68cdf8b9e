# SPDX-License-Identifier: Apache-2.0
"""Programs that others wrote agree on what we sign: pdfsig, OpenSSL, and pyHanko's own archival validation."""

import asyncio
import logging
import subprocess
from io import BytesIO

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from paraph.domain.validation.evidence import TOLERANCE
from paraph.pki.x509 import pem
from testkit import documents


@pytest.fixture
def signed(desk, clock):
    return desk.sign(documents.pdf(), desk.pki.holder(), clock.now())


def embedded(content):
    return PdfFileReader(BytesIO(content)).embedded_signatures


def covered(content, signature):
    _, first, second, rest = signature.byte_range
    return content[:first] + content[second : second + rest]


@pytest.mark.requirement("EN 319 142-1")
def test_pyhankos_archival_validation_passes_it(desk, clock, signed):
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([asn1_x509.Certificate.load(desk.pki.root.der)]),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO), time_tolerance=TOLERANCE)
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(
        cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH),
        local_knowledge=LocalKnowledge(), key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"})))
    signature = next(one for one in embedded(signed) if one.sig_object_type == "/Sig")
    signature.compute_integrity_info()
    told = asyncio.run(ades_lta_validation(signature, spec, timing_info=ValidationTimingInfo(
        validation_time=clock.now(), best_signature_time=clock.now(), point_in_time_validation=False)))
    assert told.ades_subindic is AdESPassed.OK
    assert told.oldest_evidence_record_timestamp == clock.now()


def test_openssl_verifies_the_signature(desk, clock, signed, tmp_path):
    signature = embedded(signed)[0]
    (tmp_path / "signature.der").write_bytes(cms.ContentInfo.load(signature.pkcs7_content).dump())
    (tmp_path / "content").write_bytes(covered(signed, signature))
    (tmp_path / "root.pem").write_text(pem(desk.pki.root.der))
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-in", tmp_path / "signature.der", "-content",
         tmp_path / "content", "-binary", "-CAfile", tmp_path / "root.pem", "-purpose", "any", "-cades",
         "-attime", str(int(clock.now().timestamp())), "-out", "/dev/null"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_openssl_verifies_both_time_stamps(desk, clock, signed, tmp_path):
    (tmp_path / "root.pem").write_text(pem(desk.pki.root.der))
    (tmp_path / "issuing.pem").write_text(pem(desk.pki.issuing.der))
    signature, stamp = embedded(signed)
    [own] = [value for attribute in signature.signer_info["unsigned_attrs"] for value in attribute["values"]]
    for token, data in ((own.dump(), signature.signer_info["signature"].native),
                        (cms.ContentInfo.load(stamp.pkcs7_content).dump(), covered(signed, stamp))):
        (tmp_path / "token.der").write_bytes(token)
        (tmp_path / "data").write_bytes(data)
        done = subprocess.run(
            ["openssl", "ts", "-verify", "-token_in", "-in", tmp_path / "token.der", "-data", tmp_path / "data",
             "-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "issuing.pem",
             "-attime", str(int(clock.now().timestamp()))], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_pdfsig_sees_a_valid_signature_over_the_whole_signed_revision(signed, tmp_path):
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    told = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True).stdout
    assert "Signature is Valid." in told
    path.write_bytes(signed.replace(b"Contrat de location", b"Contrat de donation"))
    told = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True).stdout
    assert "Digest Mismatch" in told
