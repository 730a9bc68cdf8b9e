# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of the audit log: the tree only grows.

The signer remembers the last one that it signed. A smaller tree, or another one of the same size, is refused: whoever
cut or rewrote the log in the database gets no signature for it. The same tree may be signed again, since the service
may have died before it stored the signature.
"""

import re
import sqlite3
from datetime import UTC, datetime

from paraph.signer.purposes.content import must, near, reading

LARGEST = 1024
_STATEMENT = re.compile(
    rb"paraph audit checkpoint\n([1-9][0-9]{0,17})\n([0-9a-f]{64})\n([0-9a-f]{64})\n"
    rb"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)\n")


def permit(connection: sqlite3.Connection, data: bytes, at: datetime) -> dict[str, object]:
    """Notes the checkpoint and returns the facts for the record. Refuses wrong_content, too_large, wrong_time,
    checkpoint_not_rising."""
    must(len(data) <= LARGEST, "too_large")
    read = _STATEMENT.fullmatch(data)
    must(read is not None)
    size, root, chain, text = (part.decode() for part in read.groups())  # type: ignore[union-attr]
    with reading():
        made = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    near(made, at)
    last = connection.execute("SELECT size, root, chain FROM audit_head").fetchone()
    if last is not None:
        same = (int(size), root, chain) == (last["size"], last["root"], last["chain"])
        must(same or int(size) > last["size"], "checkpoint_not_rising")
    connection.execute(
        "INSERT INTO audit_head VALUES (1,?1,?2,?3) "
        "ON CONFLICT (place) DO UPDATE SET size = ?1, root = ?2, chain = ?3", (int(size), root, chain))
    return {"form": "checkpoint", "size": int(size)}
