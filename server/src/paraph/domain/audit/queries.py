# SPDX-License-Identifier: Apache-2.0
import json
from collections.abc import Iterator

from django.db.models import QuerySet

from paraph.domain.audit import canonical
from paraph.domain.audit.models import Checkpoint, Event, Leaf

CHUNK = 2000


def about(kind: str, identifier: object) -> QuerySet[Event]:
    """What happened to one record, oldest first."""
    return Event.objects.filter(about_kind=kind, about_id=str(identifier)).order_by("at", "id")


def last_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def export() -> Iterator[str]:
    """The sealed log as JSON lines, in its order, each with its number and leaf hash, then the last checkpoint."""
    last = -1
    while leaves := list(Leaf.objects.filter(number__gt=last).order_by("number")[:CHUNK]):
        events = Event.objects.in_bulk([leaf.event_id for leaf in leaves])
        for leaf in leaves:
            yield json.dumps({"number": leaf.number, "leaf_hash": leaf.leaf_hash,
                              "event": canonical.as_dict(events[leaf.event_id])}, ensure_ascii=False, sort_keys=True)
        last = leaves[-1].number
    checkpoint = Checkpoint.objects.order_by("-size").first()
    if checkpoint:
        yield json.dumps({"checkpoint": {"size": checkpoint.size, "root": checkpoint.root_hash,
                                         "chain": checkpoint.chain_hash, "at": canonical.instant(checkpoint.at),
                                         "key": checkpoint.key_id, "signature": checkpoint.signature}}, sort_keys=True)
