# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import pytest
from cryptography import x509

from paraph.domain.audit import queries as audit
from paraph.domain.certification import publication, services
from paraph.domain.certification.models import Certificate, RevocationList
from paraph.domain.certification.publication import agreement, crl
from paraph.kernel import rules
from paraph.kernel.errors import NotFound
from paraph.signer import client

pytestmark = pytest.mark.both_databases


@pytest.fixture
def publish(signer, clock):
    return lambda: publication.publish_changes(clock.now(), signer)


def number(found):
    return found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


@pytest.fixture
def fetch(web):
    def fetch(name="issuing"):
        body, status, _ = web("GET", f"/pki/crl/{name}.crl")
        assert status == "200 OK"
        return x509.load_der_x509_crl(body)
    return fetch


def entry(found, certificate):
    return found.get_revoked_certificate_by_serial_number(int(certificate.serial, 16))


def reason(found):
    return found.extensions.get_extension_for_class(x509.CRLReason).value.reason.name


@pytest.mark.requirement("R156", part="here: lists and answers; login and signing in their own tests")
@pytest.mark.requirement("RFC 5280 5.3.1")
def test_hold_resume_and_revoke_on_the_list(certify, fetch, publish, caller, clock, tree):
    certificate = certify()
    publish()
    first = fetch()
    key = x509.load_der_x509_certificate(bytes(tree[1].certificate_der)).public_key()
    assert first.is_signature_valid(key)
    assert entry(first, certificate) is None

    services.suspend(generation="one", reason="lost", caller=caller)
    publish()
    held = fetch()
    assert reason(entry(held, certificate)) == "certificate_hold"
    assert entry(held, certificate).revocation_date_utc == clock.now()

    clock.advance(days=1)
    services.resume(generation="one", caller=caller.at_instant(clock.now()))
    publish()
    assert entry(fetch(), certificate) is None

    services.suspend(generation="one", reason="lost", caller=caller.at_instant(clock.now()))
    beginning = clock.now()
    clock.advance(days=1)
    services.revoke(generation="one", reason="stolen", caller=caller.at_instant(clock.now()))
    publish()
    revoked = fetch()
    assert reason(entry(revoked, certificate)) == "key_compromise"
    assert entry(revoked, certificate).revocation_date_utc == beginning
    assert [number(found) for found in (first, held, revoked)] == [1, 2, 4]


@pytest.mark.requirement("EN 319 411-1 CSS-6.3.9-05")
def test_lists_are_made_before_they_age_and_not_without_need(certify, fetch, publish, signer, clock):
    certify()
    publish()
    assert publish() == 0
    first = fetch()
    current = rules.current()
    assert first.next_update_utc - first.last_update_utc == timedelta(seconds=current.crl_life_seconds)
    clock.advance(seconds=current.crl_refresh_seconds - 1)
    assert crl.refresh(clock.now(), signer) == 0
    clock.advance(seconds=1)
    assert crl.refresh(clock.now(), signer) == 2
    second = fetch()
    assert second.last_update_utc == clock.now()
    assert number(second) == number(first) + 1


def test_the_roots_list_is_published_too(tree, fetch, publish):
    publish()
    found = fetch("root")
    assert found.is_signature_valid(x509.load_der_x509_certificate(bytes(tree[0].certificate_der)).public_key())
    assert len(found) == 0


@pytest.mark.requirement("EN 319 411-2 CSS-6.3.10-05")
def test_entries_of_expired_certificates_stay_and_the_list_says_so(certify, fetch, caller, clock, signer, tree):
    certificate = certify()
    services.revoke(generation="one", reason="stolen", caller=caller)
    clock.set(certificate.not_after + timedelta(days=30))
    crl.refresh(clock.now(), signer)
    found = fetch()
    assert entry(found, certificate) is not None
    (kept_since,) = [one for one in found.extensions if one.oid.dotted_string == "2.5.29.60"]
    assert kept_since.value.value.endswith(b"20261124090000Z")


def test_a_crash_between_reserving_and_settling_loses_a_number_and_nothing_else(
        certify, fetch, publish, caller, signer, clock, tree):
    certificate = certify()
    publish()

    class Broken:
        def sign(self, **given):
            raise client.SignerUnavailable()

    services.suspend(generation="one", reason="lost", caller=caller)
    with pytest.raises(client.SignerUnavailable):
        crl.publish_outdated(clock.now(), Broken())
    assert number(fetch()) == 1
    assert publish() > 0
    found = fetch()
    assert number(found) == 3
    assert entry(found, certificate) is not None


@pytest.mark.requirement("RFC 5280 5.2.3")
def test_numbers_are_unique_and_grow_however_many_publish(tree, signer, clock):
    for _ in range(3):
        crl.publish(tree[1], clock.now(), signer)
    rows = RevocationList.objects.filter(authority=tree[1]).order_by("number")
    assert [row.number for row in rows] == [1, 2, 3]
    assert [event.facts["number"] for event in audit.about("authority", tree[1].id)
            if event.code == "certification.list.published"] == [1, 2, 3]


def test_the_newest_list_is_the_one_with_the_greatest_number(tree, signer, clock):
    first = bytes(crl.publish(tree[1], clock.now(), signer).der)
    second = bytes(crl.publish(tree[1], clock.now(), signer).der)
    assert crl.latest("issuing") == second != first
    with pytest.raises(NotFound):
        crl.latest("nobody")


def test_headers_and_conditional_requests(tree, web, publish):
    publish()
    body, _, headers = web("GET", "/pki/crl/issuing.crl")
    assert headers["Content-Type"] == "application/pkix-crl"
    assert headers["Cache-Control"] == "max-age=300, public, must-revalidate"
    assert headers["Last-Modified"] == "Tue, 24 Nov 2026 09:00:00 GMT"
    assert web("GET", "/pki/crl/issuing.crl", HTTP_IF_NONE_MATCH=f'W/{headers["ETag"]}, "x"')[1] == "304 Not Modified"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert web("GET", "/pki/crl/nobody.crl")[2]["X-Content-Type-Options"] == "nosniff"
    assert web("HEAD", "/pki/crl/issuing.crl")[0] == b""


def test_certificates_of_authorities(tree, web):
    body, _, headers = web("GET", "/pki/ca/issuing.cer")
    assert (body, headers["Content-Type"]) == (bytes(tree[1].certificate_der), "application/pkix-cert")
    text, *_ = web("GET", "/pki/ca/root.pem")
    assert x509.load_pem_x509_certificate(text) == x509.load_der_x509_certificate(bytes(tree[0].certificate_der))


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/pki/crl/nobody.crl", "404"), ("GET", "/pki/crl/../issuing.crl", "404"), ("GET", "/pki/crl/", "404"),
    ("GET", "/pki/crl/issuing.CRL", "404"), ("GET", "/pki/crl/issuing.crl\n", "404"),
    ("POST", "/pki/crl/issuing.crl", "405"), ("DELETE", "/pki/ca/issuing.cer", "405"),
    ("GET", "/pki/ca/nobody.cer", "404"), ("GET", "/pki/ca/issuing.key", "404"),
    ("GET", "/pki/ca/" + "a" * 41 + ".cer", "404"),
])
def test_what_is_not_there(tree, web, method, path, status):
    assert web(method, path)[1].startswith(status)


@pytest.mark.parametrize("path", ["/", "/pki/", "/pki", "/pki/tsa/", "/pki/ocspx", "/my/pki/ocsp"])
def test_all_other_addresses_are_djangos(web, path):
    assert web("GET", path)[0] == b"django"


@pytest.mark.requirement("EN 319 411-1 6.3.10")
def test_list_and_answers_agree(certify, publish, signer, clock, caller):
    for name in ("good", "held", "revoked", "changed"):
        certify(name)
    services.suspend(generation="held", reason="lost", caller=caller)
    services.revoke(generation="revoked", reason="stolen", caller=caller)
    publication.refresh(clock.now(), signer)
    assert list(agreement.disagreements()) == []
    services.suspend(generation="changed", reason="lost", caller=caller)
    changed = Certificate.objects.get(generation="changed")
    (found,) = agreement.disagreements()
    assert (found.authority, found.serial, found.on_list, found.since) == ("issuing", changed.serial, None, clock.now())
    assert found.answered == (clock.now(), "certificateHold", None)
    publish()
    assert list(agreement.disagreements()) == []


@pytest.mark.requirement("EN 319 411-1 6.3.10")
def test_each_kind_of_disagreement_is_found(certify, publish, caller, tree):
    certificate = certify()
    assert {found.authority for found in agreement.disagreements()} == {"root", "issuing"}
    services.suspend(generation="one", reason="lost", caller=caller)
    publish()
    assert list(agreement.disagreements()) == []
    # An entry that nobody knows, and a certificate that is not on the list any more.
    Certificate.objects.filter(pk=certificate.pk).update(serial="1")
    assert {(found.serial, found.answered is None) for found in agreement.disagreements()} == {
        ("1", False), (certificate.serial, True)}
