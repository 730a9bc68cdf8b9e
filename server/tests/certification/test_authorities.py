# SPDX-License-Identifier: Apache-2.0
"""Authorities kept apart, rolled over without a gap, and revoked; each with four eyes."""

from datetime import timedelta

import pytest
from cryptography import x509 as outside

from paraph.domain.certification import authorities, policy, publication, queries, services
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Authority
from paraph.domain.certification.publication import agreement
from paraph.domain.certification.publication import crl as lists
from paraph.kernel.caller import Caller
from testkit import certification
from testkit.tree import PKI_URL, SEAL

pytestmark = pytest.mark.both_databases


@pytest.fixture
def add(tree, later):
    """Adds an authority, approved unless told otherwise, at the clock's instant."""

    def add(name, kind, approve=True):
        caller = certification.operator(later(seconds=1), "anna")
        given = {"name": name, "kind": kind, "common_name": f"Paraph Test {name}", "algorithm": "P-256"}
        if approve:
            certification.approved(caller, policy.CREATE_AUTHORITY, policy.authority_creation(**given))
        return authorities.add_authority(**given, pki_url=PKI_URL, names=certification.NAMES, caller=caller)

    return add


def test_authorities_are_kept_apart_by_what_they_issue(add, issue, later):
    for kind in ("advanced", "qualified", "seals", "tls", "infrastructure"):
        add(kind, kind)
    at = later(seconds=1)
    issuers = {
        "advanced": issue(caller=at),
        "qualified": issue(profile="natural-signature-qcp-n", generation="2", caller=at),
        "seals": issue(profile="seal-qcp-l", subject=SEAL, subject_id="o", generation="3", caller=at),
    }
    for name, certificate in issuers.items():
        assert certificate.authority.name == name
        leaf, issuing, root = (outside.load_der_x509_certificate(each) for each in queries.chain(certificate))
        leaf.verify_directly_issued_by(issuing)
        issuing.verify_directly_issued_by(root)
    for profile in ("tls-ovcp", "tsu"):
        assert queries.authority_for(profile).name == ("tls" if profile == "tls-ovcp" else "infrastructure")


def test_nobody_adds_an_authority_alone(add):
    with pytest.raises(services.NotApproved):
        add("second", "all", approve=False)
    assert not Authority.objects.filter(name="second").exists()


def test_an_interrupted_addition_goes_on_with_its_approval(add, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(authorities, "certify_service", lambda **given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            add("second", "all")
    assert queries.authority_for("natural-signature-ncp").name == "issuing"
    add("second", "all", approve=False)
    assert queries.authority_for("natural-signature-ncp").name == "second"


@pytest.mark.requirement("RFC 3647 4.5.6")
def test_a_roll_over_leaves_no_gap(pair, add, later, signer):
    """The old authority's certificates are answered for all the time, by a responder that is renewed in its turn."""
    old = pair.signature.authority
    add("issuing-2", "all")
    new = certification.active_pair(later(seconds=1), subject_id="identity-paul", generation="pauls")
    assert new.signature.authority.name == "issuing-2"
    # A change of an old certificate stands in the old authority's list and answers.
    at = later(days=1)
    services.revoke(generation=pair.generation, reason="lost", caller=at)
    publication.refresh(at.at, signer)
    listed = outside.load_der_x509_crl(lists.latest("issuing"))
    assert listed.get_revoked_certificate_by_serial_number(int(pair.signature.serial, 16)) is not None
    assert len(outside.load_der_x509_crl(lists.latest("issuing-2"))) == 0
    assert list(agreement.disagreements()) == []
    # Both responders are renewed while either has something in its life, each by its own authority.
    authorities.withdraw_authority(name="issuing", caller=Caller.system(at=at.at, name="cli:ca"))
    at = later(days=300)
    assert authorities.renew_services(caller=Caller.system(at=at.at, name="job:renew-services")) == 2
    answering = {row.authority.name for row in queries.services("ocsp", at.at) if row.not_before == at.at}
    assert answering == {"issuing", "issuing-2"}
    publication.refresh(at.at, signer)
    assert list(agreement.disagreements()) == [] and old.name == "issuing"


def test_an_authority_whose_last_certificate_has_ended_needs_no_responder(tree, add, later):
    add("issuing-2", "all")
    issuing = Authority.objects.get(name="issuing")
    last = max(row.not_after for row in issuing.certificates.exclude(usage="ocsp"))
    authorities.withdraw_authority(name="issuing", caller=Caller.system(at=later(seconds=1).at, name="cli:ca"))
    issuing.refresh_from_db()
    assert queries.still_answers(issuing, last - timedelta(seconds=1))
    assert not queries.still_answers(issuing, last)


@pytest.mark.requirement("EN 319 411-1 CSS-6.3.9-13")
def test_an_authority_is_revoked_with_four_eyes_and_stands_in_its_parents_list(pair, later, signer):
    anna = certification.operator(later(days=1), "anna")
    issuing = Authority.objects.get(name="issuing")
    certificate = queries.certificate_of(issuing)
    for alone in (
        lambda: authorities.revoke_authority(name="issuing", reason="compromised", caller=anna),
        lambda: services.revoke(generation=certificate.generation, reason="compromised", caller=anna),
    ):
        with pytest.raises(services.NotApproved):
            alone()
    certification.approved(anna, policy.REVOKE_AUTHORITY, policy.authority_revocation(certificate, "compromised"))
    with pytest.raises(services.NotApproved):
        authorities.revoke_authority(name="issuing", reason="replaced", caller=anna)
    assert queries.certificate_of(issuing).state == State.ACTIVE
    assert not authorities.revoke_authority(name="issuing", reason="compromised", caller=anna).in_service
    publication.publish_changes(anna.at, signer)
    listed = outside.load_der_x509_crl(lists.latest("root"))
    assert listed.get_revoked_certificate_by_serial_number(int(certificate.serial, 16)) is not None
    with pytest.raises(queries.NoAuthority):
        queries.authority_for("natural-signature-ncp")


def test_an_alarm_says_in_time_that_an_authority_needs_a_successor(tree, later):
    issuing = Authority.objects.get(name="issuing")
    due = issuing.not_after.replace(year=issuing.not_after.year - 4)

    def watch(at):
        return authorities.watch_lives(caller=Caller.system(at=at, name="job:watch"))

    assert watch(due - timedelta(seconds=1)) == 0
    assert watch(due) == 1
    assert queries.alarms().get().about == "issuing"
