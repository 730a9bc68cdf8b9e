# SPDX-License-Identifier: Apache-2.0
"""Profiles: what they fix, and what outside judges (pkilint, OpenSSL, cryptography) say of a certificate of each."""

import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509 as outside
from cryptography.x509.oid import ExtensionOID, NameOID

from paraph.pki import oids, profiles, x509
from paraph.pki.keys import SoftwareKey
from paraph.pki.lint import known
from paraph.pki.lint import outside as outside_judge
from paraph.pki.lint.known import Said
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

# An operator's own arc stands below 1.3.6.1.4.1 (here that of RFC 5612); a demonstration's is 2.999, which pkilint can't read.
DOCUMENTATION_ARC = "1.3.6.1.4.1.32473.1"
ARCS = [DOCUMENTATION_ARC, oids.EXAMPLE_POLICIES]


@pytest.mark.requirement("EN 319 411-1 6.6.1")
@pytest.mark.parametrize("arc", ARCS)
@pytest.mark.parametrize("profile", PROFILES)
def test_pkilint_finds_nothing_that_is_not_explained(profile, arc):
    for certificate in (made(profile, arc=arc).der, in_the_gate(profile, arc)):
        assert outside_judge.judge(certificate, profile).findings == set()


def in_the_gate(profile, arc):
    """As the gate shows it: signed by a throw-away key of the issuer's kind."""
    algorithm = "P-384" if profile in ("root", "issuing") else "P-256"
    return tree.sign(made(profile, arc=arc).instruction, SoftwareKey.generate(algorithm))


def test_every_explanation_is_needed():
    needed = {
        (code, profile)
        for profile in PROFILES for arc in ARCS
        for code in outside_judge.judge(in_the_gate(profile, arc), profile).known
    }
    for entry in known.entries():
        for profile in entry.get("profiles", ()):
            assert (entry["code"], profile) in needed
        assert entry["reason"] and entry["code"] in {code for code, _profile in needed}


def test_an_explanation_holds_for_its_code_profile_and_message_alone():
    of = known.version()
    arc = next(entry for entry in known.entries() if "says" in entry)
    purposes = next(entry for entry in known.entries() if entry.get("profiles") == ["tsu"])
    assert known.explains(Said(arc["code"], "; ".join(arc["says"])), "tsu", of)
    for words in arc["says"]:
        assert not known.explains(Said(arc["code"], words), "tsu", of)
    assert not known.explains(Said("another.code", "; ".join(arc["says"])), "tsu", of)
    assert known.explains(Said(purposes["code"], ""), "tsu", of)
    assert not known.explains(Said(purposes["code"], ""), "ocsp", of)
    assert not known.explains(Said(purposes["code"], ""), "tsu", "0.14.0")


def test_pkilint_would_find_something():
    wrong = made("natural-authentication-ncp").der
    assert outside_judge.judge(wrong, "natural-signature-qcp-n-qscd").findings


def test_another_version_of_pkilint_is_forgiven_nothing(monkeypatch):
    monkeypatch.setattr(outside_judge, "version", lambda name: "0.14.0")
    assert outside_judge.judge(made("tsu", arc=DOCUMENTATION_ARC).der, "tsu").findings


# --- what OpenSSL says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "algorithms",
    [("P-384", "P-256", "P-256"), ("RSA-4096", "RSA-3072", "RSA-3072"), ("P-384", "P-384", "RSA-3072")],
    ids="/".join,
)
@pytest.mark.requirement("RFC 5280 6.1")
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
@pytest.mark.parametrize("profile", [name for name in PEOPLE if profiles.get(name).life is None])
def test_a_persons_certificate_lives_three_calendar_years(profile, begin, end):
    assert profiles.get(profile).not_after(begin) == end
    root = tree.make("root", at=datetime(2025, 1, 1, tzinfo=UTC))
    issuing = tree.make("issuing", issuer=root, at=datetime(2025, 1, 1, tzinfo=UTC))
    certificate = outside.load_der_x509_certificate(tree.make(profile, issuer=issuing, at=begin).der)
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (begin, end)


@pytest.mark.requirement("EN 319 411-1 6.3.3")
def test_a_service_never_outlives_its_issuer():
    root, issuing = chain()
    late = issuing.instruction.not_after - timedelta(days=30)
    assert tree.make("tsu", issuer=issuing, at=late).instruction.not_after == issuing.instruction.not_after
    assert root.instruction.not_after > issuing.instruction.not_after


def test_our_policies_stand_under_the_example_arc_and_say_so():
    for profile in profiles.ALL:
        policies = profiles.get(profile.name).policies
        foreign = ("0.4.0.", "2.23.140.", oids.ANY_POLICY)
        ours = [policy for policy in policies if not policy.oid.startswith(foreign)]
        assert profile.is_authority or ours
        for policy in ours:
            assert policy.oid.startswith(oids.EXAMPLE_POLICIES)
            # The Baseline Requirements allow no notice.
            assert "no legal effect" in policy.notice or profile.holder == "web"


def test_each_profile_has_a_policy_of_its_own():
    own = [policy.oid for profile in profiles.ALL for policy in profile.policies if policy.oid.startswith(".")]
    assert len(set(own)) == len(own) == len([profile for profile in profiles.ALL if not profile.is_authority])


@pytest.mark.requirement("EN 319 411-1 GEN-6.6.1-03")
def test_a_session_certificate_lives_less_than_a_day_and_says_that_nobody_revokes_it():
    certificate = outside.load_der_x509_certificate(made("natural-signature-short-term").der)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc < timedelta(hours=24)
    present = {extension.oid.dotted_string for extension in certificate.extensions}
    assert {"2.5.29.56", "0.4.0.194121.2.1"} <= present and "2.5.29.31" not in present
    access = certificate.extensions.get_extension_for_class(outside.AuthorityInformationAccess).value
    assert [entry.access_method.dotted_string for entry in access] == [oids.ACCESS_CA_ISSUERS]


@pytest.mark.requirement("CA/Browser Forum BR 4.9.13")
def test_a_profile_that_browsers_trust_knows_no_suspension():
    assert not profiles.get("tls-ovcp").can_be_suspended and profiles.get("seal-qcp-l").can_be_suspended


def test_the_policies_of_etsi_are_spelled_right():
    assert (oids.POLICY_NCP, oids.POLICY_NCP_PLUS, oids.POLICY_LCP, oids.POLICY_OVCP) == (
        "0.4.0.2042.1.1", "0.4.0.2042.1.2", "0.4.0.2042.1.3", "0.4.0.2042.1.7",
    )  # fmt: skip
    assert (oids.POLICY_QCP_N, oids.POLICY_QCP_L, oids.POLICY_QCP_N_QSCD, oids.POLICY_QCP_L_QSCD) == (
        "0.4.0.194112.1.0", "0.4.0.194112.1.1", "0.4.0.194112.1.2", "0.4.0.194112.1.3",
    )  # fmt: skip


def test_a_profile_names_editions_that_are_known():
    for profile in profiles.ALL:
        assert set(profile.editions) <= profiles.EDITIONS.keys()


def test_an_unknown_profile_is_refused():
    with pytest.raises(profiles.UnknownProfile):
        profiles.get("natural-signature-ncp", 99)
    assert profiles.get("natural-signature-ncp", 1) == profiles.get("natural-signature-ncp")


def test_the_time_stamp_policy_lies_in_no_certificate_policys_arc():
    own = {policy.oid for profile in profiles.ALL for policy in profile.policies if policy.oid.startswith(".")}
    assert len(own) > 10
    stamps = profiles.TIME_STAMP_POLICY
    assert not any(f"{stamps}.".startswith(f"{oid}.") or f"{oid}.".startswith(f"{stamps}.") for oid in own)
