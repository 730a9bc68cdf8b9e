# SPDX-License-Identifier: Apache-2.0
"""pkilint judges what is published: lists of every kind and answers; and certificates while they are issued."""

import pytest
from pkilint import loader, pkix
from pkilint.pkix import crl as crl_lint
from pkilint.pkix import extension, name
from pkilint.pkix import ocsp as ocsp_lint
from pkilint.validation import ValidationFindingSeverity

from paraph.domain.certification import gate, publication, services
from paraph.domain.certification.publication import crl
from paraph.pki import profiles
from paraph.pki.keys import SoftwareKey
from paraph.pki.lint import known, outside
from paraph.pki.lint.known import Said
from testkit import certification
from testkit.tree import SUBJECTS

DECODERS = [pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS)]
LISTS = crl_lint.create_pkix_crl_validator_container(DECODERS, [
    crl_lint.create_issuer_validator_container([]), crl_lint.create_validity_validator_container([]),
    crl_lint.create_extensions_validator_container([])])
ANSWERS = ocsp_lint.create_pkix_ocsp_response_validator_container([ocsp_lint.create_response_decoder(), *DECODERS], [])


def findings(validator, document, profile):
    return [
        f"{finding.finding.severity.name} {finding.finding.code} {finding.message}"
        for result in validator.validate(document.root) for finding in result.finding_descriptions
        if finding.finding.severity <= ValidationFindingSeverity.NOTICE  # FATAL is 0
        and not known.explains(Said(finding.finding.code, finding.message or ""), profile, known.version())
    ]


def of_list(encoding):
    return findings(LISTS, loader.RFC5280CertificateListDocumentLoader().load_der_document(encoding, "list"), "issuing")


def of_answer(encoding):
    return findings(ANSWERS, loader.RFC6960OCSPResponseDocumentLoader().load_der_document(encoding, "answer"), "ocsp")


def test_lists_of_authorities_and_of_people(folder):
    for authority in ("root", "issuing"):
        assert of_list((folder / f"{authority}.crl").read_bytes()) == []


def test_lists_of_shards_and_their_deltas(folder, system, caller, clock, signer):
    services.arrange_lists(name="issuing", shards=1, deltas=True, caller=system)
    publication.publish_changes(clock.now(), signer)
    clock.advance(seconds=1)
    services.resume(generation="held", caller=caller.at_instant(clock.now()))
    publication.publish_changes(clock.now(), signer)
    for shard, delta in ((0, False), (0, True), (1, False)):
        assert of_list(b"".join(crl.content(crl.newest_of("issuing", shard, delta=delta)))) == []


def test_a_list_without_number_would_be_found(folder):
    """The number's identifier becomes that of another extension."""
    wrong = (folder / "issuing.crl").read_bytes().replace(bytes.fromhex("0603551d14"), bytes.fromhex("0603551d12"))
    assert of_list(wrong)


@pytest.mark.parametrize("more", [["-nonce"], ["-no_nonce"], ["-cert", "held.pem", "-serial", "0x77"]])
def test_answers(folder, run, post, more):
    for status in ("good", "held", "revoked"):
        code, said = run("openssl", "ocsp", "-sha256", "-issuer", "issuing.pem", "-cert", f"{status}.pem", *more, "-reqout",
                         "request.der")
        assert code == 0, said
        post("/pki/ocsp", "request.der", "answer.der")
        assert of_answer((folder / "answer.der").read_bytes()) == []


def test_an_answer_with_a_wrong_time_would_be_found(folder, run, post):
    run("openssl", "ocsp", "-sha256", "-issuer", "issuing.pem", "-cert", "good.pem", "-no_nonce", "-reqout", "request.der")
    post("/pki/ocsp", "request.der", "answer.der")
    right = (folder / "answer.der").read_bytes()
    assert right.count(b"\x18\x0f2026") >= 2
    assert of_answer(right.replace(b"\x18\x0f2026", b"\x18\x0f20X6", 1))


@pytest.fixture
def judged():
    """As config.binding binds it where PARAPH_JUDGE is pkilint; the list of what it was asked."""
    asked = []

    def judge(certificate, profile):
        asked.append(profile)
        return outside.judge(certificate, profile).findings

    gate.bind_judge(judge)
    yield asked
    gate.bind_judge(None)


LEAVES = [profile.name for profile in profiles.ALL if profile.holder in ("natural", "legal")]


@pytest.mark.requirement("EN 319 411-1 6.6.1")
@pytest.mark.parametrize("profile", LEAVES)
def test_what_is_issued_passes_pkilint_too(folder, judged, caller, profile):
    services.issue(
        attempt="judged", profile=profile, subject_id="judged", subject=SUBJECTS[profiles.get(profile).holder],
        generation="judged", public_key_der=SoftwareKey.generate("P-256").public_key_der, identification="desk",
        key_id="judged", device=certification.declare_device(caller) if profiles.get(profile).in_device else "",
        caller=caller)
    assert judged == [profile]


@pytest.fixture
def algorithm():
    return "P-256"
