# SPDX-License-Identifier: Apache-2.0
"""Since when a key may have been in wrong hands, as somebody told us: on lists, on deltas, and in answers."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509 import ocsp as judge

from paraph.domain.certification import publication, services
from paraph.domain.certification.models import StatusAnswer
from paraph.domain.certification.publication import agreement, crl
from paraph.pki import der, oids

INVALIDITY_DATE = x509.ObjectIdentifier(oids.INVALIDITY_DATE)


@pytest.fixture
def publish(signer, clock):
    return lambda: publication.refresh(clock.now(), signer)


@pytest.fixture
def told(caller):
    """What the holder says, with microseconds that nobody publishes."""
    return caller.at - timedelta(days=2, microseconds=-7)


@pytest.fixture
def published(certify, publish, told, caller):
    """What the list and the answer say of a certificate once `revoke` was called."""
    certificate = certify()

    def published(**given):
        services.revoke(generation="one", reason="stolen", caller=caller, **given)
        publish()
        return on_list(certificate), answered(certificate)

    return published


def on_list(certificate, name="issuing", **which):
    encoded = b"".join(crl.content(crl.newest_of(name, **which)))
    entry = x509.load_der_x509_crl(encoded).get_revoked_certificate_by_serial_number(int(certificate.serial, 16))
    try:
        return entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
    except x509.ExtensionNotFound:
        return None


def answered(certificate):
    answer = StatusAnswer.objects.get(certificate=certificate, hash_name="sha256")
    for extension in judge.load_der_ocsp_response(bytes(answer.der)).single_extensions:
        if extension.oid == INVALIDITY_DATE:
            assert not extension.critical
            return extension.value.invalidity_date_utc
    return None


@pytest.mark.requirement("RFC 5280 5.3.2", "RFC 6960 4.4.5")
def test_what_was_told_is_published_in_whole_seconds(published, told):
    assert published(invalid_since=told) == (told.replace(microsecond=0),) * 2
    assert list(agreement.disagreements()) == []


def test_what_nobody_told_is_not_there(published):
    assert published() == (None, None)


@pytest.mark.requirement("RFC 5280 5.3.2")
def test_what_is_told_later_is_published_too_and_never_forgotten(certify, publish, caller, told):
    certificate = certify()
    services.revoke(generation="one", reason="holder_request", invalid_since=told, caller=caller)
    services.report_compromise(generation="one", caller=caller)
    publish()
    assert on_list(certificate) == answered(certificate) == told.replace(microsecond=0)


def test_it_may_lie_before_the_certificate(published, told):
    early = told - timedelta(days=400)
    assert published(invalid_since=early)[0] == early.replace(microsecond=0)


def test_shards_and_deltas_carry_it(certify, publish, caller, system, told, clock, signer):
    services.arrange_lists(name="issuing", shards=1, deltas=True, caller=system)
    certificate = certify()
    publication.publish_changes(clock.now(), signer)
    publish()
    services.revoke(generation="one", reason="stolen", invalid_since=told, caller=caller)
    publication.publish_changes(clock.now(), signer)
    expected = told.replace(microsecond=0)
    assert on_list(certificate, shard=1) == on_list(certificate, shard=1, delta=True) == expected
    assert on_list(certificate, delta=True) == expected


def test_a_hold_has_none(certify, publish, caller):
    certificate = certify()
    services.suspend(generation="one", reason="lost", caller=caller)
    publish()
    assert (on_list(certificate), answered(certificate)) == (None, None)


def test_list_and_answer_that_differ_in_it_disagree(published, told):
    published(invalid_since=told)
    row = StatusAnswer.objects.get(hash_name="sha256", certificate__generation="one")
    content = bytes(row.der)
    moved = content.replace(der.generalized_time(told.replace(microsecond=0)),
                            der.generalized_time(told.replace(microsecond=0) + timedelta(seconds=1)))
    assert moved != content
    StatusAnswer.objects.filter(pk=row.pk).update(der=moved)
    assert [entry.serial for entry in agreement.disagreements()] == [row.certificate.serial]
