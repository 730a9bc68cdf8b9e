# SPDX-License-Identifier: Apache-2.0
"""Issuing: what comes out, what the gate stops, and that a crash loses nothing and leaves nothing half done."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509 as outside
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from paraph.domain.audit import queries as audit
from paraph.domain.audit.models import Event as Row
from paraph.domain.certification import authorities, gate, policy, queries, services
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Authority, Certificate
from paraph.kernel.errors import Forbidden, NotFound
from paraph.pki import der, x509
from paraph.pki.keys import SoftwareKey
from paraph.signer import client
from testkit import certification
from testkit.tree import MARIE

pytestmark = pytest.mark.both_databases


class Crash(BaseException):
    """The process ends here."""


class Interrupted:
    """A signer that fails in a given way before or after it signs."""

    def __init__(self, signer, *, before=None, after=None, change=None):
        self.signer, self.before, self.after, self.change = signer, before, after, change
        self.signed = 0

    def sign(self, **given):
        if self.before:
            raise self.before
        signature = self.signer.sign(**given)
        self.signed += 1
        if self.after:
            raise self.after
        return self.change(signature) if self.change else signature


# --- what comes out ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R278")
def test_a_certificate_is_issued_to_a_person(issue, caller):
    key = SoftwareKey.generate("P-256")
    certificate = issue(public_key_der=key.public_key_der)
    assert certificate.state == State.ISSUED
    read = outside.load_der_x509_certificate(bytes(certificate.der))
    assert f"{read.serial_number:x}" == certificate.serial
    assert read.not_valid_before_utc == certificate.not_before == caller.at
    assert x509.subject_and_key(bytes(certificate.der)) == (MARIE.encode(), key.public_key_der)
    assert (certificate.usage, certificate.level, certificate.identification) == ("signature", "ncp", "desk")
    assert x509.signed_part(bytes(certificate.der)) == bytes(certificate.tbs_der)


def test_the_whole_chain_verifies_with_openssl(tree, issue, tmp_path, caller):
    leaf, issuing, root = queries.chain(issue())
    for name, encoded in (("leaf", leaf), ("issuing", issuing), ("root", root)):
        (tmp_path / name).write_text(x509.pem(encoded))
    at = str(int(caller.at.timestamp()) + 1)
    command = ["openssl", "verify", "-x509_strict", "-attime", at, "-CAfile", "root", "-untrusted", "issuing", "leaf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "leaf: OK\n", done.stderr


@pytest.mark.requirement("R072")
@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (datetime(2026, 11, 24, 9, 0, 0, 250000, UTC), datetime(2029, 11, 24, 9, 0, tzinfo=UTC)),
        (datetime(2028, 2, 29, 10, 0, tzinfo=UTC), datetime(2031, 2, 28, 10, 0, tzinfo=UTC)),
    ],
)
def test_it_lives_three_calendar_years(issue, later, begin, end):
    assert issue(caller=later(at=begin)).not_after == end


@pytest.mark.requirement("R068")
@pytest.mark.requirement("R069")
def test_an_identity_has_one_certificate_for_each_use(pair):
    usages = {}
    for certificate in (pair.authentication, pair.signature):
        read = outside.load_der_x509_certificate(bytes(certificate.der))
        usage = read.extensions.get_extension_for_class(outside.KeyUsage).value
        usages[certificate.usage] = (usage.digital_signature, usage.content_commitment)
    assert usages == {"authentication": (True, False), "signature": (False, True)}
    assert len(queries.for_subject("identity-marie")) == 2


def test_what_happened_stands_in_the_log(issue):
    certificate = issue()
    codes = [event.code for event in audit.about("certificate", certificate.id)]
    assert codes == ["certification.certificate.reserved", "certification.certificate.issued"]
    assert not any(MARIE.surname in str(row.facts) for row in Row.objects.all())


# --- the same attempt, another attempt --------------------------------------------------------------------------------


def test_the_same_attempt_gives_the_same_certificate(issue):
    key = SoftwareKey.generate("P-256").public_key_der
    first = issue(attempt="once", public_key_der=key)
    again = issue(attempt="once", public_key_der=key)
    assert first.pk == again.pk and bytes(first.der) == bytes(again.der)
    assert Certificate.objects.filter(subject_id="identity-marie").count() == 1


def test_an_attempt_is_not_used_for_another_key_or_person(issue):
    key = SoftwareKey.generate("P-256").public_key_der
    issue(attempt="once", public_key_der=key)
    with pytest.raises(services.AttemptReused):
        issue(attempt="once")
    with pytest.raises(services.AttemptReused):
        issue(attempt="once", public_key_der=key, subject_id="identity-paul")


def test_a_key_is_certified_for_one_person_and_one_use(issue):
    key = SoftwareKey.generate("P-256").public_key_der
    issue(public_key_der=key)
    for other in ({"subject_id": "identity-paul"}, {"profile": "natural-authentication-ncp"}):
        with pytest.raises(services.KeyAlreadyCertified):
            issue(public_key_der=key, **other)
    assert issue(public_key_der=key, generation="renewal").state == State.ISSUED


# --- the gate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"serial_number": "123"}, "subject_serial_number"),
        ({"country": "lu"}, "subject_country"),
        ({"surname": "Mullеr"}, "subject_script"),
        ({"title": ""}, "subject_attributes"),
    ],
)
@pytest.mark.requirement("EN 319 411-1 6.6.1")
def test_a_certificate_that_breaks_a_rule_is_never_signed(issue, signer, change, code):
    before = len(signer.record())
    with pytest.raises(services.CertificateRefused) as refused:
        issue(subject=replace(MARIE, **change))
    assert refused.value.facts == {"findings": [code]}
    assert len(signer.record()) == before
    assert not Certificate.objects.filter(subject_id="identity-marie").exists()
    assert Row.objects.get(code="certification.certificate.refused").facts["findings"] == [code]


@pytest.mark.parametrize("profile", ["natural-signature-ncp", "natural-authentication-ncp"])
def test_what_would_stop_a_certificate_is_known_before_there_is_a_key(tree, caller, profile):
    assert queries.obstacles(profile, MARIE, caller.at) == []
    (finding,) = queries.obstacles(profile, replace(MARIE, surname="Mullеr"), caller.at)
    assert finding.code == "subject_script"


def test_a_certificate_that_would_outlive_its_authority_is_refused(issue, tree, later):
    last = tree[1].not_after - timedelta(days=3 * 365)
    with pytest.raises(services.CertificateRefused) as refused:
        issue(caller=later(at=last))
    assert refused.value.facts == {"findings": ["validity_in_issuer"]}


@pytest.mark.parametrize(
    ("weak", "form"),
    [
        (rsa.generate_private_key(65537, 2048), "SubjectPublicKeyInfo"),
        (ec.generate_private_key(ec.SECP521R1()), "SubjectPublicKeyInfo"),
        (ec.generate_private_key(ec.SECP256R1()), "CompressedPoint"),
        (None, None),
    ],
)
def test_a_key_that_no_profile_allows_is_refused(issue, weak, form):
    if weak is None:
        encoded = b"\x30\x03\x02\x01\x00"
    elif form == "CompressedPoint":
        point = weak.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        algorithm = der.read(SoftwareKey.generate("P-256").public_key_der).children()[0].encoding
        encoded = der.sequence(algorithm, der.bit_string(point))
    else:
        encoded = weak.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(services.KeyRefused):
        issue(public_key_der=encoded)


@pytest.mark.parametrize("change", [lambda s: s[:-1] + bytes([s[-1] ^ 1]), lambda s: b"", lambda s: s + b"\x00"])
@pytest.mark.requirement("EN 319 411-1 6.6.1")
def test_a_wrong_signature_never_becomes_a_certificate(issue, signer, change):
    client.bind(Interrupted(signer, change=change))
    with pytest.raises(gate.SignatureMismatch):
        issue(attempt="spoilt")
    assert queries.by_attempt("spoilt").state == State.RESERVED
    assert not queries.by_attempt("spoilt").der


# --- crashes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["before", "after"])
@pytest.mark.parametrize("finished_by", ["the job", "the same attempt"])
def test_a_crash_around_the_signature_is_finished(issue, signer, system, point, finished_by):
    key = SoftwareKey.generate("P-256").public_key_der
    client.bind(Interrupted(signer, **{point: Crash()}))
    with pytest.raises(Crash):
        issue(attempt="crashed", public_key_der=key)
    reserved = queries.by_attempt("crashed")
    assert reserved.state == State.RESERVED and not reserved.der
    assert policy.published(reserved) is None and queries.for_subject("identity-marie") == []

    client.bind(signer)
    before = uses(signer)
    if finished_by == "the job":
        assert services.settle(caller=system) == 1
        certificate = queries.by_attempt("crashed")
    else:
        certificate = issue(attempt="crashed", public_key_der=key)
    assert certificate.state == State.ISSUED and certificate.serial == reserved.serial
    assert bytes(certificate.tbs_der) == bytes(reserved.tbs_der)
    # What was signed before the crash is the signature that the certificate has: the key was used once.
    assert uses(signer) - before == (1 if point == "before" else 0)
    assert services.settle(caller=system) == 0


def uses(signer):
    return sum(entry.event == "key.used" for entry in signer.record())


def test_an_unavailable_signer_leaves_the_reservation(issue, signer, system):
    client.bind(Interrupted(signer, before=client.SignerUnavailable()))
    with pytest.raises(client.SignerUnavailable):
        issue(attempt="later")
    with pytest.raises(client.SignerUnavailable):
        services.settle(caller=system)
    client.bind(signer)
    assert services.settle(caller=system) == 1


def test_what_the_signer_refuses_is_abandoned_and_told_as_revoked(issue, signer, system):
    key = SoftwareKey.generate("P-256").public_key_der
    client.bind(Interrupted(signer, before=client.SignerRefusal("key_destroyed")))
    with pytest.raises(client.SignerRefusal):
        issue(attempt="given up", public_key_der=key)
    certificate = queries.by_attempt("given up")
    assert certificate.state == State.ABANDONED and certificate.crl_entry
    assert policy.published(certificate).revoked
    assert queries.by_serial(certificate.serial) == certificate
    client.bind(signer)
    with pytest.raises(services.IssuanceAbandoned):
        issue(attempt="given up", public_key_der=key)
    assert services.settle(caller=system) == 0


def test_revoking_a_generation_abandons_what_was_still_being_issued(issue, signer, caller):
    issue(profile="natural-authentication-ncp", attempt="whole")
    client.bind(Interrupted(signer, after=Crash()))
    with pytest.raises(Crash):
        issue(attempt="half")
    client.bind(signer)
    services.revoke(generation="generation-1", reason="holder_request", caller=caller)
    assert queries.by_attempt("whole").state == State.REVOKED
    assert queries.by_attempt("half").state == State.ABANDONED


def test_revoking_what_was_only_being_issued_ends_it_too(issue, signer, caller):
    client.bind(Interrupted(signer, after=Crash()))
    with pytest.raises(Crash):
        issue(attempt="half")
    client.bind(signer)
    (ended,) = services.revoke(generation="generation-1", reason="not_activated", caller=caller)
    assert ended.state == State.ABANDONED and ended.key_id == "key-1"
    assert queries.by_attempt("half").state == State.ABANDONED
    with pytest.raises(NotFound):
        services.revoke(generation="generation-1", reason="not_activated", caller=caller)


# --- the tree ---------------------------------------------------------------------------------------------------------


def test_the_ceremony_can_be_repeated(tree, system):
    before = {row.pk: bytes(row.der) for row in Certificate.objects.all()}
    again = certification.demo_tree(system)
    assert [row.pk for row in again] == [row.pk for row in tree]
    assert {row.pk: bytes(row.der) for row in Certificate.objects.all()} == before
    assert len(before) == 4


def test_an_interrupted_ceremony_goes_on_where_it_stopped(db, signer, system):
    class StopsAfter(Interrupted):
        def __getattr__(self, name):
            return getattr(self.signer, name)

        def sign(self, **given):
            if given["purpose"] == "root" and self.signed == 1:
                raise Crash()
            return super().sign(**given)

    client.bind(StopsAfter(signer))
    with pytest.raises(Crash):
        certification.demo_tree(system)
    client.bind(signer)
    root, issuing = certification.demo_tree(system)
    assert issuing.certificate_der and issuing.in_service
    assert {row.state for row in Certificate.objects.all()} == {State.ACTIVE}


def test_an_authority_is_not_made_over_another_of_its_name(tree, system):
    other = replace(certification.NAMES, root="Another Root CA")
    with pytest.raises(authorities.AuthorityExists):
        authorities.create_demo_tree(names=other, pki_url="http://pki.example.com/pki", caller=system)


def test_only_operators_make_certificates_of_authorities_and_services(tree, caller, issue):
    for profile in ("root", "issuing", "ocsp", "tsu"):
        with pytest.raises(Forbidden):
            issue(profile=profile)
    with pytest.raises(Forbidden):
        services.revoke(generation="ceremony:issuing", reason="compromised", caller=caller)


def test_nobody_issues_before_the_ceremony(db, signer, caller):
    with pytest.raises(queries.NoAuthority):
        services.issue(
            attempt="early", profile="natural-signature-ncp", subject_id="x", subject=MARIE, generation="g", key_id="",
            public_key_der=SoftwareKey.generate("P-256").public_key_der, identification="desk", caller=caller,
        )


def test_rsa_authorities_issue_too(db, signer, system, caller):
    certification.demo_tree(
        system, algorithms={"root": "RSA-4096", "issuing": "RSA-3072", "ocsp": "P-256", "tsu": "RSA-3072"}
    )
    pair = certification.active_pair(caller)
    assert queries.findings(pair.signature) == []
    assert {row.algorithm for row in Authority.objects.all()} == {"RSA-4096", "RSA-3072"}


# --- the daily re-check -----------------------------------------------------------------------------------------------


def test_every_certificate_in_force_is_linted_again(tree, pair, caller, system):
    assert [found for _certificate, found in queries.lint_issued(caller.at)] == [[]] * 6
    assert services.recheck_issued(caller=system) == []


def test_a_certificate_that_fails_todays_rules_is_found(pair, system):
    Certificate.objects.filter(pk=pair.signature.pk).update(der=pair.authentication.der)
    (failing,) = services.recheck_issued(caller=system)
    assert failing.pk == pair.signature.pk
    row = Row.objects.get(code="certification.certificate.fails_todays_rules")
    assert "key_usage" in row.facts["findings"]
