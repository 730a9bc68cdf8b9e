# SPDX-License-Identifier: Apache-2.0
"""paraph audit verify | export | key | accept-loss."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from django.conf import settings

from paraph.domain.audit import queries, services, verification
from paraph.domain.keys import queries as keys
from paraph.interfaces.cli import signer_host
from paraph.kernel import clock, tokens
from paraph.signer import client
from paraph.signer.errors import SignerRefusal


def register(commands: argparse._SubParsersAction) -> None:
    group = commands.add_parser("audit", help="the audit log").add_subparsers(dest="action", required=True)
    verify = group.add_parser("verify", help="seal what waits, then walk the whole log; status 1 when it does not hold")
    verify.add_argument("--json", action="store_true")
    verify.add_argument("--no-seal", action="store_true", help="do not seal what waits, only report it")
    verify.set_defaults(handler=run_verify)
    export = group.add_parser("export", help="the sealed log as JSON lines")
    export.add_argument("--output", default="-", help="a file; '-' is standard output")
    export.set_defaults(handler=run_export)
    loss = group.add_parser("accept-loss", help="after a restore: the signer lets the log go on from its last checkpoint, "
                            "though it knows a longer one. As root on the signer's host")
    loss.add_argument("--dry-run", action="store_true", help="say from where it would go on, and change nothing")
    loss.set_defaults(handler=run_accept_loss)
    key = group.add_parser("key", help="the public key that checks the checkpoints, as PEM, from the signer")
    key.add_argument("name", nargs="?", help="the name that a checkpoint gives its key; by default the one in use")
    key.set_defaults(handler=run_key)


def witness_folder() -> Path:
    return Path(settings.DATA) / "witness"


def seal() -> int:
    return services.seal_pending(clock=clock.bound(), signer=client.bound(), key_id=keys.active("audit").key_id,
                                 witness=witness_folder())


def _refused() -> str:
    try:
        seal()
    except SignerRefusal as refusal:
        return refusal.code
    return ""


def run_accept_loss(parsed: argparse.Namespace) -> int:
    last = queries.last_checkpoint()
    if last is None:
        print("The log has no checkpoint to go on from. Nothing was changed.", file=sys.stderr)
        return 1
    if parsed.dry_run:
        print(f"The log would go on after its event number {last.size}, sealed at {last.at.isoformat()}.")
        return 0
    with signer_host.core() as core:
        core.accept_audit_loss(
            attempt=str(tokens.uuid7()), size=last.size, root=last.root_hash, chain=last.chain_hash)
    print(f"The log goes on after its event number {last.size}. File what was lost with the incident.")
    return 0


def run_verify(parsed: argparse.Namespace) -> int:
    refused = "" if parsed.no_seal else _refused()
    report = verification.verify(public_key=lambda key_id: client.bound().key(key_id).public_key_der,
                                 witness=witness_folder())
    record = client.bound().verify_record()
    holds = report.holds and record.holds and not refused
    if parsed.json:
        of_the_signer = {"holds": record.holds, "entries": record.entries, "place": record.place, "fault": record.fault}
        print(json.dumps(asdict(report) | {"signer_record": of_the_signer, "holds": holds, "refused": refused}))
    else:
        print(f"{report.events} events under {report.checkpoints} checkpoints, {report.pending} not sealed yet.")
        for finding in report.findings:
            print(f"{finding.place}: {finding.code}: {finding.detail}")
        print(f"The signer's own record: {record.entries} entries{'' if record.holds else f', broken: {record.fault}'}.")
        if refused:
            print(f"What waits is not sealed: the signer refuses ({refused}). It has signed a longer log than this one, or "
                  "another. After a restore: paraph audit accept-loss.")
        print("The log holds." if holds else "THE LOG DOES NOT HOLD.")
    return 0 if holds else 1


def run_key(parsed: argparse.Namespace) -> int:
    try:
        key = client.bound().key(parsed.name or keys.active("audit").key_id)
    except SignerRefusal as refusal:
        print(f"{refusal.code}: the signer has no such key.", file=sys.stderr)
        return 1
    pem = load_der_public_key(key.public_key_der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    print(pem.decode(), end="")
    return 0


def run_export(parsed: argparse.Namespace) -> int:
    if parsed.output == "-":
        for line in queries.export():
            print(line)
    else:
        with open(parsed.output, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in queries.export())
    return 0
