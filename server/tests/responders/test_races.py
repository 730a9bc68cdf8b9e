# SPDX-License-Identifier: Apache-2.0
"""Several processes publish at once, while certificates change, on both databases."""

import pytest
from cryptography import x509
from cryptography.x509 import ocsp as judge

from paraph.domain.certification import publication, services
from paraph.domain.certification.models import Certificate, RevocationList
from paraph.domain.certification.publication import agreement, crl, ocsp
from testkit.races import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def test_numbers_grow_by_one_however_many_publish(tree, signer, clock):
    at_once(lambda number: crl.publish(tree[1], clock.now(), signer), times=8)
    rows = RevocationList.objects.filter(authority=tree[1]).order_by("number")
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    # Whoever was overtaken between its number and its signature leaves the number unused and takes the next one.
    settled = [row for row in rows if row.octets]
    assert len(settled) == 8
    for row in settled:
        number = x509.load_der_x509_crl(bytes(row.der)).extensions.get_extension_for_class(x509.CRLNumber).value
        assert number.crl_number == row.number


def test_what_changes_while_it_is_published_is_never_lost(certify, question, signer, clock, caller):
    certificates = [certify(f"one-{number}") for number in range(6)]
    publication.refresh(clock.now(), signer)

    def publish():
        for _ in range(3):
            publication.publish_changes(clock.now(), signer)

    def act(number):
        if number >= len(certificates):
            publish()
        else:
            services.suspend(generation=certificates[number].generation, reason="lost", caller=caller)

    assert at_once(act, times=len(certificates) + 2) == [None] * (len(certificates) + 2)
    for certificate in Certificate.objects.filter(generation__startswith="one-").select_related("authority"):
        answered = ocsp.answer(question(certificate), clock.now(), signer)
        answer = judge.load_der_ocsp_response(answered.der)
        assert answer.revocation_reason is x509.ReasonFlags.certificate_hold
    publication.publish_changes(clock.now(), signer)
    assert list(agreement.disagreements()) == []
    for certificate in certificates:
        assert ocsp.answer(question(certificate), clock.now(), signer).stored
