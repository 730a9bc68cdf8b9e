# SPDX-License-Identifier: Apache-2.0
"""The signer's record: written before a signature is released, chained, sealed, and checkable by somebody else."""

import hashlib
import json
import sqlite3

import pytest

from paraph.signer.client import Outcome
from paraph.signer.core import Signer
from paraph.signer.record import BEGINNING

from .conftest import statement
from .content import simple_answer

PASSPHRASE = "test passphrase"


@pytest.fixture
def filled(marie, clock, signer, tmp_path):
    """A record with a login and a signature in it; gives the path of its database."""
    for kind in ("login", "sign"):
        session = marie.open(kind)
        assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
        marie.sign(session)
        clock.advance(seconds=30)
    return tmp_path / "signer" / "signer.sqlite3"


def tamper(path, *statements):
    """Somebody with the file, who took the triggers away."""
    with sqlite3.connect(path) as connection:
        for name in ("record_no_update", "record_no_delete", "tokens_step_rises"):
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        for statement in statements:
            connection.execute(statement)


def last(signer):
    return signer.verify_record().entries


def test_every_use_of_a_holder_key_is_one_line(filled, signer, marie):
    lines = [entry for entry in signer.record() if entry.event == "holder.signed"]
    assert [entry.facts["kind"] for entry in lines] == ["login", "sign"]
    assert [entry.facts["key"] for entry in lines] == [marie.keys.authentication.key_id, marie.keys.signature.key_id]
    assert {entry.facts["holder"] for entry in lines} == {"marie"}
    assert [entry.facts["hashes"] for entry in lines] == [
        [hashlib.sha256(statement("login", "marie")).hexdigest()], [bytes(range(32)).hex()]]


def test_the_chain_can_be_followed_with_sha256_alone(filled, signer):
    previous = BEGINNING
    with sqlite3.connect(filled) as connection:
        rows = connection.execute("SELECT sequence, at, event, facts, hash FROM record ORDER BY sequence").fetchall()
    for sequence, at, event, facts, digest in rows:
        content = previous + sequence.to_bytes(8, "big") + at.to_bytes(8, "big") + len(event).to_bytes(4, "big")
        assert hashlib.sha256(content + event.encode() + facts).digest() == digest
        previous = digest
    report = signer.verify_record()
    assert (report.holds, report.entries, report.head) == (True, len(rows), previous)


@pytest.mark.parametrize("statement", ["UPDATE record SET event = 'x'", "DELETE FROM record WHERE sequence = 1"])
def test_the_database_itself_refuses_changes(filled, signer, statement):
    with sqlite3.connect(filled) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    assert signer.verify_record().holds


@pytest.mark.parametrize(
    ("statement", "place", "fault"),
    [
        ("UPDATE record SET facts = replace(facts, 'marie', 'jean_') WHERE sequence = 5", 5, "changed"),
        ("UPDATE record SET at = at + 1 WHERE sequence = 4", 4, "changed"),
        ("UPDATE record SET event = 'holder.signed' WHERE sequence = 3", 3, "changed"),
        ("UPDATE record SET hash = zeroblob(32) WHERE sequence = 3", 3, "changed"),
        ("UPDATE record SET seal = zeroblob(32) WHERE sequence = 3", 3, "forged"),
        ("UPDATE record SET at = NULL WHERE sequence = 6", None, None),
        ("UPDATE record SET facts = 7 WHERE sequence = 6", 6, "changed"),
        ("DELETE FROM record WHERE sequence = 1", 1, "missing"),
        ("DELETE FROM record WHERE sequence = 5", 5, "missing"),
        ("DELETE FROM record_head", -1, "head_missing"),
        ("UPDATE record_head SET hash = zeroblob(32)", -1, "head_forged"),
    ],
)
def test_a_change_is_found_and_its_place_named(filled, signer, statement, place, fault):
    count = last(signer)
    if fault is None:
        with pytest.raises(sqlite3.IntegrityError):
            tamper(filled, statement)
        return
    tamper(filled, statement)
    report = signer.verify_record()
    assert not report.holds
    assert (report.place, report.fault) == (count if place == -1 else place, fault)


def test_exchanged_lines_are_found(filled, signer):
    tamper(filled, "UPDATE record SET sequence = 999 WHERE sequence = 3", "UPDATE record SET sequence = 3 WHERE sequence = 4",
           "UPDATE record SET sequence = 4 WHERE sequence = 999")
    report = signer.verify_record()
    assert (report.holds, report.place, report.fault) == (False, 3, "not_chained")


def test_lost_last_lines_are_found(filled, signer):
    count = last(signer)
    tamper(filled, f"DELETE FROM record WHERE sequence >= {count - 1}")
    report = signer.verify_record()
    assert (report.holds, report.place, report.fault) == (False, count - 1, "truncated")


def test_a_chain_written_anew_without_the_key_store_is_found(filled, signer):
    """The thief of the file changes a line and computes all hashes after it afresh; the seals betray him."""
    with sqlite3.connect(filled) as connection:
        rows = connection.execute("SELECT sequence, at, event, facts FROM record ORDER BY sequence").fetchall()
    previous, statements = BEGINNING, []
    for sequence, at, event, facts in rows:
        facts = facts.replace(b"marie", b"jean_")
        content = previous + sequence.to_bytes(8, "big") + at.to_bytes(8, "big") + len(event).to_bytes(4, "big")
        digest = hashlib.sha256(content + event.encode() + facts).digest()
        statements.append(f"UPDATE record SET facts = x'{facts.hex()}', previous = x'{previous.hex()}', "
                          f"hash = x'{digest.hex()}' WHERE sequence = {sequence}")
        previous = digest
    tamper(filled, *statements, f"UPDATE record_head SET hash = x'{previous.hex()}'")
    report = signer.verify_record()
    assert not report.holds and report.fault == "forged"


def test_the_record_holds_no_code_seed_password_or_file_name(filled, signer, clock, marie):
    code = "987654"
    marie.authorise(marie.open("sign", labels=["Divorce de Marie.pdf"]), code)
    written = json.dumps([entry.facts for entry in signer.record()])
    for secret in (code, "Divorce", "12345678901234567890", b"12345678901234567890".hex()):
        assert secret not in written


def test_the_record_is_read_in_pages(filled, signer):
    everything = signer.record(0, 1000)
    assert signer.record(0, 3) + signer.record(3, 1000) == everything
    assert signer.record(len(everything), 10) == []


# --- OCSP keys: a batch a second --------------------------------------------------------------------------------------


def use(signer, key, clock, serial=1):
    data = simple_answer(key, clock.now(), serial)
    signer.sign(attempt="ocsp", key_id=key.key_id, purpose="ocsp", data=data)
    return data


def batches(signer):
    return [(entry.event, entry.facts.get("count")) for entry in signer.record() if entry.event.startswith("batch")]


def test_ocsp_uses_are_recorded_by_the_second(signer, clock):
    key = signer.make_key(attempt="key", purpose="ocsp", algorithm="P-256", label="OCSP")
    answers = [use(signer, key, clock, number) for number in range(1, 6)]
    assert batches(signer) == [("batch.opened", None)]
    assert signer.verify_record().open_batches == 1
    clock.advance(seconds=1)
    use(signer, key, clock)
    assert batches(signer) == [("batch.opened", None), ("batch.closed", 5), ("batch.opened", None)]
    clock.advance(seconds=1)
    report = signer.verify_record()
    assert report.holds and report.open_batches == 0
    [first, _] = [entry for entry in signer.record() if entry.event == "batch.closed"]
    digest = hashlib.sha256(b"".join(hashlib.sha256(answer).digest() for answer in answers))
    assert first.facts["digest"] == digest.hexdigest()


def test_a_batch_line_is_on_disk_before_its_first_signature_is_released(signer, tmp_path, clock):
    key = signer.make_key(attempt="key", purpose="ocsp", algorithm="P-256", label="OCSP")
    use(signer, key, clock)
    other = Signer.open(tmp_path / "signer", PASSPHRASE, clock)
    assert other.verify_record().open_batches == 1
    other.close()


def test_a_signer_that_stops_closes_its_batches(tmp_path, clock):
    signer = Signer.open(tmp_path / "other", PASSPHRASE, clock)
    use(signer, signer.make_key(attempt="key", purpose="ocsp", algorithm="P-256", label="OCSP"), clock)
    signer.close()
    again = Signer.open(tmp_path / "other", PASSPHRASE, clock)
    assert again.verify_record().open_batches == 0
    again.close()
