# SPDX-License-Identifier: Apache-2.0
"""Certificates that say of themselves that nobody publishes a status: nothing is made of them, and nothing is promised."""

import pytest
from cryptography.x509 import ocsp as judge

from paraph.domain.certification import publication, services
from paraph.domain.certification.models import Certificate, StatusAnswer, UnknownSerials
from paraph.domain.certification.publication import agreement
from paraph.domain.certification.publication import ocsp as answers
from paraph.kernel.errors import NotFound
from paraph.pki import der
from paraph.pki.keys import SoftwareKey
from testkit.tree import MARIE

UNAUTHORIZED = judge.OCSPResponseStatus.UNAUTHORIZED


@pytest.fixture
def short(tree, caller):
    services.issue(
        attempt="short", profile="natural-signature-short-term", subject_id="identity", subject=MARIE, generation="short",
        public_key_der=SoftwareKey.generate("P-256").public_key_der, identification="desk", key_id="short", caller=caller)
    (certificate,) = services.activate(generation="short", caller=caller)
    return certificate


@pytest.fixture
def refresh(signer, clock):
    return lambda: publication.refresh(clock.now(), signer)


@pytest.fixture
def status(web):
    def status(request):
        body, line, headers = web("POST", "/pki/ocsp", request)
        assert line == "200 OK"
        return judge.load_der_ocsp_response(body), headers
    return status


@pytest.mark.requirement("RFC 9608", "EN 319 411-1 6.3.9")
def test_no_answer_is_made_and_none_is_given(short, certify, refresh, question, status):
    other = certify()
    refresh()
    assert not StatusAnswer.objects.filter(certificate=short).exists()
    assert StatusAnswer.objects.filter(certificate=other).count() == 2
    answer, headers = status(question(short))
    assert answer.response_status is UNAUTHORIZED and headers["Cache-Control"] == "no-store"
    assert status(question(short, nonce=b"n" * 16))[0].response_status is UNAUTHORIZED
    assert status(question(other))[0].certificate_status is judge.OCSPCertStatus.GOOD
    # It was issued: no sign of a forgery.
    assert not UnknownSerials.objects.exists()


def test_nor_beside_another_one(short, certify, question, status):
    both = b"".join(_request(question(certificate)) for certificate in (certify(), short))
    answer, _ = status(der.sequence(der.sequence(der.sequence(both))))
    assert answer.response_status is UNAUTHORIZED


def _request(encoding):
    return der.read(encoding).children()[0].children()[0].children()[0].encoding


def test_there_is_nothing_to_put_into_a_document(short, signer, clock):
    with pytest.raises(NotFound):
        answers.current_answer(short.serial, clock.now(), signer)


def test_list_and_answers_agree_about_it(short, refresh):
    refresh()
    assert list(agreement.disagreements()) == []


def test_a_serial_that_was_given_up_is_revoked_all_the_same(caller, refresh, signer, clock, question, short):
    Certificate.objects.filter(pk=short.pk).update(state="reserved")
    services.revoke(generation="short", reason="misissued", caller=caller)
    refresh()
    answer = judge.load_der_ocsp_response(answers.answer(question(short), clock.now(), signer).der)
    assert answer.certificate_status is judge.OCSPCertStatus.REVOKED
    assert list(agreement.disagreements()) == []
