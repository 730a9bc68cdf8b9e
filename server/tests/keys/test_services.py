# SPDX-License-Identifier: Apache-2.0
"""Infrastructure keys: made in three steps, found by purpose, retired for good."""

import pytest
from django.db import DatabaseError, connection, transaction

from paraph.domain.audit import checkpoints
from paraph.domain.audit.models import Event
from paraph.domain.keys import queries, services
from paraph.domain.keys.lifecycle import KEY, KeyState
from paraph.domain.keys.models import Key
from paraph.kernel.errors import Forbidden, NotAllowed
from paraph.pki import keys as pki_keys
from paraph.signer import client
from paraph.signer.client import KeyHandle, SignerRefusal, SignerUnavailable

pytestmark = pytest.mark.django_db


def make(system, purpose="ocsp", **more):
    return services.make(purpose=purpose, algorithm="P-256", label="Demo", caller=system, **more)


def test_a_new_key_is_active_and_signs(signer, system):
    key = make(system, purpose="audit")
    assert queries.active("audit") == key
    assert key.state == KeyState.ACTIVE and key.state_since == system.at
    statement = checkpoints.statement(size=1, root=bytes(32), chain=bytes(32), at=system.at)
    signature = KeyHandle(signer, key.info).sign(statement)
    assert pki_keys.verifies(bytes(key.public_key_der), signature, statement)


def test_making_a_key_is_written_down(signer, system):
    key = make(system)
    events = Event.objects.filter(about_kind="key", about_id=str(key.id))
    assert sorted(events.values_list("code", flat=True)) == ["keys.key.made", "keys.key.reserved"]


def test_the_same_attempt_makes_one_key(signer, system):
    assert make(system, attempt="ceremony-1") == make(system, attempt="ceremony-1")
    assert Key.objects.count() == 1
    assert make(system, attempt="ceremony-2") != queries.by_key_id(Key.objects.first().key_id)


def test_an_attempt_for_another_key_is_refused(signer, system):
    make(system, attempt="ceremony-1")
    with pytest.raises(services.AttemptReused):
        make(system, purpose="tsu", attempt="ceremony-1")
    assert Key.objects.count() == 1


class _Broken:
    def __init__(self, signer, before):
        self.signer, self.before = signer, before

    def make_key(self, **given):
        if not self.before:
            self.signer.make_key(**given)
        raise SignerUnavailable()


@pytest.mark.parametrize("before", [True, False], ids=["before the key was made", "after the key was made"])
def test_an_interrupted_making_is_finished_with_one_key(signer, system, monkeypatch, before):
    client.bind(_Broken(signer, before))
    with pytest.raises(SignerUnavailable):
        make(system, attempt="ceremony-1")
    with pytest.raises(queries.NoActiveKey):
        queries.active("ocsp")
    client.bind(signer)
    assert services.settle_reserved(caller=system) == 1
    assert services.settle_reserved(caller=system) == 0
    key = queries.active("ocsp")
    assert key.info == signer.key(key.key_id)
    assert [entry.event for entry in signer.record()].count("key.made") == 1


def test_a_key_that_the_signer_refuses_does_not_wait_for_ever(signer, system):
    with pytest.raises(SignerRefusal) as refused:
        services.make(purpose="hobby", algorithm="P-256", label="Demo", caller=system)
    assert refused.value.code == "wrong_purpose"
    assert Key.objects.get().state == KeyState.RETIRED
    assert services.settle_reserved(caller=system) == 0


def test_during_a_rotation_the_newest_is_the_active_one(signer, clock, system):
    old = make(system)
    clock.advance(days=1)
    new = make(system.at_instant(clock.now()))
    assert queries.active("ocsp") == new
    assert list(queries.all_active("ocsp")) == [new, old]
    services.retire(key_id=new.key_id, caller=system)
    assert queries.active("ocsp") == old


def test_retired_is_final(signer, system):
    key = services.retire(key_id=make(system).key_id, caller=system)
    with pytest.raises(NotAllowed):
        services.retire(key_id=key.key_id, caller=system)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE keys_key SET state = 'active'")
    key.refresh_from_db()
    assert key.state == KeyState.RETIRED


def test_only_operators_make_and_retire_keys(signer, caller, system):
    key = make(system)
    with pytest.raises(Forbidden):
        make(caller)
    with pytest.raises(Forbidden):
        services.retire(key_id=key.key_id, caller=caller)
    with pytest.raises(Forbidden):
        services.settle_reserved(caller=caller)
    assert list(Key.objects.all()) == [key]


@pytest.mark.parametrize("state", list(KeyState))
@pytest.mark.parametrize("move", list(KEY.moves))
def test_every_move_from_every_state(signer, system, state, move):
    allowed = {("reserved", "settle"), ("reserved", "retire"), ("active", "retire")}
    key = Key.objects.create(attempt="a", purpose="ocsp", algorithm="P-256", label="", made_at=system.at, state=state,
                             state_since=system.at)
    if (state, move) in allowed:
        KEY.advance(key, move, at=system.at)
        assert key.state == KEY.moves[move][1]
    else:
        with pytest.raises(NotAllowed):
            KEY.advance(key, move, at=system.at)
        key.refresh_from_db()
        assert key.state == state
