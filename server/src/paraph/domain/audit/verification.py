# SPDX-License-Identifier: Apache-2.0
"""Walks the whole log again from its rows: edits, deletions, reordering, insertion and truncation are found and named."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from paraph.domain.audit import canonical, checkpoints, merkle
from paraph.domain.audit.models import Checkpoint, Event, Leaf, Pending

CHUNK = 2000


@dataclass(frozen=True)
class Finding:
    """`place` is the number in the log, or the checkpoint's size; `code` is stable."""

    code: str
    place: str
    detail: str


@dataclass
class Report:
    events: int = 0
    checkpoints: int = 0
    pending: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.findings


def verify(*, public_key: Callable[[str], bytes], witness: Path | None) -> Report:
    """`public_key(key_id)` gives the SubjectPublicKeyInfo of a checkpoint key, from outside the database."""
    report = Report(pending=Pending.objects.count())
    signed = {checkpoint.size: checkpoint for checkpoint in Checkpoint.objects.iterator(CHUNK)}
    seen = _walk(report, signed)
    for size, checkpoint in signed.items():
        report.checkpoints += 1
        if size > report.events:
            report.findings.append(Finding("truncated", f"checkpoint {size}",
                                           f"the log has only {report.events} events"))
        if not _signature_holds(checkpoint, public_key):
            report.findings.append(Finding("checkpoint_signature", f"checkpoint {size}",
                                           "its signature does not fit its content"))
    if report.events and report.events not in signed:
        report.findings.append(Finding("no_checkpoint", f"number {report.events - 1}",
                                       "the last events stand under no checkpoint"))
    if witness is not None:
        _compare_witness(report, witness, signed)
    _count_strangers(report, seen)
    return report


def _walk(report: Report, signed: dict[int, Checkpoint]) -> int:
    frontier, chain, expected = merkle.Frontier(), checkpoints.GENESIS, 0
    for leaf, event in _pairs():
        place = f"number {leaf.number}"
        if leaf.number != expected:
            report.findings.append(Finding("missing", f"number {expected}", f"the next place is {leaf.number}"))
            expected = leaf.number
        if event is None:
            report.findings.append(Finding("deleted", place, f"event {leaf.event_id} is not in the database"))
            digest = bytes.fromhex(leaf.leaf_hash)
        else:
            digest = merkle.leaf_hash(canonical.encode(event))
            if digest.hex() != leaf.leaf_hash:
                report.findings.append(Finding("edited", place, f"event {event.id} ({event.code}) was changed"))
        chain = checkpoints.link(chain, digest)
        if chain.hex() != leaf.chain_hash and not report.findings:
            report.findings.append(Finding("reordered", place, "it does not follow from what stands before it"))
        frontier.add(digest)
        expected += 1
        report.events += 1
        checkpoint = signed.get(frontier.size)
        if checkpoint and (checkpoint.root_hash != frontier.root().hex() or checkpoint.chain_hash != chain.hex()):
            report.findings.append(Finding("checkpoint_root", f"checkpoint {frontier.size}",
                                           "the events up to here are not those that were signed"))
    return report.events


def _pairs() -> Iterator[tuple[Leaf, Event | None]]:
    last = -1
    while leaves := list(Leaf.objects.filter(number__gt=last).order_by("number")[:CHUNK]):
        events = Event.objects.in_bulk([leaf.event_id for leaf in leaves])
        for leaf in leaves:
            yield leaf, events.get(leaf.event_id)
        last = leaves[-1].number


def _signature_holds(checkpoint: Checkpoint, public_key: Callable[[str], bytes]) -> bool:
    key = load_der_public_key(public_key(checkpoint.key_id))
    try:
        key.verify(bytes.fromhex(checkpoint.signature), checkpoints.statement_of(checkpoint), ec.ECDSA(SHA256()))
        return True
    except InvalidSignature:
        return False


def _compare_witness(report: Report, witness: Path, signed: dict[int, Checkpoint]) -> None:
    for told in checkpoints.witnessed(witness):
        here = signed.get(told["size"])
        if here is None:
            report.findings.append(Finding("truncated", f"checkpoint {told['size']}",
                                           "a witness holds it and the database does not"))
        elif here.root_hash != told["root"] or here.signature != told["signature"]:
            report.findings.append(Finding("rewritten", f"checkpoint {told['size']}", "a witness holds another one"))


def _count_strangers(report: Report, sealed: int) -> None:
    strangers = Event.objects.count() - sealed - report.pending
    deleted = sum(finding.code == "deleted" for finding in report.findings)
    if strangers + deleted > 0:
        report.findings.append(Finding("unsealed", "outside the log",
                                       f"{strangers + deleted} events are neither sealed nor waiting"))
