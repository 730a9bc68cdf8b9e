# SPDX-License-Identifier: Apache-2.0
"""paraph devices import | rearm: a maker's delivery into stock, all of it or nothing; and a stopped device lives again."""

import argparse
import csv
import io
import json
import sys
from pathlib import Path

from paraph.domain.devices import services
from paraph.domain.devices.services import BadStock, ScanKey, TokenSeed
from paraph.domain.organisations import queries as organisations
from paraph.interfaces.cli import saying, signer_host
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.kernel import rules
from paraph.kernel import tokens as new_tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import pskc
from paraph.signer import client
from paraph.signer.errors import SignerRefusal


def register(commands: argparse._SubParsersAction) -> None:
    stock = commands.add_parser("devices", help="devices in stock").add_subparsers(dest="action", required=True)
    importing = stock.add_parser(
        "import", help="take Tokens and Scans into stock: a maker's PSKC file (RFC 6030), or CSV lines "
        "serial,secret in hex[,totp|hotp|scan]")
    importing.add_argument("file", type=Path)
    importing.add_argument("--password-file", type=Path, help="the password of the PSKC file, alone in a file")
    importing.add_argument("--key-file", type=Path, help="the pre-shared key of the PSKC file in hex, alone in a file")
    importing.add_argument("--plain", action="store_true", help="take a PSKC file whose secrets are not encrypted")
    importing.add_argument("--organisation", help="the short name of the desk that keeps them (default: any desk)")
    importing.add_argument("--json", action="store_true")
    importing.add_argument("--dry-run", action="store_true", help="read and check everything, import nothing")
    importing.set_defaults(handler=run)
    rearming = stock.add_parser(
        "rearm", help="a device that stopped after too many wrong codes may be tried again. As root on the signer's host, when "
        "you have spoken with its holder")
    rearming.add_argument("serial")
    rearming.add_argument("--dry-run", action="store_true", help="look at the device, change nothing")
    rearming.set_defaults(handler=run_rearm)


class Unreadable(ValueError):
    """The delivery can't be used. `report` has a line per fault, without secrets."""

    def __init__(self, report: list[dict[str, object]]) -> None:
        super().__init__(str(report))
        self.report = report


def run(parsed: argparse.Namespace) -> int:
    caller = saying.account("devices")
    try:
        tokens, scans = _read(parsed, caller)
        if faults := services.check_stock(tokens, scans):
            raise BadStock(faults)
        organisation = organisations.by_slug(parsed.organisation).id if parsed.organisation else None
        if not parsed.dry_run:
            services.import_stock(tokens=tokens, scans=scans, organisation_id=organisation, signer=client.bound(),
                                  caller=caller)
    except Unreadable as error:
        return _refuse(parsed, error.report)
    except BadStock as refusal:
        return _refuse(parsed, [{"entry": fault.number, "serial": fault.serial, "problem": fault.code}
                                for fault in refusal.faults])
    except Refusal as refusal:
        return _refuse(parsed, [{"problem": refusal.code, "sentence": sentence_of(refusal)}])
    except (OSError, ValueError) as error:
        return _refuse(parsed, [{"problem": "unreadable", "sentence": str(error)}])
    if parsed.json:
        print(json.dumps({"imported": not parsed.dry_run, "tokens": [token.serial for token in tokens],
                          "scans": [scan.serial for scan in scans], "faults": []}))
    else:
        print(f"{'Would import' if parsed.dry_run else 'In stock:'} {len(tokens)} Tokens, {len(scans)} Scans.")
    return 0


def run_rearm(parsed: argparse.Namespace) -> int:
    try:
        known = client.bound().device(parsed.serial)
        if parsed.dry_run:
            print(f"Would arm {known.family} {known.serial} again.")
            return 0
        with signer_host.core() as core:
            core.rearm_device(attempt=str(new_tokens.uuid7()), device_serial=parsed.serial)
    except SignerRefusal as refusal:
        print(f"{refusal.code}: nothing was changed.", file=sys.stderr)
        return 1
    print(f"{parsed.serial} may be tried again.")
    return 0


def _refuse(parsed: argparse.Namespace, report: list[dict[str, object]]) -> int:
    if parsed.json:
        print(json.dumps({"imported": False, "tokens": [], "scans": [], "faults": report}))
    for line in report:
        print(", ".join(f"{name} {value}" for name, value in line.items()), file=sys.stderr)
    print("Nothing was imported.", file=sys.stderr)
    return 1


def _read(parsed: argparse.Namespace, caller: Caller) -> tuple[list[TokenSeed], list[ScanKey]]:
    content = parsed.file.read_bytes()
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _from_pskc(parsed, content, caller)
    return _from_csv(content.decode("utf-8-sig"))


def _from_pskc(
    parsed: argparse.Namespace, content: bytes, caller: Caller
) -> tuple[list[TokenSeed], list[ScanKey]]:
    key = bytes.fromhex(parsed.key_file.read_text().strip()) if parsed.key_file else None
    password = parsed.password_file.read_text().rstrip("\r\n") if parsed.password_file else None
    try:
        report = pskc.read(content, at=caller.at, pre_shared_key=key, password=password, plain_allowed=parsed.plain)
    except pskc.Refused as error:
        raise Unreadable([{"problem": error.code}]) from error
    bad = [{"entry": entry.place, "serial": entry.serial, "problem": entry.problem}
           for entry in report.entries if entry.problem]
    suite = f"OCRA-1:HOTP-SHA256-{rules.current().scan_digits}:QH64"
    bad += [{"serial": item.serial, "problem": "unsupported_suite"}
            for item in report.keys if item.method == "ocra" and item.suite != suite]
    if bad:
        raise Unreadable(bad)
    tokens = [TokenSeed(serial=item.serial, seed=item.secret, method=item.method, digits=item.digits,
                        step_seconds=item.step_seconds or 30, counter=item.counter)
              for item in report.keys if item.method != "ocra"]
    scans = [ScanKey(serial=item.serial, factory_key=item.secret) for item in report.keys if item.method == "ocra"]
    return tokens, scans


def _rows(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise Unreadable([{"problem": "unreadable", "sentence": str(error)}]) from error


def _from_csv(text: str) -> tuple[list[TokenSeed], list[ScanKey]]:
    tokens: list[TokenSeed] = []
    scans: list[ScanKey] = []
    bad: list[dict[str, object]] = []
    for number, row in enumerate(_rows(text), 1):
        try:
            serial, secret, *kinds = (cell.strip() for cell in row)
            kind = kinds[0] if kinds else "totp"
            if len(kinds) > 1 or kind not in ("totp", "hotp", "scan"):
                raise ValueError(kind)
            octets = bytes.fromhex(secret)
        except ValueError:
            bad.append({"entry": number, "problem": "not serial,secret in hex[,totp|hotp|scan]"})
            continue
        if kind == "scan":
            scans.append(ScanKey(serial=serial, factory_key=octets))
        else:
            tokens.append(TokenSeed(serial=serial, seed=octets, method=kind))
    if bad or not (tokens or scans):
        raise Unreadable(bad or [{"problem": "no_keys"}])
    return tokens, scans
