# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from django.db import connection, transaction

from paraph.domain.audit import canonical, checkpoints, merkle
from paraph.domain.audit.events import Code
from paraph.domain.audit.models import Checkpoint, Event, Leaf, Pending, PersonalCopy
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.clock import Clock
from paraph.kernel.prepared import Adding
from paraph.signer.client import Signer, SignerRefusal

_new_event, _new_pending = Adding(Event), Adding(Pending)
BATCH = 5000
ADVISORY_LOCK = 0x70617261  # "para": one sealing writer on PostgreSQL


def record(
    event: Code, *, about: tuple[str, object], caller: Caller, facts: dict | None = None, personal: dict | None = None
) -> Event:
    """What happened stands in the log as soon as the business transaction commits.

    `about` is (kind, id) of the record concerned. `facts` hold ids, codes, numbers and instants; `personal` holds
    values about a person, kept as salted digests beside a sealed copy. No secret belongs in either.
    """
    kind, identifier = about
    salts = {name: tokens.token_bytes(16).hex() for name in personal or {}}
    row = _new_event(
        code=str(event), at=caller.at, about_kind=kind, about_id=str(identifier), channel=caller.channel,
        person=caller.person, identity=caller.identity, session=caller.session, trace=caller.trace,
        facts={name: value if isinstance(value, int | bool | list | dict | type(None)) else str(value)
               for name, value in (facts or {}).items()},
        personal={name: canonical.personal_digest(str(value), salts[name]) for name, value in (personal or {}).items()},
    )
    if personal:
        PersonalCopy.objects.create(event_id=row.id, content={
            name: {"value": str(value), "salt": salts[name]} for name, value in personal.items()})
    _new_pending(event_id=row.id)
    return row


def seal_pending(*, clock: Clock, signer: Signer, key_id: str, witness: Path | None) -> int:
    """Every event of committed transactions has its place in the log, under a signed checkpoint. Returns how many.

    Called by the worker every few seconds and before a verification. One writer at a time.
    """
    sealed = 0
    most = BATCH
    while Pending.objects.exists():
        try:
            sealed += _seal_batch(clock=clock, signer=signer, key_id=key_id, witness=witness, most=most)
        except SignerRefusal as refusal:
            # It signed a full batch before a crash, and an event of an earlier instant has come since: the tree must be
            # larger than the one it knows.
            if refusal.code != "checkpoint_not_rising" or Pending.objects.count() <= most:
                raise
            most += BATCH
    return sealed


def _seal_batch(*, clock: Clock, signer: Signer, key_id: str, witness: Path | None, most: int) -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        waiting = list(Pending.objects.order_by("event_id").values_list("event_id", flat=True)[:most])
        events = sorted(Event.objects.filter(id__in=waiting), key=lambda event: (event.at, event.id))
        if not events:
            return 0
        last = Checkpoint.objects.order_by("-size").first()
        frontier = merkle.Frontier(last.size, [bytes.fromhex(node) for node in last.frontier]) if last \
            else merkle.Frontier()
        chain = bytes.fromhex(last.chain_hash) if last else checkpoints.GENESIS
        leaves = []
        for event in events:
            leaf = merkle.leaf_hash(canonical.encode(event))
            chain = checkpoints.link(chain, leaf)
            leaves.append(Leaf(number=frontier.size, event_id=event.id, leaf_hash=leaf.hex(), chain_hash=chain.hex()))
            frontier.add(leaf)
        Leaf.objects.bulk_create(leaves)
        Pending.objects.filter(event_id__in=[event.id for event in events]).delete()
        at = clock.now()
        statement = checkpoints.statement(size=frontier.size, root=frontier.root(), chain=chain, at=at)
        signature = signer.sign(attempt=str(tokens.uuid7()), key_id=key_id, purpose="audit", data=statement)
        checkpoint = Checkpoint.objects.create(
            size=frontier.size, at=at, root_hash=frontier.root().hex(), chain_hash=chain.hex(),
            frontier=[node.hex() for node in frontier.subtrees], key_id=key_id, signature=signature.hex())
    if witness is not None:
        checkpoints.tell_witness(witness, checkpoint)
    return len(events)
