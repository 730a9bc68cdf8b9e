# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: what is signed, how leaves are chained, and the witnesses that see a truncation."""

import json
import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from paraph.domain.audit.canonical import instant
from paraph.domain.audit.models import Checkpoint

GENESIS = sha256(b"paraph audit log").digest()


def link(chain: bytes, leaf: bytes) -> bytes:
    return sha256(b"\x02" + chain + leaf).digest()


def statement(*, size: int, root: bytes, chain: bytes, at: datetime) -> bytes:
    """The bytes under a checkpoint's signature."""
    return f"paraph audit checkpoint\n{size}\n{root.hex()}\n{chain.hex()}\n{instant(at)}\n".encode()


def statement_of(checkpoint: Checkpoint) -> bytes:
    return statement(size=checkpoint.size, root=bytes.fromhex(checkpoint.root_hash),
                     chain=bytes.fromhex(checkpoint.chain_hash), at=checkpoint.at)


def tell_witness(folder: Path, checkpoint: Checkpoint) -> None:
    """Appends the checkpoint to FOLDER/checkpoints.jsonl: a copy that the database's owner does not rewrite."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps({"size": checkpoint.size, "root": checkpoint.root_hash, "chain": checkpoint.chain_hash,
                       "at": instant(checkpoint.at), "key": checkpoint.key_id, "signature": checkpoint.signature})
    descriptor = os.open(folder / "checkpoints.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def witnessed(folder: Path) -> list[dict]:
    path = folder / "checkpoints.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
