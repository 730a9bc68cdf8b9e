# SPDX-License-Identifier: Apache-2.0
"""Each rule of the gate refuses a certificate that no other rule refuses."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies

from paraph.pki import der, names, oids, profiles, x509
from paraph.pki.lint import RULES, UNREADABLE, lint
from testkit import tree

from .wrong_certificates import (
    BEGIN,
    END,
    MUTATIONS,
    NCP,
    PNOLU,
    QSCD,
    codes,
    issuing,
    made,
    marie,
    raw,
    root,
    time_pair,
    with_extension,
)


@pytest.mark.parametrize("profile", [profile.name for profile in profiles.ALL])
def test_a_good_certificate_of_each_profile_passes(profile):
    issuer = None if profile == "root" else (root() if profile == "issuing" else issuing()).der
    assert lint(made(profile).der, profiles.get(profile), issuer) == []


@pytest.mark.requirement("EN 319 412-1 5.1.3")
@pytest.mark.parametrize("number", [PNOLU, "IDCLU-123456789", "PASFR-09AB12345", "TINDE-12345678901", "EIDBE-1/2"])
def test_identifiers_of_natural_persons(number):
    certificate = tree.make(QSCD, issuer=issuing(), subject=replace(tree.MARIE, serial_number=number))
    assert codes(certificate.der, QSCD) == set()


@pytest.mark.requirement("EN 319 412-1 5.1.4")
@pytest.mark.parametrize("identifier", ["VATLU-12345678", "NTRLU-B123456", "LEIXG-5493001KJTIIGC8Y1R12", "NI:LU-77"])
def test_identifiers_of_legal_persons(identifier):
    certificate = tree.make(
        "seal-qcp-l-qscd", issuer=issuing(), subject=replace(tree.SEAL, organization_identifier=identifier))
    assert codes(certificate.der, "seal-qcp-l-qscd") == set()


@pytest.mark.parametrize(
    ("rule", "profile", "certificate"),
    [pytest.param(rule, profile, certificate, id=f"{rule}: {what}") for rule, what, profile, certificate in MUTATIONS],
)
def test_a_wrong_certificate_is_refused_by_its_rule_alone(rule, profile, certificate):
    assert codes(certificate(), profile) == {rule}


def test_an_issuer_that_may_not_issue_is_refused():
    leaf = made(NCP)
    child = tree.make("natural-authentication-ncp", issuer=leaf)
    assert codes(child.der, "natural-authentication-ncp", leaf.der) == {"issuer_may_issue"}
    grandchild = tree.make("issuing", issuer=issuing(), subject=tree.legal("Third level"))
    assert codes(grandchild.der, "issuing", issuing().der) == {"issuer_may_issue"}


def test_every_rule_has_a_certificate_that_only_it_refuses():
    mutated = {rule for rule, _what, _profile, _certificate in MUTATIONS} | {"issuer_may_issue"}
    assert mutated == {rule.code for rule in RULES}


@pytest.mark.parametrize(
    "broken",
    [
        lambda: made(NCP).der[:-1],
        lambda: made(NCP).der + b"\x00",
        lambda: b"",
        lambda: raw(unused=der.null()),
        lambda: raw(validity=time_pair(der.time(BEGIN), der.time(END).replace(b"Z", b"z"))),
        lambda: der.sequence(der.null(), der.null(), der.null()),
        lambda: marie(surname=der.octet_string(b"x")),
    ],
)
def test_what_is_no_certificate_is_refused_as_unreadable(broken):
    assert codes(broken(), NCP) == {UNREADABLE}


OCTETS = {"place": strategies.integers(min_value=0, max_value=5000), "octet": strategies.integers(0, 255)}


@given(profile=strategies.sampled_from([NCP, QSCD, "tsu"]), **OCTETS)
@settings(max_examples=300)
def test_any_changed_octet_is_found_and_nothing_breaks(place, octet, profile):
    good = made(profile).der
    place %= len(good)
    changed_certificate = good[:place] + bytes([octet]) + good[place + 1 :]
    assert bool(codes(changed_certificate, profile)) == (changed_certificate != good)


@given(profile=strategies.sampled_from([QSCD, "tsu", "issuing"]), **OCTETS)
@settings(max_examples=300)
def test_any_changed_octet_under_a_good_signature_is_judged_and_nothing_breaks(place, octet, profile):
    key = root().key if profile == "issuing" else issuing().key
    tbs = bytearray(x509.signed_part(made(profile).der))
    tbs[place % len(tbs)] = octet
    assert "signature" not in codes(x509.assemble(bytes(tbs), key.algorithm, key.sign(bytes(tbs))), profile)


def test_a_finding_names_the_clause_of_the_profile():
    certificate = with_extension(NCP, oids.KEY_USAGE, x509.key_usage(["digitalSignature"]))
    (finding,) = lint(certificate, profiles.get(NCP), issuing().der)
    assert (finding.code, finding.clause) == ("key_usage", "EN 319 412-2 NAT-4.3.2 (type A)")


def test_a_certificate_past_2049_is_written_and_read_right():
    at = datetime(2049, 1, 1, tzinfo=UTC)
    late = tree.make("root", at=at, subject=names.Subject(
        country="LU", organization="P", organization_identifier="NTRLU-B1", common_name="Late"))
    assert lint(late.der, profiles.get("root"), None) == []
