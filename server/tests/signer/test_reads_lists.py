# SPDX-License-Identifier: Apache-2.0
"""Authorities sign their own lists, with numbers that rise; a long one is read piece by piece."""

import hashlib
import sqlite3
import threading
from datetime import timedelta

import pytest

from paraph.kernel import rules
from paraph.pki import crl, der, keys, oids
from paraph.pki.crl import NEVER_UPDATED_AGAIN, Reason, Scope
from paraph.signer import wire
from paraph.signer.calls import infrastructure
from paraph.signer.client import SignerRefusal
from paraph.signer.purposes import lists

from .content import subject, throw_away

SECOND = timedelta(seconds=1)


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


def entries(service, count):
    since = service.clock.now().replace(microsecond=0)
    return [crl.revoked_entry(f"{serial:x}", since, Reason.KEY_COMPROMISE) for serial in range(1, count + 1)]


def sign(service, **given):
    return service.sign(service.issuing.info, service.list(**given))


@pytest.mark.parametrize("which", ["root", "issuing"])
def test_an_authority_signs_its_own_lists(service, which):
    authority = getattr(service, which)
    other = service.issuing if which == "root" else service.root
    service.sign(authority.info, service.list(1, of=authority))
    service.sign(authority.info, service.list(2, of=authority, entries=entries(service, 50)))
    line = [entry.facts for entry in service.core.record() if entry.event == "key.used"][-1]
    assert (line["form"], line["number"], line["base"]) == ("list", 2, None)
    with refused("wrong_issuer"):
        service.sign(authority.info, service.list(3, of=other))
    with refused("wrong_issuer"):
        service.sign(authority.info, service.list(3, of=authority, issuer=other.subject.encode()))
    with refused("wrong_issuer"):
        service.sign(authority.info, service.list(
            3, of=authority, authority_key_identifier=keys.key_identifier(throw_away())))
    with refused("wrong_issuer"):
        service.sign(authority.info, service.list(3, of=authority, algorithm="P-384"))


def test_numbers_rise(service, clock):
    sign(service, number=5)
    for number in (5, 4, 0):
        with refused("number_not_rising"):
            sign(service, number=number)
    sign(service, number=6)
    clock.advance(seconds=-30)
    with refused("number_not_rising"):
        sign(service, number=7)
    clock.advance(seconds=30)
    sign(service, number=7)


def test_each_scope_has_its_own_numbers_above_those_before(service):
    def scope(shard):
        return Scope(addresses=(f"http://pki.example.org/{shard}.crl",), only_user_certificates=True)

    sign(service, number=5)
    with refused("number_not_rising"):
        sign(service, number=5, scope=scope(1))
    sign(service, number=8, scope=scope(1))
    # Overtaken by another scope's list, which is no reason to refuse.
    sign(service, number=6)
    with refused("number_not_rising"):
        sign(service, number=7, scope=scope(2))
    sign(service, number=9, scope=scope(2))
    # A delta has the number of the full list made with it.
    sign(service, number=9, base_number=8, scope=scope(2))
    with refused("number_not_rising"):
        sign(service, number=9, base_number=8, scope=scope(2))
    assert [entry for entry in service.core.alarms() if entry.facts.get("code") == "number_not_rising"] == []


@pytest.mark.parametrize(("begins", "lasts", "code"), [
    (timedelta(seconds=300), timedelta(days=1), None), (timedelta(seconds=301), timedelta(days=1), "wrong_time"),
    (-timedelta(seconds=300), timedelta(days=1), None), (-timedelta(seconds=301), timedelta(days=1), "wrong_time"),
    (timedelta(0), timedelta(days=1) + SECOND, "wrong_validity"), (timedelta(0), SECOND, None)])
def test_a_list_is_of_now_and_for_as_long_as_the_rules_say(service, clock, begins, lasts, code):
    assert rules.current().crl_life_seconds == 86400
    begin = clock.now().replace(microsecond=0) + begins
    given = {"this_update": begin, "next_update": begin + lasts}
    if code:
        with refused(code):
            sign(service, **given)
    else:
        sign(service, **given)


def test_a_last_list_is_for_ever(service):
    sign(service, next_update=NEVER_UPDATED_AGAIN)
    with refused("wrong_validity"):
        sign(service, number=2, next_update=NEVER_UPDATED_AGAIN - SECOND)


def _extension(oid, value, critical=False):
    return der.sequence(der.object_identifier(oid), der.boolean(True) if critical else b"", der.octet_string(value))


def test_one_thing_wrong_and_no_list_is_signed(service):
    good = service.list(7, entries=entries(service, 3))
    fields = [field.encoding for field in der.read(good).children()]
    version, algorithm, issuer, this, following, revoked, extensions = fields
    known = [element.encoding for element in der.read(der.read(extensions).content).children()]

    def with_extensions(*changed):
        return der.sequence(*fields[:-1], der.explicit(0, der.sequence(*changed)))

    changes = {
        "bytes left over": good + b"\0",
        "cut short": good[:-1],
        "nothing": b"",
        "no version": der.sequence(*fields[1:]),
        "version 1": der.sequence(der.integer(0), *fields[1:]),
        "version 3": der.sequence(der.integer(2), *fields[1:]),
        "no end": der.sequence(version, algorithm, issuer, this, revoked, extensions),
        "no extensions": der.sequence(*fields[:-1]),
        "an empty sequence of entries": der.sequence(*fields[:5], der.sequence(), extensions),
        "entries that are none": der.sequence(*fields[:5], der.sequence(der.integer(1)), extensions),
        "an entry too long": der.sequence(*fields[:5], der.sequence(der.sequence(bytes(200))), extensions),
        "entries cut short": der.sequence(*fields[:5], der.tagged(der.SEQUENCE, b"\x30\x05abcd"), extensions),
        "a time in another form": der.sequence(
            version, algorithm, issuer, der.generalized_time(service.clock.now().replace(microsecond=0)), *fields[4:]),
        "no number": with_extensions(known[0]),
        "an extension twice": with_extensions(*known, known[1]),
        "an unknown extension": with_extensions(*known, _extension("2.999.1", der.null())),
        "a certificate's extension": with_extensions(*known, _extension(oids.KEY_USAGE, der.null())),
        "a negative number": with_extensions(known[0], _extension(oids.CRL_NUMBER, der.integer(-1))),
        "a number without end": with_extensions(known[0], _extension(oids.CRL_NUMBER, der.integer(1 << 62))),
        "a base above it": with_extensions(*known, _extension(oids.DELTA_CRL_INDICATOR, der.integer(7), True)),
        "a base that may be ignored": with_extensions(*known, _extension(oids.DELTA_CRL_INDICATOR, der.integer(6))),
        "a scope that may be ignored": with_extensions(
            *known, _extension(oids.ISSUING_DISTRIBUTION_POINT, der.sequence(der.implicit(1, der.boolean(True))))),
        "no authority key identifier": with_extensions(known[1]),
    }
    for what, data in changes.items():
        with pytest.raises(SignerRefusal) as caught:
            service.sign(service.issuing.info, data)
        assert caught.value.code in ("wrong_content", "wrong_validity"), what
    service.sign(service.issuing.info, good)


def test_two_processes_that_publish_at_once_have_one_list_each_number(service):
    """Sixteen ask for the same numbers: each is signed once."""
    outcomes = []

    def ask(number):
        try:
            sign(service, number=number)
            outcomes.append(number)
        except SignerRefusal as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=ask, args=(1 + place % 2,)) for place in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    signed = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert signed in ([1, 2], [2]) and outcomes.count("number_not_rising") == 16 - len(signed)


def test_the_database_itself_lets_no_number_fall(service, tmp_path):
    sign(service, number=5)
    with sqlite3.connect(tmp_path / "service" / "signer.sqlite3") as connection, pytest.raises(
            sqlite3.IntegrityError, match="rise"):
        connection.execute("UPDATE list_numbers SET number = 5")


# --- in pieces --------------------------------------------------------------------------------------------------------


class Long:
    """A list of 300 entries, sent in pieces that end anywhere."""

    def __init__(self, service, number=1, *, name="long", piece=1000, **given):
        self.service, self.name = service, name
        content = b"".join(entries(service, 300))
        self.frame = service.frame(number, len(content), **given)
        self.pieces = [content[start:start + piece] for start in range(0, len(content), piece)]
        self.whole = self.frame.head + content + self.frame.tail

    def begin(self, **given):
        key = self.service.issuing.info
        self.service.core.begin_list(**({"attempt": self.name, "key_id": key.key_id, "purpose": key.purpose,
                                         "head": self.frame.head} | given))

    def add(self, part, content=None):
        self.service.core.add_to_list(attempt=self.name, part=part, content=content or self.pieces[part])

    def add_all(self):
        for part in range(len(self.pieces)):
            self.add(part)

    def sign(self, tail=None):
        return self.service.core.sign_list(attempt=self.name, tail=tail or self.frame.tail)


@pytest.mark.parametrize("piece", [1, 7, 1000, 10**6])
def test_a_long_list_is_signed_in_pieces(service, piece):
    long = Long(service, piece=piece)
    long.begin()
    long.add_all()
    signature = long.sign()
    assert keys.verifies(service.issuing.info.public_key_der, signature, long.whole)
    line = [entry.facts for entry in service.core.record() if entry.event == "key.used"][-1]
    assert (line["form"], line["number"], line["digest"]) == ("list", 1, hashlib.sha256(long.whole).hexdigest())
    # The answer got lost: the same question has the same answer, and another question under its name has none.
    assert long.sign() == signature
    with refused("attempt_reused"):
        long.sign(long.frame.tail + b"\0")
    with refused("number_not_rising"):
        sign(service, number=1)


def test_a_piece_that_comes_twice_counts_once(service):
    long = Long(service)
    long.begin()
    for part in range(len(long.pieces)):
        long.add(part)
        long.add(part)
    assert keys.verifies(service.issuing.info.public_key_der, long.sign(), long.whole)


def mixed(service):
    """Neighbours of differing lengths: serials of 1 to 16 octets, with a reason and without."""
    since = service.clock.now().replace(microsecond=0)
    return [crl.revoked_entry("7" + "5a" * (number * 7 % 16), since, Reason.SUPERSEDED if number % 3 else Reason.UNSPECIFIED)
            for number in range(700)]


@pytest.mark.parametrize("piece", [1, 777, 10**6])
@pytest.mark.parametrize("broken", [None, 0, 5, 300, 699])
def test_entries_of_differing_lengths_are_read_too(service, piece, broken):
    found = mixed(service)
    assert len({len(entry) for entry in found}) > 16
    if broken is not None:
        found[broken] = b"\x31" + found[broken][1:]
    content = b"".join(found)
    reading = lists.Reading(service.issuing.info, service.frame(1, len(content)).head)
    pieces = [content[start:start + piece] for start in range(0, len(content), piece)]
    if broken is None:
        for part in pieces:
            reading.add(part)
        reading.finish(service.frame(1, len(content)).tail)
        return
    with refused("wrong_content"):
        for part in pieces:
            reading.add(part)


def test_pieces_that_are_no_list_are_refused(service):
    with refused("unknown_list"):
        Long(service).add(0)
    with refused("unknown_list"):
        Long(service).sign()
    long = Long(service)
    for head in (b"", long.frame.head[:-1], long.frame.head + b"\0", b"\x30\x03\x02\x01\x01", bytes(5000)):
        with refused("wrong_content"):
            long.begin(head=head)
    for purpose, key in (("ocsp", service.ocsp), ("audit", service.audit)):
        with refused("wrong_purpose"):
            long.begin(key_id=key.key_id, purpose=purpose)
    long.begin()
    long.add(0)
    with refused("wrong_content"):
        long.add(2)
    with refused("wrong_content"):
        long.add(0, b"something else")
    with refused("wrong_content"):
        long.add(1, b"\x04" * 1000)
    # Begun again it begins anew.
    long.begin()
    long.add_all()
    with refused("wrong_content"):
        long.add(len(long.pieces), b"\x30\x00")
    long.begin()
    for part in range(len(long.pieces) - 1):
        long.add(part)
    with refused("wrong_content"):
        long.sign()
    with refused("unknown_list"):
        long.sign()
    long.begin()
    long.add_all()
    with refused("wrong_content"):
        long.sign(long.frame.tail[:-1])
    assert [entry for entry in service.core.record() if entry.event == "key.used"][-1].facts["form"] != "list"


def test_the_head_and_tail_of_a_long_list_are_read_like_those_of_a_short_one(service, clock):
    other = Long(service, issuer=subject("Other").encode())
    other.begin()
    other.add_all()
    with refused("wrong_issuer"):
        other.sign()
    early = clock.now().replace(microsecond=0) - timedelta(seconds=301)
    old = Long(service, this_update=early)
    old.begin()
    old.add_all()
    with refused("wrong_time"):
        old.sign()
    sign(service, number=3)
    behind = Long(service, number=3)
    behind.begin()
    behind.add_all()
    with refused("number_not_rising"):
        behind.sign()


def test_no_more_than_a_few_long_lists_are_held_and_none_for_ever(service, clock):
    held = [Long(service, name=f"long-{number}") for number in range(infrastructure.MOST_LISTS)]
    for long in held:
        long.begin()
    with refused("too_many_lists"):
        Long(service, name="more").begin()
    held[0].begin()
    clock.advance(minutes=10)
    Long(service, name="more").begin()
    with refused("unknown_list"):
        held[0].add(0)


def test_a_list_beyond_all_bounds_is_refused_before_its_first_entry(service):
    huge = service.frame(1, lists.LARGEST + 1)
    with refused("wrong_content"):
        Long(service).begin(head=huge.head)
    assert wire.LARGEST_FRAME < lists.LARGEST


def test_the_list_of_another_key_does_not_end_under_this_one(service):
    """Begun by the root's key, it can't be finished as the issuing authority's."""
    long = Long(service)
    root = service.root.info
    long.begin(key_id=root.key_id, purpose="root")
    long.add_all()
    with refused("wrong_issuer"):
        long.sign()
