# SPDX-License-Identifier: Apache-2.0
"""Issuing by hand: from a request whose key proves itself, with four eyes, through the same gate as everything else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from paraph.domain.audit.models import Event
from paraph.domain.certification import deeds, policy, publication, queries, services
from paraph.domain.certification.models import Approval, Certificate
from paraph.domain.certification.publication import facts
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound
from paraph.pki import names, x509
from testkit import certification

pytestmark = pytest.mark.django_db(transaction=True)
SEAL = names.legal_person(name="Exemple Musée a.s.b.l.", identifier="NTRLU-F1234", country="LU")
SERVER = names.web_server(organization="Exemple Musée a.s.b.l.", locality="Esch-sur-Alzette", country="LU")
PAPERS = {"applicant": "person-clara", "evidence": "file 2026-117", "reason": "Seal of the museum"}


@pytest.fixture
def anna(tree, system):
    return certification.operator(system, "anna")


@pytest.fixture
def ben(anna):
    return certification.operator(anna, "ben")


@pytest.fixture
def ask(anna):
    """Anna asks for a seal; anything may be given differently."""

    def ask(**given):
        wanted = {"profile": "seal-qcp-l", "subject": SEAL, "request": certification.pkcs10(), "identification": "desk",
                  "caller": anna, **PAPERS}
        return services.ask_issuance(**(wanted | given))

    return ask


def close_primes():
    """An RSA-3072 key that works and that everybody can break: two neighbouring primes (CVE-2022-26320)."""
    p, q, e = (3 << 1534) + 1837, (3 << 1534) + 2617, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p=p, q=q, d=d, dmp1=d % (p - 1), dmq1=d % (q - 1), iqmp=pow(q, -1, p), public_numbers=rsa.RSAPublicNumbers(e, p * q),
    ).private_key()


def allow(approval, ben):
    return services.approve(approval_id=approval.id, content_hash=approval.content_hash, caller=ben)


@pytest.mark.requirement("EN 319 411-1 REG-6.2.2-26")
def test_a_seal_is_issued_by_two_people_for_a_third(ask, anna, ben):
    asked = ask()
    assert (asked.subject, asked.content["evidence"]) == ("person-clara", "file 2026-117")
    with pytest.raises(services.NotApproved):
        services.issue_by_hand(approval_id=asked.id, caller=anna)
    with pytest.raises(services.SameEyes):
        allow(asked, anna)
    with pytest.raises(services.SameEyes):
        allow(asked, replace(ben, person="person-clara"))
    allow(asked, ben)
    seal = services.issue_by_hand(approval_id=asked.id, caller=anna)
    assert (seal.state, seal.usage, seal.level, seal.key_id) == ("active", "seal", "qcp-l", "")
    subject, key = x509.subject_and_key(bytes(seal.der))
    assert names.readable(subject).endswith("CN=Exemple Musée a.s.b.l.") and "NTRLU-F1234" in names.readable(subject)
    assert seal.subject_id == "organisation:NTRLU-F1234" and seal.identification == "desk"
    assert Approval.objects.get().state == "used"
    assert Event.objects.filter(code="certification.approval.used").count() == 1


def test_one_approval_makes_one_certificate(ask, anna, ben):
    asked = allow(ask(), ben)
    first = services.issue_by_hand(approval_id=asked.id, caller=anna)
    # As after a crash: asked again it is the same one.
    assert services.issue_by_hand(approval_id=asked.id, caller=ben).pk == first.pk
    assert Certificate.objects.filter(usage="seal").count() == 1


def test_a_deed_that_was_interrupted_after_its_beginning_goes_on(ask, anna, ben, clock):
    asked = allow(ask(), ben)
    services.approving.begin_deed(approval_id=asked.id, action=policy.ISSUE_BY_HAND, caller=anna)
    clock.set(asked.ends_at + timedelta(days=1))
    later = anna.at_instant(clock.now())
    assert services.issue_by_hand(approval_id=asked.id, caller=later).state == "active"


def test_an_approval_ends(ask, anna, ben, clock):
    asked = allow(ask(), ben)
    with pytest.raises(services.NotApproved):
        services.issue_by_hand(approval_id=asked.id, caller=anna.at_instant(asked.ends_at))
    clock.set(asked.ends_at - timedelta(microseconds=1))
    last = anna.at_instant(clock.now())
    assert services.issue_by_hand(approval_id=asked.id, caller=last).state == "active"


def test_what_was_approved_is_what_is_issued(ask, anna, ben):
    asked = allow(ask(), ben)
    Approval.objects.filter(pk=asked.pk).update(
        content=asked.content | {"subject": asked.content["subject"] | {"organization": "Autre S.A."}})
    with pytest.raises(services.NotApproved):
        services.issue_by_hand(approval_id=asked.id, caller=anna)
    assert not Certificate.objects.filter(usage="seal").exists()


def test_a_server_has_the_names_of_its_request(ask, anna, ben):
    asked = allow(ask(profile="tls-ovcp", subject=SERVER, request=certification.pkcs10(names=("www.example.org",))), ben)
    server = services.issue_by_hand(approval_id=asked.id, caller=anna)
    assert asked.content["dns_names"] == ["www.example.org"]
    assert server.usage == "tls" and b"www.example.org" in bytes(server.der)
    with pytest.raises(services.CertificateRefused):
        ask(profile="tls-ovcp", subject=SERVER)  # a server without a name


def test_a_service_whose_key_lies_elsewhere_answers_nothing_here(ask, anna, ben, signer):
    before = queries.newest_service("ocsp")
    responder = facts.responder_of(before.authority_id, anna.at)
    for profile in ("ocsp", "tsu"):
        asked = ask(profile=profile, subject=certification.NAMES.subject(f"Exemple {profile}"), applicant="", evidence="",
                    identification="", authority="issuing")
        made = deeds.perform(approval_id=allow(asked, ben).id, names=certification.NAMES, pki_url="", caller=anna)
        assert (made.usage, made.state) == (profile, "active")
    # The signer here has no such keys, so our own ones go on.
    assert queries.newest_service("ocsp") == before
    assert facts.responder_of(before.authority_id, anna.at) == responder
    publication.refresh(anna.at, signer)


def test_people_and_authorities_are_not_issued_by_hand(ask):
    for profile in ("natural-signature-ncp", "issuing", "root"):
        with pytest.raises(policy.NotByHand):
            ask(profile=profile)


def test_papers_and_somebody_who_asked_are_needed(ask):
    for missing in ("applicant", "evidence"):
        with pytest.raises(services.EvidenceMissing):
            ask(**{missing: " "})
    with pytest.raises(services.ReasonMissing):
        ask(reason="")


def test_the_applicant_does_not_ask(ask, anna):
    with pytest.raises(services.SameEyes):
        ask(applicant=anna.person)


def test_a_request_that_its_key_did_not_sign_is_refused(ask):
    whole = certification.pkcs10()
    for request, failure in (
        (whole[:-1] + bytes([whole[-1] ^ 1]), "badPOP"), (b"", "badDataFormat"), (b"\x30" * 20_000, "badDataFormat"),
        (certification.pkcs10(key=ec.generate_private_key(ec.SECP256K1())), "badAlg"),
    ):
        with pytest.raises(services.RequestRefused) as refusal:
            ask(request=request)
        assert refusal.value.facts["failure"] == failure
    assert not Approval.objects.exists()


def test_weak_blocked_and_others_keys_are_refused_before_anybody_is_asked(ask, anna, ben, tree, caller):
    with pytest.raises(services.KeyRefused):
        ask(request=certification.pkcs10(key=close_primes()))
    key = ec.generate_private_key(ec.SECP256R1())
    asked = ask(request=certification.pkcs10(key=key))
    with pytest.raises(services.KeyAlreadyCertified):
        services.issue_by_hand(approval_id=allow(asked, ben).id, caller=anna)
        ask(request=certification.pkcs10(key=key), subject=replace(SEAL, organization_identifier="NTRLU-F9"))
    services.block_key(digest=asked.content["key"], reason="published", caller=anna)
    with pytest.raises(services.KeyRefused):
        ask(request=certification.pkcs10(key=key))


def test_the_gate_judges_at_the_request(ask):
    with pytest.raises(services.CertificateRefused) as refusal:
        ask(subject=replace(SEAL, organization_identifier="not an identifier"))
    assert refusal.value.facts["findings"]
    assert not Approval.objects.exists()


def test_a_seal_in_a_device_needs_the_device(ask, anna):
    with pytest.raises(policy.DeviceNotDeclared):
        ask(profile="seal-qcp-l-qscd")
    certification.declare_device(anna)
    assert ask(profile="seal-qcp-l-qscd", device=certification.DEVICE).state == "asked"


def test_others_do_not_ask(ask, caller):
    with pytest.raises(Forbidden):
        ask(caller=caller)


def test_only_deeds_are_done(ask, anna, ben):
    asked = services.ask_waiver(profile="tls-ovcp", findings=["subject_length"], reason="x",
                                ends_at=anna.at + timedelta(days=1), caller=anna)
    allow(asked, ben)
    given = {"names": certification.NAMES, "pki_url": "", "caller": anna}
    with pytest.raises(NotAllowed):
        deeds.perform(approval_id=asked.id, **given)
    with pytest.raises(NotFound):
        deeds.perform(approval_id="00000000-0000-0000-0000-000000000007", **given)
    # Another deed's approval issues nothing.
    other = allow(ask(), ben)
    Approval.objects.filter(pk=other.pk).update(action=policy.DECLARE_DEVICE)
    with pytest.raises(services.NotApproved):
        services.issue_by_hand(approval_id=other.id, caller=anna)
