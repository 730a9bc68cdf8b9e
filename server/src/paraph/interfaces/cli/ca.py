# SPDX-License-Identifier: Apache-2.0
"""paraph ceremony | ca list | ca show | ca check | ca lint; the other commands of `ca` stand in the modules beside."""

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.conf import settings

from paraph.domain.certification import authorities, policy, publication, queries, services
from paraph.domain.certification.models import Authority, Certificate
from paraph.domain.certification.publication import agreement, deltas
from paraph.domain.certification.publication import crl as lists
from paraph.domain.keys import queries as keys
from paraph.domain.keys import services as key_services
from paraph.interfaces.cli import duty, four_eyes, signer_host, status
from paraph.interfaces.jobs import renewal
from paraph.interfaces.tree import tree_names
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound
from paraph.pki import der, names, profiles, x509
from paraph.pki.keys import ALGORITHMS
from paraph.pki.lint import RULES, Finding, lint
from paraph.signer import client

# Keys that other parts of the service need beside those of the tree: made in the same ceremony, once.
OTHER_KEYS = (("audit", "P-256"), ("openid", "P-256"), ("openid", "RSA-3072"))


def register(commands: argparse._SubParsersAction) -> None:
    ceremony = commands.add_parser("ceremony", help="make the authorities and keys that are missing; safe to "
                                   "repeat. As root, on the signer's host")
    ceremony.add_argument("--dry-run", action="store_true", help="print what would be made, and make nothing")
    ceremony.add_argument("--json", action="store_true")
    for member, algorithm in authorities.ALGORITHMS.items():
        ceremony.add_argument(f"--{member}-algorithm", default=algorithm, choices=ALGORITHMS)
    ceremony.set_defaults(handler=run_ceremony)

    group = commands.add_parser("ca", help="authorities and certificates").add_subparsers(dest="action", required=True)
    listing = group.add_parser("list", help="the authorities, with their keys, addresses and newest lists")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(handler=run_list)
    four_eyes.add_commands(group)
    duty.add_commands(group)
    status.add_commands(group)
    show = group.add_parser("show", help="one certificate with its history")
    show.add_argument("name", help="an authority's name, a service (ocsp, tsu), or a serial number in hex")
    show.add_argument("--json", action="store_true")
    show.add_argument("--pem", action="store_true", help="print the certificate and its chain as PEM, nothing else")
    show.set_defaults(handler=run_show)
    check = group.add_parser("check", help="lint what is in force, compare lists and answers; status 1 when wrong")
    check.add_argument("--json", action="store_true")
    check.set_defaults(handler=run_check)
    linting = group.add_parser("lint", help="lint one certificate file; status 1 when a rule refuses it")
    linting.add_argument("certificate", type=Path, nargs="?", help="DER or PEM; left out with --rules")
    linting.add_argument("--profile", help=", ".join(profile.name for profile in profiles.ALL))
    linting.add_argument("--issuer", type=Path, help="the issuer's certificate; left out for one that signs itself")
    linting.add_argument("--policy-arc", default="", help="the operator's arc; by default the profile's of this service")
    linting.add_argument("--pkilint", action="store_true", help="let pkilint judge too, where it is installed")
    linting.add_argument("--rules", action="store_true", help="list the rules with their clauses")
    linting.add_argument("--json", action="store_true")
    linting.set_defaults(handler=run_lint)


def _caller(command: str) -> Caller:
    return Caller.system(at=clock.bound().now(), name=f"cli:{command}")


# --- the ceremony -----------------------------------------------------------------------------------------------------


def hold_ceremony(caller: Caller, algorithms: dict[str, str] | None = None) -> list[Authority]:
    """Authorities, services, the other keys, the first lists and answers. What exists is kept."""
    given = {"names": tree_names(), "pki_url": settings.PKI_URL, "caller": caller,
             "algorithms": algorithms or authorities.ALGORITHMS}
    if _tree_stands():
        made = authorities.create_demo_tree(**given)
    else:
        # Consent on the signer's own host: only now does the root certify authorities.
        with signer_host.ceremony():
            made = authorities.create_demo_tree(**given)
    for purpose, algorithm in _missing_keys():
        key_services.make(
            purpose=purpose, algorithm=algorithm, label=f"{purpose} {algorithm}", caller=caller,
            attempt=f"ceremony:key:{purpose}:{algorithm}",
        )
    renewal.install_units(caller)
    publication.refresh(caller.at, client.bound())
    return made


def _tree_stands() -> bool:
    return queries.authorities().filter(name__in=("root", "issuing")).exclude(certificate_der=b"").count() == 2


def _missing_keys() -> list[tuple[str, str]]:
    return [
        (purpose, algorithm)
        for purpose, algorithm in OTHER_KEYS
        if not keys.all_active(purpose).filter(algorithm=algorithm).exists()
    ]


def run_ceremony(parsed: argparse.Namespace) -> int:
    algorithms = {member: getattr(parsed, f"{member}_algorithm") for member in authorities.ALGORITHMS}
    caller = _caller("ceremony")
    if parsed.dry_run:
        wanted = _plan(algorithms, caller.at)
        lines = [line["what"] for line in wanted] or ["Nothing is missing."]
        print(json.dumps(wanted) if parsed.json else "\n".join(lines))
        return 0
    hold_ceremony(caller, algorithms)
    return run_list(parsed)


def _plan(algorithms: dict[str, str], at: datetime) -> list[dict]:
    existing = set(queries.authorities().values_list("name", flat=True))
    planned = [
        {"what": f"authority {name} with a {algorithms[name]} key", "name": name, "algorithm": algorithms[name]}
        for name in ("root", "issuing")
        if name not in existing
    ]
    planned += [
        {"what": f"certificate {usage} with a {algorithms[usage]} key", "name": usage, "algorithm": algorithms[usage]}
        for usage in authorities.SERVICES
        if not queries.services(usage, at)
    ]
    planned += [
        {"what": f"key {purpose} ({algorithm})", "name": purpose, "algorithm": algorithm}
        for purpose, algorithm in _missing_keys()
    ]
    return planned


# --- reading ----------------------------------------------------------------------------------------------------------


def run_list(parsed: argparse.Namespace) -> int:
    found = [_authority(row) for row in queries.authorities()]
    if parsed.json:
        print(json.dumps(found))
        return 0
    for entry in found:
        newest = entry["list"]
        print(f"{entry['name']}: {entry['subject']}")
        print(f"  {entry['algorithm']} key {entry['key_id']}, valid until {entry['not_after']}")
        print(f"  certificate {entry['certificate_url']}")
        print(f"  list {entry['list_url']}: " + (
            f"number {newest['number']}, {newest['entries']} entries, until {newest['next_update']}"
            if newest else "none yet"))
    if not found:
        print("No authority yet: paraph ceremony makes them.")
    return 0


def _authority(row: Authority) -> dict:
    newest = lists.newest_of(row.name)
    return {
        "name": row.name,
        "subject": names.readable(bytes(row.subject_der)),
        "parent": row.parent.name if row.parent else None,
        "in_service": row.in_service,
        "algorithm": row.algorithm,
        "key_id": row.key_id,
        "not_after": row.not_after.isoformat() if row.not_after else None,
        "profiles": row.profiles,
        "certificate_url": row.certificate_url,
        "list_url": row.list_url,
        "ocsp_url": row.ocsp_url,
        "shards": row.shards,
        "deltas": row.deltas,
        "list": newest and {
            "number": newest.number,
            "entries": newest.entries,
            "this_update": newest.this_update.isoformat(),
            "next_update": newest.next_update.isoformat(),
        },
    }


def run_show(parsed: argparse.Namespace) -> int:
    try:
        certificate = _find(parsed.name)
    except NotFound:
        print(f"No authority and no certificate is called {parsed.name}.", file=sys.stderr)
        return 1
    if parsed.pem:
        print("".join(x509.pem(encoded) for encoded in queries.chain(certificate)), end="")
        return 0
    shown = _certificate(certificate)
    if parsed.json:
        print(json.dumps(shown))
        return 0
    for name, value in shown.items():
        if name not in ("history", "requests"):
            print(f"{name:16} {value}")
    for entry in shown["history"]:
        print(f"  since {entry['since']} {entry['state']} {entry['cause']}")
    for entry in shown["requests"]:
        print(f"  asked for {entry['received_at']}, decided {entry['decided_at']}, seen on the list "
              f"{entry['list_seen_at'] or 'not yet'}, in an answer {entry['answer_seen_at'] or 'not yet'}")
    return 0


def _find(name: str) -> Certificate:
    if name in authorities.SERVICES and (newest := queries.newest_service(name)):
        return newest
    try:
        return queries.certificate_of(queries.authority(name))
    except queries.NoAuthority:
        return queries.by_serial(name)


def _certificate(row: Certificate) -> dict:
    said = policy.published(row)
    return {
        "serial": row.serial,
        "subject": names.readable(x509.subject_and_key(bytes(row.der))[0]) if row.der else None,
        "authority": row.authority.name,
        "profile": f"{row.profile} {row.profile_version}",
        "usage": row.usage,
        "level": row.level,
        "generation": row.generation,
        "not_before": row.not_before.isoformat(),
        "not_after": row.not_after.isoformat(),
        "state": str(row.state),
        "published": None if said is None else f"revoked ({policy.word_of(said.reason)})" if said.revoked else "good",
        "history": [
            {"state": str(entry.state), "since": entry.since.isoformat(), "cause": entry.cause}
            for entry in queries.history(row)
        ],
        "requests": [
            {name: value.isoformat() if isinstance(value, datetime) else value for name, value in entry.items()}
            for entry in services.instants(row)
        ],
    }


# --- judging ----------------------------------------------------------------------------------------------------------


def run_check(parsed: argparse.Namespace) -> int:
    at = clock.bound().now()
    checked, wrong = 0, []
    for certificate, found in queries.lint_issued(at):
        checked += 1
        wrong += [
            {"about": certificate.serial, "code": finding.code, "detail": f"{finding.message} ({finding.clause})"}
            for finding in found
        ]
    wrong += [
        {"about": entry.serial or entry.authority, "code": "status_disagrees",
         "detail": f"list: {_said(entry.on_list)}; answer: {_said(entry.answered)}" if entry.serial else "no list"}
        for entry in agreement.disagreements()
    ]
    wrong += [
        {"about": found.serial or f"{found.authority}/{found.shard}", "code": "delta_disagrees",
         "detail": f"{found.authority}, shard {found.shard}" if found.serial else "no delta list"}
        for found in deltas.differences()
    ]
    wrong += [{"about": address, "code": "list_too_old", "detail": "ran out"} for address in lists.stale(at)]
    if parsed.json:
        print(json.dumps({"checked": checked, "holds": not wrong, "findings": wrong}))
    else:
        for entry in wrong:
            print(f"{entry['about']}: {entry['code']}: {entry['detail']}")
        print(f"{checked} certificates in force, {len(wrong)} findings.")
    return 1 if wrong else 0


def _said(entry: tuple[datetime, str] | None) -> str:
    return "good" if entry is None else f"{entry[1] or 'revoked'} since {entry[0].isoformat()}"


def run_lint(parsed: argparse.Namespace) -> int:
    if parsed.rules:
        rules = [{"code": rule.code, "clause": rule.clause} for rule in RULES]
        print(json.dumps(rules) if parsed.json else "\n".join(f"{rule['code']:28} {rule['clause']}" for rule in rules))
        return 0
    if parsed.certificate is None or parsed.profile is None:
        print("A certificate file and --profile are needed, or --rules.", file=sys.stderr)
        return 2
    try:
        profile = profiles.get(parsed.profile, arc=parsed.policy_arc or settings.OPERATOR.policy_arc)
    except profiles.UnknownProfile:
        print(f"No profile is called {parsed.profile}.", file=sys.stderr)
        return 2
    try:
        encoded = _read(parsed.certificate)
        found = lint(encoded, profile, _read(parsed.issuer) if parsed.issuer else None)
    except (OSError, der.Malformed) as error:
        print(f"That can't be read: {error}", file=sys.stderr)
        return 2
    if parsed.pkilint:
        judge = _pkilint()
        if judge is None:
            print("pkilint is not installed.", file=sys.stderr)
            return 2
        found += [Finding(code, "pkilint", "a judge from outside") for code in sorted(judge(encoded, parsed.profile).findings)]
    if parsed.json:
        print(json.dumps([asdict(finding) for finding in found]))
    else:
        for finding in found:
            print(f"{finding.code}: {finding.message} ({finding.clause})")
        print(f"{len(found)} findings." if found else "No rule refuses it.")
    return 1 if found else 0


def _pkilint() -> Callable | None:
    """The judge from outside. Loading it takes a second, and it is an extra: only who asks for it waits for it."""
    if importlib.util.find_spec("pkilint") is None:
        return None
    return importlib.import_module("paraph.pki.lint.outside").judge


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    return x509.from_pem(content.decode("latin-1")) if content.startswith(b"-----BEGIN") else content
