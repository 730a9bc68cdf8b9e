# SPDX-License-Identifier: Apache-2.0
"""The log is rewritten in the database behind our back, in every way, and verification names the place."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from paraph.domain.audit import queries, services, verification
from paraph.domain.audit.events import Code
from paraph.domain.audit.models import Checkpoint, Event, Leaf, Pending, PersonalCopy
from paraph.kernel import tokens

pytestmark = pytest.mark.django_db


class Happened(Code):
    OPENED = "test.door.opened"


@pytest.fixture
def log(signer, clock, system, tmp_path):
    """Five events under two checkpoints, and what it takes to verify them."""
    key = signer.make_key(attempt=str(tokens.uuid7()), purpose="audit", algorithm="P-256", label="audit")

    class Log:
        witness = tmp_path / "witness"

        def record(self, count):
            for number in range(count):
                services.record(Happened.OPENED, about=("door", number), caller=system.at_instant(clock.advance(seconds=1)),
                                facts={"number": number}, personal={"name": "Marie"})

        def seal(self):
            return services.seal_pending(clock=clock, signer=signer, key_id=key.key_id, witness=self.witness)

        def verify(self):
            return verification.verify(public_key=lambda key_id: signer.key(key_id).public_key_der, witness=self.witness)

    made = Log()
    made.record(3)
    made.seal()
    made.record(2)
    made.seal()
    return made


@pytest.fixture
def owner():
    """The database's owner: nothing keeps him from dropping the triggers first."""
    def execute(*statements):
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                cursor.execute(statement)
    return execute


def codes(report):
    return {finding.code for finding in report.findings}


def test_an_untouched_log_holds(log):
    report = log.verify()
    assert (report.events, report.checkpoints, report.pending, report.holds) == (5, 2, 0, True)


def test_what_is_not_sealed_yet_is_reported(log):
    log.record(1)
    report = log.verify()
    assert report.pending == 1 and report.holds
    assert log.seal() == 1
    assert log.verify().events == 6


def test_editing_is_found_and_its_place_named(log, owner):
    event = Leaf.objects.get(number=1).event_id
    owner(f"UPDATE audit_event SET about_id = 'another' WHERE id = '{event.hex}'")
    report = log.verify()
    assert ("edited", "number 1") in {(finding.code, finding.place) for finding in report.findings}


def test_editing_with_a_recomputed_leaf_is_found(log, owner):
    """The leaf hash is rewritten too; the chain and the signed checkpoint still disagree."""
    owner("UPDATE audit_leaf SET leaf_hash = (SELECT leaf_hash FROM audit_leaf WHERE number = 0) WHERE number = 1")
    assert {"edited", "checkpoint_root"} & codes(log.verify())


def test_deleting_an_event_is_found(log, owner):
    event = Leaf.objects.get(number=4).event_id
    owner(f"DELETE FROM audit_event WHERE id = '{event.hex}'")
    assert ("deleted", "number 4") in {(finding.code, finding.place) for finding in log.verify().findings}


def test_deleting_a_place_in_the_middle_is_found(log, owner):
    owner("DELETE FROM audit_leaf WHERE number = 2")
    assert ("missing", "number 2") in {(finding.code, finding.place) for finding in log.verify().findings}


def test_reordering_is_found(log, owner):
    owner("UPDATE audit_leaf SET number = 99 WHERE number = 0", "UPDATE audit_leaf SET number = 0 WHERE number = 1",
          "UPDATE audit_leaf SET number = 1 WHERE number = 99")
    assert not log.verify().holds


def test_truncation_is_found_by_the_witness(log, owner):
    """Everything after the first checkpoint is gone, the checkpoint included: inside, nothing is wrong."""
    owner("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE number >= 3)",
          "DELETE FROM audit_leaf WHERE number >= 3", "DELETE FROM audit_checkpoint WHERE size > 3")
    assert ("truncated", "checkpoint 5") in {(finding.code, finding.place) for finding in log.verify().findings}


def test_a_rewritten_checkpoint_does_not_carry_our_signature(log, owner):
    owner("UPDATE audit_checkpoint SET root_hash = chain_hash WHERE size = 5")
    assert {"checkpoint_signature", "checkpoint_root", "rewritten"} <= codes(log.verify())


def test_an_event_slipped_in_beside_the_log_is_found(log, system):
    row = services.record(Happened.OPENED, about=("door", "x"), caller=system)
    Pending.objects.filter(event_id=row.id).delete()
    assert "unsealed" in codes(log.verify())


@pytest.mark.parametrize("model", [Event, Leaf, Checkpoint])
def test_the_database_refuses_changes_and_deletions(log, model):
    column = {Event: "code", Leaf: "leaf_hash", Checkpoint: "root_hash"}[model]
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(**{column: "x"})
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.all().delete()


def test_a_rolled_back_transaction_leaves_no_event(log, system):
    with pytest.raises(RuntimeError), transaction.atomic():
        services.record(Happened.OPENED, about=("door", "y"), caller=system)
        raise RuntimeError
    assert not queries.about("door", "y").exists()
    assert Pending.objects.count() == 0


def test_erasing_personal_copies_does_not_break_the_log(log):
    """The event holds a salted digest; the salt goes with the copy."""
    event = Event.objects.first()
    assert "Marie" not in json.dumps(event.personal)
    assert PersonalCopy.objects.get(event_id=event.id).content["name"]["value"] == "Marie"
    PersonalCopy.objects.all().delete()
    assert log.verify().holds


def test_the_export_is_complete_and_ordered(log):
    lines = [json.loads(line) for line in queries.export()]
    assert [line["number"] for line in lines[:-1]] == [0, 1, 2, 3, 4]
    assert lines[-1]["checkpoint"]["size"] == 5
