# SPDX-License-Identifier: Apache-2.0
import base64
import logging
from datetime import timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp as judge
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.certification import publication, services
from paraph.domain.certification.models import Certificate, StatusAnswer
from paraph.domain.certification.publication import ocsp as answers
from paraph.interfaces.responders import application
from paraph.kernel import rules
from paraph.kernel.errors import NotFound
from paraph.pki import der, ocsp, oids
from paraph.signer import client

pytestmark = pytest.mark.both_databases

GOOD, REVOKED, UNKNOWN = judge.OCSPCertStatus.GOOD, judge.OCSPCertStatus.REVOKED, judge.OCSPCertStatus.UNKNOWN


@pytest.fixture
def publish(signer, clock):
    return lambda: publication.publish_changes(clock.now(), signer)


@pytest.fixture
def refresh(signer, clock):
    return lambda: publication.refresh(clock.now(), signer)


class Broken:
    """A signer that can't be reached."""

    def sign(self, **given):
        raise client.SignerUnavailable()


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()])
def test_an_issued_certificate_is_good(certify, ask, clock, algorithm, tree):
    certificate = certify()
    answer = ask(certificate, algorithm=algorithm)
    assert answer.certificate_status is GOOD
    assert answer.serial_number == int(certificate.serial, 16)
    assert isinstance(answer.hash_algorithm, type(algorithm))
    assert answer.this_update_utc == clock.now()
    assert answer.next_update_utc == clock.now() + timedelta(seconds=rules.current().ocsp_life_seconds)
    (responder,) = answer.certificates
    responder.verify_directly_issued_by(x509.load_der_x509_certificate(bytes(tree[1].certificate_der)))


@pytest.mark.requirement("R156", part="here: lists and answers; login and signing in their own tests")
@pytest.mark.requirement("EN 319 411-1 REV-6.2.4-03C")
def test_a_hold_is_seen_within_a_second(certify, ask, caller, publish, clock, steady):
    certificate = certify()
    publish()
    assert ask(certificate).certificate_status is GOOD
    services.suspend(generation="one", reason="lost", caller=caller)
    steady.seconds += 0.49
    assert ask(certificate).certificate_status is GOOD
    steady.seconds += 0.01
    held = ask(certificate)
    assert held.certificate_status is REVOKED
    assert held.revocation_reason is x509.ReasonFlags.certificate_hold
    assert held.revocation_time_utc == clock.now()


def test_a_change_is_seen_before_anything_is_published(certify, web, question, caller, refresh):
    certificate = certify()
    refresh()
    services.suspend(generation="one", reason="lost", caller=caller)
    body, *_ = web("POST", "/pki/ocsp", question(certificate))
    assert judge.load_der_ocsp_response(body).certificate_status is REVOKED


def test_the_whole_life(certify, question, caller, publish, refresh, signer, clock):
    certificate = certify()
    request = question(certificate)

    def status():
        answered = answers.answer(request, clock.now(), signer)
        return judge.load_der_ocsp_response(answered.der), answered.stored

    refresh()
    assert (status()[0].certificate_status, status()[1]) == (GOOD, True)
    services.suspend(generation="one", reason="lost", caller=caller)
    assert (status()[0].certificate_status, status()[1]) == (REVOKED, False)
    publish()
    assert (status()[0].certificate_status, status()[1]) == (REVOKED, True)
    services.resume(generation="one", caller=caller)
    assert (status()[0].certificate_status, status()[1]) == (GOOD, False)
    publish()
    assert (status()[0].certificate_status, status()[1]) == (GOOD, True)
    services.revoke(generation="one", reason="stolen", caller=caller)
    publish()
    answer, stored = status()
    assert (answer.certificate_status, stored) == (REVOKED, True)
    assert answer.revocation_reason is x509.ReasonFlags.key_compromise


@pytest.mark.requirement("EN 319 411-1 OVR-6.6.3-02")
def test_a_serial_that_was_never_issued_is_unknown(certify, ask, web, tree):
    certificate = certify()
    other = Certificate(authority=tree[1], serial="5a" * 20, der=certificate.der)
    issuer = ocsp.Issuer.of(bytes(tree[1].subject_der), bytes(tree[1].public_key_der))
    request = der.sequence(der.sequence(der.sequence(der.sequence(
        issuer.certificate_id(oids.SHA256, other.serial)))))
    body, _, headers = web("POST", "/pki/ocsp", request)
    assert judge.load_der_ocsp_response(body).certificate_status is UNKNOWN
    assert headers["Cache-Control"] == "no-store"


def test_a_reserved_serial_is_unknown(certify, question, web, signer, clock):
    certificate = certify()
    request = question(certificate)
    serial = "5b" * 20
    Certificate.objects.filter(pk=certificate.pk).update(state="reserved", serial=serial)
    body, *_ = web("POST", "/pki/ocsp", request.replace(bytes.fromhex(certificate.serial), bytes.fromhex(serial)))
    answer = judge.load_der_ocsp_response(body)
    assert (answer.serial_number, answer.certificate_status) == (int(serial, 16), UNKNOWN)
    with pytest.raises(NotFound):
        answers.current_answer(serial, clock.now(), signer)


@pytest.mark.requirement("RFC 6960 2.3")
def test_other_issuers_are_unauthorized(certify, question, web):
    certificate = certify()
    request = question(certificate)
    # An octet within the hash of the issuer's name.
    body, status, headers = web("POST", "/pki/ocsp", request[:30] + bytes([request[30] ^ 1]) + request[31:])
    answer = judge.load_der_ocsp_response(body)
    assert answer.response_status is judge.OCSPResponseStatus.UNAUTHORIZED
    assert (status, headers["Cache-Control"]) == ("200 OK", "no-store")


def test_an_authority_without_responder_is_unauthorized(tree, ask):
    issuing = Certificate.objects.get(profile="issuing")
    assert ask(issuing).response_status is judge.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("nonce", [b"n", b"n" * 32, b"n" * 128])
@pytest.mark.requirement("RFC 9654 2.1")
def test_a_nonce_gets_a_live_answer(certify, question, web, refresh, nonce):
    certificate = certify()
    refresh()
    body, _, headers = web("POST", "/pki/ocsp", question(certificate, nonce=nonce))
    answer = judge.load_der_ocsp_response(body)
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("nonce", [b"", b"n" * 129])
@pytest.mark.requirement("RFC 9654 2.1")
def test_a_nonce_of_a_wrong_length_is_malformed(certify, ask, nonce):
    assert ask(certify(), nonce=nonce).response_status is judge.OCSPResponseStatus.MALFORMED_REQUEST


def test_several_certificates_in_one_request(certify, web, tree, caller):
    one, two = certify("one"), certify("two")
    services.suspend(generation="two", reason="lost", caller=caller)
    issuer = ocsp.Issuer.of(bytes(tree[1].subject_der), bytes(tree[1].public_key_der))
    requests = b"".join(
        der.sequence(issuer.certificate_id(algorithm, serial))
        for algorithm, serial in [(oids.SHA256, one.serial), (oids.SHA1, two.serial), (oids.SHA1, "7")])
    body, *_ = web("POST", "/pki/ocsp", der.sequence(der.sequence(der.tagged(der.SEQUENCE, requests))))
    assert [answer.certificate_status for answer in judge.load_der_ocsp_response(body).responses] == [
        GOOD, REVOKED, UNKNOWN]


@pytest.mark.requirement("RFC 9919")
def test_get_and_its_caching(certify, question, web, refresh, clock):
    certificate = certify()
    refresh()
    path = "/pki/ocsp/" + base64.b64encode(question(certificate)).decode()
    body, status, headers = web("GET", path)
    assert judge.load_der_ocsp_response(body).certificate_status is GOOD
    assert headers["Content-Type"] == "application/ocsp-response"
    assert headers["Cache-Control"] == (
        f"max-age={rules.current().ocsp_cache_seconds}, public, no-transform, must-revalidate")
    assert headers["Last-Modified"] == "Tue, 24 Nov 2026 09:00:00 GMT"
    assert headers["Expires"] == "Tue, 24 Nov 2026 10:00:00 GMT"
    assert web("GET", path, HTTP_IF_NONE_MATCH=headers["ETag"])[:2] == (b"", "304 Not Modified")
    assert web("GET", path, HTTP_IF_NONE_MATCH='"other"')[0] == body
    empty, status, head = web("HEAD", path)
    assert (empty, status, head["ETag"]) == (b"", "200 OK", headers["ETag"])
    assert web("GET", quote(path, safe="/"))[0] == body
    assert web("GET", path.rstrip("="))[0] == body
    assert web("POST", "/pki/ocsp/", question(certificate))[0] == body


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("GET", "/pki/ocsp", b"", "400"), ("GET", "/pki/ocsp/!!!", b"", "400"),
    ("GET", "/pki/ocsp/" + "A" * 2049, b"", "400"),
    ("PUT", "/pki/ocsp", b"x", "405"), ("POST", "/pki/ocsp/MFEw", b"x", "405"), ("POST", "/pki/ocsp", b"", "411"),
    ("POST", "/pki/ocsp", b"x" * 16385, "413"),
])
def test_what_is_no_question_is_refused(db, web, method, path, body, status):
    assert web(method, path, body)[1].startswith(status)


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 13])
def test_odd_lengths_are_refused(db, web, length):
    assert web("POST", "/pki/ocsp", b"x", CONTENT_LENGTH=length)[1].startswith("411")
    assert web("POST", "/pki/ocsp", b"x", CONTENT_LENGTH="2")[1].startswith("400")


def test_malformed_requests_get_the_protocols_error_and_leave_no_trace(tree, web, caplog):
    caplog.set_level(logging.DEBUG)
    body, status, headers = web("POST", "/pki/ocsp", b"SECRET-REQUEST")
    assert judge.load_der_ocsp_response(body).response_status is judge.OCSPResponseStatus.MALFORMED_REQUEST
    assert (status, headers["Cache-Control"]) == ("200 OK", "no-store")
    assert "SECRET" not in caplog.text


def test_stored_answers_need_no_key(certify, ask, refresh):
    certificate = certify()
    assert refresh() > 0
    client.bind(Broken())
    assert ask(certificate).certificate_status is GOOD
    assert ask(certificate, nonce=b"n").response_status is judge.OCSPResponseStatus.TRY_LATER


def test_answers_are_made_again_before_they_age(certify, refresh, clock, question, signer):
    certificate = certify()
    refresh()
    first = StatusAnswer.objects.get(certificate=certificate, hash_name="sha256").this_update
    clock.advance(seconds=rules.current().ocsp_refresh_seconds - 1)
    assert refresh() == 0
    clock.advance(seconds=1)
    assert refresh() > 0
    row = StatusAnswer.objects.get(certificate=certificate, hash_name="sha256")
    assert row.this_update == clock.now() > first


def test_an_answer_that_ran_out_is_not_served(certify, refresh, clock, question, signer):
    certificate = certify()
    refresh()
    life = rules.current().ocsp_life_seconds
    clock.advance(seconds=life - 1)
    assert answers.answer(question(certificate), clock.now(), signer).stored
    clock.advance(seconds=1)
    answered = answers.answer(question(certificate), clock.now(), signer)
    assert not answered.stored
    assert judge.load_der_ocsp_response(answered.der).this_update_utc == clock.now()


@pytest.mark.requirement("EN 319 411-2 CSS-6.3.10-10")
def test_expired_certificates_keep_their_status_and_say_since_when(certify, refresh, clock, ask, caller, tree):
    certificate = certify()
    services.revoke(generation="one", reason="stolen", caller=caller)
    refresh()
    clock.set(certificate.not_after + timedelta(days=1))
    authority = tree[1]
    # As if the responder's certificate had been renewed in time.
    Certificate.objects.filter(authority=authority, usage="ocsp").update(not_after=clock.now() + timedelta(days=1))
    refresh()
    assert not StatusAnswer.objects.filter(certificate=certificate).exists()
    answer = ask(certificate)
    assert answer.certificate_status is REVOKED
    (cutoff,) = answer.single_extensions
    beginning = x509.load_der_x509_certificate(bytes(authority.certificate_der)).not_valid_before_utc
    assert (cutoff.oid.dotted_string, cutoff.value.value) == (oids.OCSP_ARCHIVE_CUTOFF, der.generalized_time(beginning))


@pytest.mark.requirement("RFC 6960 4.2.2.2")
def test_a_responder_whose_certificate_is_over_answers_no_more(certify, ask, clock):
    certificate = certify()
    clock.advance(days=366)
    assert ask(certificate).response_status is judge.OCSPResponseStatus.INTERNAL_ERROR


def test_answers_for_embedding_can_be_asked_to_be_new(certify, refresh, clock, signer):
    certificate = certify()
    refresh()
    made = clock.now()
    clock.advance(seconds=60)
    stored = answers.current_answer(certificate.serial, clock.now(), signer)
    assert judge.load_der_ocsp_response(stored).this_update_utc == made
    fresh = answers.current_answer(certificate.serial, clock.now(), signer, made_since=clock.now())
    assert judge.load_der_ocsp_response(fresh).this_update_utc == clock.now()
    assert answers.current_answer(certificate.serial, clock.now(), signer) == fresh
    with pytest.raises(NotFound):
        answers.current_answer("5a" * 20, clock.now(), signer)


# --- answers to nonces, from what is known ----------------------------------------------------------------------------


@pytest.fixture
def ask_live(web, question):
    """Asks with a nonce, as anybody does; returns what another program reads in the answer."""
    def ask_live(certificate, nonce=b"n" * 32):
        body, status, headers = web("POST", "/pki/ocsp", question(certificate, nonce=nonce))
        assert status == "200 OK" and headers["Cache-Control"] == "no-store"
        answer = judge.load_der_ocsp_response(body)
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
        return answer
    return ask_live


def test_what_is_known_is_asked_of_nobody_within_half_a_second(certify, ask_live, clock, steady):
    certificate = certify()
    ask_live(certificate)
    known_at = clock.now()
    clock.advance(seconds=3)
    steady.seconds += 0.49
    with CaptureQueriesContext(connection) as captured:
        answer = ask_live(certificate, nonce=b"another one")
    assert len(captured) == 0
    # It says since when it has known.
    assert (answer.certificate_status, answer.this_update_utc, answer.produced_at_utc) == (GOOD, known_at, clock.now())
    steady.seconds += 0.01
    assert ask_live(certificate).this_update_utc == clock.now()


def test_a_change_is_in_live_answers_within_a_second(certify, ask_live, caller, steady, clock):
    certificate, other = certify("one"), certify("two")
    assert ask_live(certificate).certificate_status is GOOD and ask_live(other).certificate_status is GOOD
    services.suspend(generation="one", reason="lost", caller=caller)
    steady.seconds += 0.49
    assert ask_live(certificate).certificate_status is GOOD
    steady.seconds += 0.01
    for _ in range(2):
        held = ask_live(certificate)
        assert (held.certificate_status, held.revocation_reason) == (REVOKED, x509.ReasonFlags.certificate_hold)
        assert ask_live(other).certificate_status is GOOD


def test_an_unknown_serial_is_never_held_as_known(certify, ask_live, tree, question, steady):
    certificate = certify()
    Certificate.objects.filter(pk=certificate.pk).update(serial="77")
    assert ask_live(certificate).certificate_status is UNKNOWN
    Certificate.objects.filter(pk=certificate.pk).update(serial=certificate.serial)
    assert ask_live(certificate).certificate_status is GOOD


def test_after_a_minute_the_responder_is_looked_for_again(certify, ask_live, clock, steady):
    certificate = certify()
    ask_live(certificate)
    for seconds, asked in ((59, False), (1, True)):
        clock.advance(seconds=seconds)
        steady.seconds += seconds
        with CaptureQueriesContext(connection) as captured:
            ask_live(certificate)
        assert any("certification_certificate" in query["sql"] for query in captured) == asked


def test_the_two_ways_into_the_responder_say_the_same(certify, question, tree, steady, web):
    responders = application(lambda environ, start_response: [], steady=steady)
    certificate = certify()
    assert responders.takes_directly(b"POST", b"/pki/ocsp") and not responders.takes_directly(b"POST", b"/pki/tsa")
    assert not responders.takes_directly(b"GET", b"/pki/ocsp")
    for request in (question(certificate), question(certificate, nonce=b"n"), b"rubbish", b"0" * 20000):
        head, content = responders.directly(b"POST", b"/pki/ocsp", request)
        body, _, headers = web("POST", "/pki/ocsp", request[:ocsp.LARGEST_REQUEST])
        one, two = judge.load_der_ocsp_response(content), judge.load_der_ocsp_response(body)
        assert one.response_status is two.response_status
        assert head.startswith(b"HTTP/1.1 200 OK\r\n") and head.endswith(b"\r\nDate: ")
        assert f"\r\nCache-Control: {headers['Cache-Control']}\r\n".encode() in head


def test_the_loop_answers_only_what_is_fresh_and_never_asks_the_database(
    certify, question, refresh, steady, clock, web, caller,
):
    responders = application(lambda environ, start_response: [], steady=steady)
    certificate = certify()
    refresh()
    request = question(certificate)
    path = b"/pki/ocsp/" + quote(base64.b64encode(request).decode(), safe="").encode()
    assert responders.at_once(b"POST", b"/pki/ocsp", request) is None
    head, content = responders.directly(b"POST", b"/pki/ocsp", request)
    with CaptureQueriesContext(connection) as captured:
        assert responders.at_once(b"POST", b"/pki/ocsp", request) == (head, content)
        for_get = responders.at_once(b"GET", path, b"")
        assert responders.at_once(b"PUT", b"/pki/ocsp", request) is None
        assert responders.at_once(b"POST", b"/pki/tsa", request) is None
        assert responders.at_once(b"GET", b"/pki/ocsp/%", b"") is None
        assert responders.at_once(b"GET", b"/pki/ocsp/MAA", b"") is None
    assert len(captured) == 0
    _, _, headers = web("GET", path.decode())
    assert for_get[1] == content and f"\r\nETag: {headers['ETag']}\r\nDate: ".encode() in for_get[0]
    steady.seconds += 1
    assert responders.at_once(b"POST", b"/pki/ocsp", request) is None
