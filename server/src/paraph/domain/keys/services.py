# SPDX-License-Identifier: Apache-2.0
from django.db import IntegrityError, transaction

from paraph.domain.audit import services as audit
from paraph.domain.keys import policy, queries
from paraph.domain.keys.events import Event
from paraph.domain.keys.lifecycle import KEY, KeyState
from paraph.domain.keys.models import Key
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, Refusal
from paraph.signer import client


class AttemptReused(Refusal):
    """The attempt's identifier was used for another key."""

    code = "key_attempt_reused"
    sentence = "Cette tentative a déjà servi à créer une autre clé. Rien n’a été modifié."


def make(*, purpose: str, algorithm: str, label: str, caller: Caller, attempt: str = "") -> Key:
    """The key store holds a new key of this purpose, and it is the active one.

    Three steps (reserve, act, settle), so it takes no part in a transaction of the caller's. The same `attempt` gives
    the same key, also after a crash between the steps; without one, each call makes a key. Refuses: Forbidden,
    AttemptReused, SignerRefusal (wrong_purpose, unknown_algorithm), SignerUnavailable.
    """
    if not policy.may_manage(caller):
        raise Forbidden()
    key = _reserve(attempt or str(tokens.uuid7()), purpose, algorithm, label, caller)
    if (key.purpose, key.algorithm, key.label) != (purpose, algorithm, label):
        raise AttemptReused()
    return _act_and_settle(key, caller)


def settle_reserved(*, caller: Caller) -> int:
    """Keys whose making was interrupted are made. Returns how many. Refuses: Forbidden, SignerUnavailable."""
    if not policy.may_manage(caller):
        raise Forbidden()
    waiting = list(queries.reserved())
    for key in waiting:
        _act_and_settle(key, caller)
    return len(waiting)


def retire(*, key_id: str, caller: Caller) -> Key:
    """The key signs nothing new; what it signed stays good. Refuses: Forbidden, NotFound, NotAllowed."""
    if not policy.may_manage(caller):
        raise Forbidden()
    with transaction.atomic():
        key = Key.objects.select_for_update().get(pk=queries.by_key_id(key_id).pk)
        KEY.advance(key, "retire", at=caller.at)
        audit.record(Event.KEY_RETIRED, about=("key", key.id), caller=caller,
                     facts={"key_id": key_id, "purpose": key.purpose})
    return key


def _reserve(attempt: str, purpose: str, algorithm: str, label: str, caller: Caller) -> Key:
    known = Key.objects.filter(attempt=attempt).first()
    if known is not None:
        return known
    try:
        with transaction.atomic(durable=True):
            key = Key.objects.create(
                attempt=attempt, purpose=purpose, algorithm=algorithm, label=label, made_at=caller.at,
                state=KeyState.RESERVED, state_since=caller.at)
            audit.record(Event.KEY_RESERVED, about=("key", key.id), caller=caller,
                         facts={"purpose": purpose, "algorithm": algorithm, "label": label})
    except IntegrityError:
        # The same attempt in another process was first.
        return Key.objects.get(attempt=attempt)
    return key


def _act_and_settle(key: Key, caller: Caller) -> Key:
    if key.state != KeyState.RESERVED:
        return key
    try:
        info = client.bound().make_key(
            attempt=key.attempt, purpose=key.purpose, algorithm=key.algorithm, label=key.label)
    except client.SignerRefusal:
        # Refused for good: the reservation must not wait for ever.
        with transaction.atomic(durable=True):
            KEY.advance(key, "retire", at=caller.at)
            audit.record(Event.KEY_RETIRED, about=("key", key.id), caller=caller,
                         facts={"key_id": "", "purpose": key.purpose})
        raise
    with transaction.atomic(durable=True):
        key = Key.objects.select_for_update().get(pk=key.pk)
        if key.state == KeyState.RESERVED:
            KEY.advance(key, "settle", at=caller.at, key_id=info.key_id, public_key_der=info.public_key_der)
            audit.record(Event.KEY_MADE, about=("key", key.id), caller=caller,
                         facts={"key_id": info.key_id, "purpose": info.purpose, "algorithm": info.algorithm})
    return key
