# SPDX-License-Identifier: Apache-2.0
"""Profiles: what they fix, and what outside judges (pkilint, OpenSSL, cryptography) say of a certificate of each."""

import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509 as outside
from cryptography.x509.oid import ExtensionOID, NameOID
from pkilint import etsi, finding_filter, loader
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate as pkix_certificate
from pkilint.pkix import extension as pkix_extension
from pkilint.pkix import name as pkix_name

from paraph.pki import oids, profiles, x509
from testkit import tree


@cache
def chain(algorithms=("P-384", "P-256", "P-256")):
    root = tree.make("root", algorithm=algorithms[0])
    return root, tree.make("issuing", issuer=root, algorithm=algorithms[1])


def made(profile, algorithms=("P-384", "P-256", "P-256"), **other):
    root, issuing = chain(algorithms)
    if profile in ("root", "issuing"):
        return {"root": root, "issuing": issuing}[profile]
    return tree.make(profile, issuer=issuing, algorithm=algorithms[2], **other)


PROFILES = [profile.name for profile in profiles.ALL]
PEOPLE = [profile.name for profile in profiles.ALL if profile.holder == "natural"]


# --- what pkilint says ------------------------------------------------------------------------------------------------

# pkilint 0.13.3 takes the arc 2.999 for an encoding error, so it judges our profiles under the arc of RFC 5612. It knows
# no QCP-n without a device: such a certificate has the natural person's type.
DOCUMENTATION_ARC = "1.3.6.1.4.1.32473.1"
# Two remarks: which method our key identifiers have, and that a policy has a qualifier. RFC 5280 recommends none; ours
# says to whoever relies on the certificate that it is a demonstration.
REMARKS = {"pkix.subject_key_identifier_method_1_identified", "pkix.certificate_policies_policy_has_qualifier"}
# EN 319 412-2 wants the purposes of a leaf not critical; RFC 3161 clause 2.3 demands the reverse of a time-stamping unit.
KNOWN_FALSE = {"tsu": {"etsi.en_319_412_2.gen-4.3.10-1.eku_extension_is_critical"}}
PKILINT_TYPES = {
    "natural-authentication-ncp": CertificateType.NCP_NATURAL_PERSON_CERTIFICATE,
    "natural-signature-ncp": CertificateType.NCP_NATURAL_PERSON_CERTIFICATE,
    "natural-signature-qcp-n": CertificateType.NCP_NATURAL_PERSON_CERTIFICATE,
    "natural-signature-qcp-n-qscd": CertificateType.QCP_N_QSCD_EIDAS_FINAL_CERTIFICATE,
    "tsu": CertificateType.NCP_LEGAL_PERSON_CERTIFICATE,
}


def pkilint(der, certificate_type):
    """The codes of what pkilint finds, but for its remarks."""
    document = loader.load_certificate(der, "certificate")
    if certificate_type is None:
        container = pkix_certificate.create_pkix_certificate_validator_container(
            pkix_certificate.create_decoding_validators(
                pkix_name.ATTRIBUTE_TYPE_MAPPINGS, pkix_extension.EXTENSION_MAPPINGS
            ),
            [
                pkix_certificate.create_issuer_validator_container([]),
                pkix_certificate.create_validity_validator_container(),
                pkix_certificate.create_subject_validator_container([]),
                pkix_certificate.create_extensions_validator_container([]),
            ],
        )
        results = container.validate(document.root)
    else:
        container = pkix_certificate.create_pkix_certificate_validator_container(
            etsi.create_decoding_validators(certificate_type), etsi.create_validators(certificate_type)
        )
        results, _ = finding_filter.filter_results(
            etsi.create_etsi_finding_filters(certificate_type), container.validate(document.root)
        )
    return {
        description.finding.code
        for result in results
        for description in result.finding_descriptions
        if description.finding.code not in REMARKS
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_pkilint_finds_nothing(profile):
    found = pkilint(made(profile, arc=DOCUMENTATION_ARC).der, PKILINT_TYPES.get(profile))
    assert found == KNOWN_FALSE.get(profile, set())


def test_pkilint_would_find_something():
    wrong = made("natural-authentication-ncp").der
    assert pkilint(wrong, CertificateType.QCP_N_QSCD_EIDAS_FINAL_CERTIFICATE)


# --- what OpenSSL says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "algorithms",
    [("P-384", "P-256", "P-256"), ("RSA-4096", "RSA-3072", "RSA-3072"), ("P-384", "P-384", "RSA-3072")],
    ids="/".join,
)
def test_openssl_verifies_the_chain(algorithms, tmp_path):
    for name in ("root", "issuing"):
        (tmp_path / name).write_text(x509.pem(made(name, algorithms).der))
    leaf = made("natural-signature-ncp", algorithms)
    (tmp_path / "leaf").write_text(x509.pem(leaf.der))
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-attime", str(int(tree.NOW.timestamp()) + 1), "-policy_check",
         "-CAfile", "root", "-untrusted", "issuing", "leaf"],
        cwd=tmp_path, capture_output=True, text=True,
    )
    assert done.stdout == "leaf: OK\n", done.stderr


@pytest.mark.parametrize(("profile", "purpose"), [("tsu", "timestampsign"), ("ocsp", "ocsphelper")])
def test_openssl_accepts_the_services_for_their_purpose(profile, purpose, tmp_path):
    for name in ("root", "issuing", profile):
        (tmp_path / name).write_text(x509.pem(made(name).der))
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-attime", str(int(tree.NOW.timestamp()) + 1), "-purpose", purpose,
         "-CAfile", "root", "-untrusted", "issuing", profile],
        cwd=tmp_path, capture_output=True, text=True,
    )
    assert done.stdout == f"{profile}: OK\n", done.stderr


# --- what cryptography reads ------------------------------------------------------------------------------------------


@pytest.mark.requirement("R278")
@pytest.mark.parametrize("profile", PEOPLE)
def test_the_certificate_links_a_natural_person_to_a_key(profile):
    leaf = made(profile)
    certificate = outside.load_der_x509_certificate(leaf.der)
    certificate.verify_directly_issued_by(outside.load_der_x509_certificate(made("issuing").der))
    read = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert read == {
        NameOID.COUNTRY_NAME: "LU",
        NameOID.COMMON_NAME: "Marie Zoé Müller-Thiry",
        NameOID.SURNAME: "Müller-Thiry",
        NameOID.GIVEN_NAME: "Marie Zoé",
        NameOID.SERIAL_NUMBER: "00100978855105608536",
        NameOID.TITLE: "Private Person",
    }
    assert x509.subject_and_key(leaf.der)[1] == leaf.key.public_key_der


@pytest.mark.requirement("R068")
@pytest.mark.requirement("R069")
def test_signature_and_authentication_certificates_can_not_be_taken_for_each_other():
    usages = {}
    for profile in ("natural-signature-ncp", "natural-authentication-ncp"):
        extensions = outside.load_der_x509_certificate(made(profile).der).extensions
        usages[profile] = extensions.get_extension_for_oid(ExtensionOID.KEY_USAGE).value
    assert usages["natural-signature-ncp"].content_commitment
    assert not usages["natural-signature-ncp"].digital_signature
    assert usages["natural-authentication-ncp"].digital_signature
    assert not usages["natural-authentication-ncp"].content_commitment


@pytest.mark.parametrize("profile", PROFILES)
def test_every_extension_is_readable(profile):
    certificate = outside.load_der_x509_certificate(made(profile).der)
    read = {extension.oid.dotted_string: extension.critical for extension in certificate.extensions}
    assert read == dict(profiles.get(profile).extensions)


def test_pem_is_what_another_library_writes():
    made_der = made("natural-signature-ncp").der
    assert outside.load_pem_x509_certificate(x509.pem(made_der).encode()) == outside.load_der_x509_certificate(made_der)


# --- what the profiles fix --------------------------------------------------------------------------------------------


@pytest.mark.requirement("R072")
@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), datetime(2029, 11, 24, 9, 0, tzinfo=UTC)),
        (datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC), datetime(2031, 2, 28, 23, 59, 59, tzinfo=UTC)),
        (datetime(2025, 2, 28, tzinfo=UTC), datetime(2028, 2, 28, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("profile", PEOPLE)
def test_a_persons_certificate_lives_three_calendar_years(profile, begin, end):
    assert profiles.get(profile).not_after(begin) == end
    root = tree.make("root", at=datetime(2025, 1, 1, tzinfo=UTC))
    issuing = tree.make("issuing", issuer=root, at=datetime(2025, 1, 1, tzinfo=UTC))
    certificate = outside.load_der_x509_certificate(tree.make(profile, issuer=issuing, at=begin).der)
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (begin, end)


def test_a_service_never_outlives_its_issuer():
    root, issuing = chain()
    late = issuing.instruction.not_after - timedelta(days=30)
    assert tree.make("tsu", issuer=issuing, at=late).instruction.not_after == issuing.instruction.not_after
    assert root.instruction.not_after > issuing.instruction.not_after


def test_our_policies_stand_under_the_example_arc_and_say_so():
    for profile in profiles.ALL:
        policies = profiles.get(profile.name).policies
        ours = [policy for policy in policies if not policy.oid.startswith(("0.4.0.", oids.ANY_POLICY))]
        assert profile.is_authority or ours
        for policy in ours:
            assert policy.oid.startswith(oids.EXAMPLE_POLICIES) and "no legal effect" in policy.notice


def test_the_policies_of_etsi_are_spelled_right():
    assert (oids.POLICY_NCP, oids.POLICY_QCP_N, oids.POLICY_QCP_N_QSCD) == (
        "0.4.0.2042.1.1", "0.4.0.194112.1.0", "0.4.0.194112.1.2",
    )  # fmt: skip


def test_a_profile_names_editions_that_are_known():
    for profile in profiles.ALL:
        assert set(profile.editions) <= profiles.EDITIONS.keys()


def test_an_unknown_profile_is_refused():
    with pytest.raises(profiles.UnknownProfile):
        profiles.get("natural-signature-ncp", 99)
    assert profiles.get("natural-signature-ncp", 1) == profiles.get("natural-signature-ncp")
