# SPDX-License-Identifier: Apache-2.0
"""Long lists, with limits so low that a handful of entries is long: the same list as in one piece, made otherwise."""

import random
import subprocess

import pytest
from cryptography import x509

from paraph.domain.certification import publication, services
from paraph.domain.certification.models import Certificate, RevocationListPart
from paraph.domain.certification.publication import crl, long, scopes
from paraph.pki import crl as encoding
from paraph.pki import der

pytestmark = pytest.mark.both_databases

ENTRIES = 60


@pytest.fixture(autouse=True)
def low_limits(monkeypatch):
    monkeypatch.setattr(long, "SHORT", 20)
    monkeypatch.setattr(long, "_PART", 300)
    monkeypatch.setattr(long, "_PARTS_AT_ONCE", 3)


@pytest.fixture
def many(certify, clock):
    """An authority with many revoked certificates; some share a group of serials, one is at each end."""
    first = certify("first")
    draw = random.Random(7)
    serials = {f"{draw.getrandbits(156):x}" for _ in range(ENTRIES - 9)}
    serials |= {"abcd" + f"{number:032x}" for number in range(1, 6)} | {"1", "10", "f" * 39, "ffff"}
    Certificate.objects.bulk_create(copy(first, serial, clock.now()) for serial in sorted(serials))
    return first


def copy(first, serial, at):
    return Certificate(
        attempt=serial, authority=first.authority, serial=serial, profile=first.profile, profile_version=1,
        usage="signature", subject_id="copy", generation=serial, public_key_digest=serial, tbs_der=b"", der=first.der,
        not_before=first.not_before, not_after=first.not_after, state="revoked", state_since=at, revocation_date=at,
        revocation_reason=1, crl_entry=encoding.revoked_entry(serial, at, encoding.Reason.KEY_COMPROMISE))


@pytest.fixture
def publish(tree, signer, clock):
    return lambda: crl.publish(tree[1], clock.now(), signer)


def entries(row):
    """The entries of a list as they stand in it, after the whole was read as DER and its signature verified."""
    content = b"".join(crl.content(row))
    assert len(content) == row.octets
    key = x509.load_der_x509_certificate(bytes(row.authority.certificate_der)).public_key()
    assert x509.load_der_x509_crl(content).is_signature_valid(key)
    return der.read(content).children()[0].children()[5].content


def wanted(row):
    rows = scopes.listed(row.authority, row.shard)
    assert rows.count() == row.entries
    return b"".join(bytes(entry) for entry in rows.values_list("crl_entry", flat=True))


def test_a_cold_list_has_all_entries_in_order(many, publish):
    row = publish()
    assert bytes(row.der) == b"" and row.parts.count() > 3
    assert row.entries == ENTRIES
    assert entries(row) == wanted(row)


def test_the_next_list_takes_over_what_did_not_change(many, publish, certify, caller, monkeypatch):
    publish()
    read = []
    monkeypatch.setattr(long, "_from_database", lambda *given: read.append(given))
    for name in ("a", "b", "c"):
        certify(name)
        services.suspend(generation=name, reason="lost", caller=caller)
    services.revoke(generation="first", reason="stolen", caller=caller)
    services.resume(generation="b", caller=caller)
    second = publish()
    assert second.entries == ENTRIES + 3
    assert entries(second) == wanted(second)
    services.resume(generation="a", caller=caller)
    third = publish()
    assert entries(third) == wanted(third)
    unchanged = publish()
    assert entries(unchanged) == wanted(unchanged) == entries(third)
    assert read == []


@pytest.mark.parametrize("serial", ["1000" + "0" * 35 + "1", "abcd" + "f" * 35, "0fff" + "1" * 35, "ffff" + "e" * 35])
def test_changes_at_the_borders_of_groups(many, publish, caller, clock, serial):
    publish()
    held = copy(many, serial, clock.now())
    held.state, held.revocation_date, held.revocation_reason, held.crl_entry = "active", None, None, b""
    held.save(force_insert=True)
    services.suspend(generation=serial, reason="lost", caller=caller)
    row = publish()
    assert row.entries == ENTRIES + 1
    assert entries(row) == wanted(row)
    services.resume(generation=serial, caller=caller)
    row = publish()
    assert entries(row) == wanted(row)


def test_a_change_while_everything_is_read_is_not_lost(many, publish, caller, monkeypatch):
    read_all = long._from_database

    def read_and_change(authority, shard):
        before = read_all(authority, shard)
        services.revoke(generation="first", reason="stolen", caller=caller)
        return before

    monkeypatch.setattr(long, "_from_database", read_and_change)
    row = publish()
    assert row.entries == ENTRIES + 1
    assert entries(row) == wanted(row)


def test_many_changed_groups_are_read_anew(many, publish, certify, caller, monkeypatch):
    publish()
    monkeypatch.setattr(long, "_MOST_CHANGED_GROUPS", 1)
    read = []
    read_all = long._from_database
    monkeypatch.setattr(long, "_from_database", lambda *given: read.append(given) or read_all(*given))
    for name in ("a", "b"):
        certify(name)
        services.suspend(generation=name, reason="lost", caller=caller)
    row = publish()
    assert len(read) == 1
    assert entries(row) == wanted(row)


def test_lost_parts_are_noticed_and_everything_is_read_anew(many, publish):
    first = publish()
    RevocationListPart.objects.filter(list=first, number=2).delete()
    row = publish()
    assert entries(row) == wanted(row)


def test_two_lists_keep_their_parts(many, publish):
    rows = [publish() for _ in range(4)]
    assert [row.parts.exists() for row in rows] == [False, False, True, True]


def test_a_list_that_becomes_short_is_made_in_one_piece(many, publish, monkeypatch):
    publish()
    monkeypatch.setattr(long, "SHORT", ENTRIES)
    row = publish()
    assert bytes(row.der)
    assert entries(row) == wanted(row)


def test_long_lists_of_shards_and_their_deltas(many, publish, system, caller, signer, clock, certify):
    services.arrange_lists(name="issuing", shards=1, deltas=True, caller=system)
    Certificate.objects.filter(subject_id="copy", serial__gt="8").update(crl_shard=1)
    certify("new")
    publication.publish_changes(clock.now(), signer)
    assert crl.newest_of("issuing", 1).entries > long.SHORT
    services.suspend(generation="new", reason="lost", caller=caller)
    publication.publish_changes(clock.now(), signer)
    for shard in (0, 1):
        row = crl.newest_of("issuing", shard)
        assert entries(row) == wanted(row)
        assert crl.newest_of("issuing", shard, delta=True).entries == 1


def test_the_signer_gets_a_digest_when_the_list_is_too_large_for_it(many, publish, monkeypatch, signer):
    monkeypatch.setattr(long, "SHORT", 1000)
    monkeypatch.setattr(crl, "_LARGEST_SENT", 100)
    monkeypatch.setattr(type(signer), "sign", None)
    row = publish()
    assert entries(row) == wanted(row)


def test_served_in_pieces_with_its_length(many, publish, web, monkeypatch, tmp_path, tree):
    monkeypatch.setattr("paraph.interfaces.responders.repository._LARGEST_HELD", 100)
    row = publish()
    body, status, headers = web("GET", "/pki/crl/issuing.crl")
    assert (status, headers["Content-Length"]) == ("200 OK", str(len(body)))
    assert body == b"".join(crl.content(row)) == crl.latest("issuing")
    assert web("HEAD", "/pki/crl/issuing.crl")[0] == b""
    assert web("GET", "/pki/crl/issuing.crl", HTTP_IF_NONE_MATCH=headers["ETag"])[1] == "304 Not Modified"
    (tmp_path / "list.crl").write_bytes(body)
    (tmp_path / "issuing.pem").write_bytes(web("GET", "/pki/ca/issuing.pem")[0])
    said = subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-in", tmp_path / "list.crl", "-noout", "-CAfile", tmp_path / "issuing.pem"],
        capture_output=True, text=True, check=True).stderr
    assert said.strip() == "verify OK"
