# SPDX-License-Identifier: Apache-2.0
"""The table in memory: what it understands, how long it believes, and what it never mixes up."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from paraph.domain.certification import publication, services
from paraph.interfaces.responders.table import Entry, Table
from paraph.kernel import clock as clocks
from paraph.pki import ocsp, oids


@pytest.fixture
def table(steady):
    return Table(clocks.bound, steady)


def held(clock, name=b"answer", life=60):
    return Entry(name, [], clock.now() + timedelta(seconds=life))


@pytest.fixture
def keep(table, clock):
    def keep(request, entry=None):
        assert table.find(request) is None
        table.keep(request, entry or held(clock), table.mark())
    return keep


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()])
@pytest.mark.parametrize("with_null", [True, False])
def test_the_common_forms_are_found(certify, question, table, keep, algorithm, with_null):
    request = question(certify(), algorithm=algorithm)
    if not with_null:
        shorter = bytearray(request.replace(b"\x05\x00", b"", 1))
        for place in (1, 3, 5, 7, 9, 11):
            shorter[place] -= 2
        request = bytes(shorter)
    assert ocsp.parse_request(request)
    keep(request)
    assert table.find(request).der == b"answer"


def test_serials_and_forms_are_not_mixed_up(certify, question, table, keep, clock):
    one, two = certify("one"), certify("two")
    keep(question(one), held(clock, b"one"))
    keep(question(two), held(clock, b"two"))
    keep(question(two, algorithm=hashes.SHA1()), held(clock, b"two by sha1"))
    assert table.find(question(one)).der == b"one"
    assert table.find(question(two)).der == b"two"
    assert table.find(question(two, algorithm=hashes.SHA1())).der == b"two by sha1"
    assert table.find(question(one, algorithm=hashes.SHA1())) is None


def test_requests_with_more_in_them_are_not_kept(certify, question, table, keep):
    request = question(certify(), nonce=b"n")
    keep(request)
    assert table.find(request) is None


def test_an_entry_ends(certify, question, table, keep, clock, steady):
    request = question(certify())
    keep(request)
    clock.advance(seconds=60, microseconds=-1)
    steady.seconds += 1
    assert table.find(request) is not None
    clock.advance(microseconds=1)
    steady.seconds += 1
    assert table.find(request) is None


def test_the_database_is_asked_twice_a_second_at_most(certify, question, table, keep, steady):
    request = question(certify())
    keep(request)
    with CaptureQueriesContext(connection) as asked:
        for _ in range(50):
            table.find(request)
        steady.seconds += 0.499
        table.find(request)
    assert len(asked) == 0
    steady.seconds += 0.001
    with CaptureQueriesContext(connection) as asked:
        table.find(request)
    assert len(asked) == 1


def test_a_change_empties_what_is_held(certify, question, table, keep, steady, caller):
    certificate = certify()
    keep(question(certificate))
    services.suspend(generation="one", reason="lost", caller=caller)
    steady.seconds += 0.5
    assert table.find(question(certificate)) is None


def test_an_answer_read_before_a_look_is_not_held_after_it(certify, question, table, clock, steady):
    request = question(certify())
    table.find(request)
    seen = table.mark()
    steady.seconds += 0.5
    table.find(request)
    table.keep(request, held(clock), seen)
    assert table.find(request) is None


def test_a_full_table_is_emptied(certify, question, table, keep, monkeypatch):
    monkeypatch.setattr("paraph.interfaces.responders.table._MOST_ENTRIES", 1)
    one, two = certify("one"), certify("two")
    keep(question(one))
    keep(question(two))
    assert table.find(question(one)) is None
    assert table.find(question(two)) is not None


def test_a_database_that_is_gone_is_not_papered_over(certify, question, web, steady, signer, clock, monkeypatch):
    certificate = certify()
    publication.refresh(clock.now(), signer)
    web("POST", "/pki/ocsp", question(certificate))

    def gone(self):
        raise DatabaseError()

    monkeypatch.setattr(Table, "_look", gone)
    steady.seconds += 1
    body, *_ = web("POST", "/pki/ocsp", question(certificate))
    assert body == ocsp.error(ocsp.Failure.TRY_LATER)


def test_answers_of_the_service_are_held_and_the_same(certify, question, web, signer, clock):
    certificate = certify()
    publication.refresh(clock.now(), signer)
    first, *_ = web("POST", "/pki/ocsp", question(certificate))
    with CaptureQueriesContext(connection) as asked:
        second, *_ = web("POST", "/pki/ocsp", question(certificate))
    assert (first, len(asked)) == (second, 0)


@given(data=st.binary(min_size=60, max_size=130))
def test_any_octets_are_found_or_not(data):
    class Empty(Table):
        def _look(self):
            self._seen = 0.0

    assert Empty(clocks.bound, lambda: 0.0).find(data) is None


def test_the_place_of_the_serial_is_where_the_writer_puts_it(tree):
    issuer = ocsp.Issuer.of(bytes(tree[1].subject_der), bytes(tree[1].public_key_der))
    for algorithm in (oids.SHA1, oids.SHA256):
        content = issuer.prefix(algorithm)
        assert issuer.certificate_id(algorithm, "7f")[2:] == content + b"\x02\x01\x7f"


# --- in the loop: never waiting ---------------------------------------------------------------------------------------


class AtHand:
    """An executor that does what it is given when it is told to."""

    def __init__(self):
        self.given = []

    def submit(self, act):
        self.given.append(act)


def test_in_the_loop_a_look_is_begun_and_not_waited_for(certify, question, table, keep, steady, caller):
    request = question(certify())
    keep(request)
    table._looker = AtHand()
    steady.seconds += 0.49
    assert table.find_at_once(request) and not table._looker.given
    steady.seconds += 0.01
    assert table.find_at_once(request) and table.find_at_once(request)
    (look,) = table._looker.given
    services.suspend(generation="one", reason="lost", caller=caller)
    look()
    assert table.find_at_once(request) is None
    assert table._looker.given == [look]


def test_in_the_loop_nothing_older_than_a_second_is_said(certify, question, table, keep, steady):
    request = question(certify())
    keep(request)
    table._looker = AtHand()
    steady.seconds += 0.99
    assert table.find_at_once(request)
    steady.seconds += 0.01
    assert table.find_at_once(request) is None
    assert table.find(request)
    assert table.find_at_once(request)


def test_a_database_that_is_down_is_seen_by_whoever_asks_next(certify, question, table, keep, steady, monkeypatch, caplog):
    request = question(certify())
    keep(request)
    table._looker = AtHand()
    steady.seconds += 0.5
    table.find_at_once(request)

    def broken():
        raise DatabaseError("a secret")

    monkeypatch.setattr(table, "_look", broken)
    (look,) = table._looker.given
    look()
    assert "a secret" not in caplog.text and "the database does not answer" in caplog.text
    steady.seconds += 0.5
    assert table.find_at_once(request) is None
    with pytest.raises(DatabaseError):
        table.find(request)
