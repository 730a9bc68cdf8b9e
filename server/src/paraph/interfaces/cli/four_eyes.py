# SPDX-License-Identifier: Apache-2.0
"""paraph ca request | approve | refuse | withdraw | approvals | do | alarms | close | block-key | profiles.

A deed that needs four eyes is asked for by one account of this machine, approved by another, and then done by either. What
an account is called is what the operating system says, also under sudo.
"""

import argparse
import json
import os
import pwd
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings

from paraph.domain.certification import authorities, policy, publication, queries, services
from paraph.domain.certification.models import Approval
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import profiles
from paraph.pki.keys import ALGORITHMS
from paraph.signer import client

DEEDS = ("create-authority", "revoke-authority", "declare-device", "waive")


def add_commands(group: argparse._SubParsersAction) -> None:
    """The commands of `paraph ca` that need or give approvals, and those that read what stands open."""
    request = group.add_parser("request", help="ask a second person to allow something")
    deeds = request.add_subparsers(dest="deed", required=True)
    _deed(deeds, "create-authority", "one more issuing authority, for a kind of certificate or for a roll-over")
    _deed(deeds, "revoke-authority", "revoke an authority's own certificate")
    _deed(deeds, "declare-device", "declare a device that holds keys")
    waive = _deed(deeds, "waive", "issue against findings of the gate until an end date")
    waive.add_argument("--ends", required=True, type=_instant, help="the first day that is not covered, YYYY-MM-DD")
    for command in deeds.choices.values():
        command.add_argument("--reason-given", required=True, metavar="TEXT", help="why it is needed")
        command.set_defaults(handler=_guarded(run_request))
    do = group.add_parser("do", help="do what was approved").add_subparsers(dest="deed", required=True)
    for name in DEEDS[:3]:
        _deed(do, name, "as it was approved").set_defaults(handler=_guarded(run_do))
    for name, text in (("approve", "allow what another asked"), ("refuse", "refuse it"), ("withdraw", "take it back")):
        command = group.add_parser(name, help=text)
        command.add_argument("approval", help="its number, as `paraph ca approvals` shows it")
        if name == "approve":
            command.add_argument("hash", help="the hash of what you saw")
        _writes(command).set_defaults(handler=_guarded(run_decide))
    listing = group.add_parser("approvals", help="what was asked for and decided")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(handler=run_approvals)
    alarms = group.add_parser("alarms", help="what a person must look at")
    alarms.add_argument("--json", action="store_true")
    alarms.set_defaults(handler=run_alarms)
    close = _writes(group.add_parser("close", help="close an alarm that was dealt with"))
    close.add_argument("alarm")
    close.set_defaults(handler=_guarded(run_close))
    block = _writes(group.add_parser("block-key", help="let nobody have a certificate for a public key"))
    block.add_argument("digest", help="SHA-256 of its SubjectPublicKeyInfo, in hex")
    block.add_argument("--reason", required=True)
    block.set_defaults(handler=_guarded(run_block))
    listing = group.add_parser("profiles", help="the kinds of certificate, with their clauses")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(handler=run_profiles)


def _writes(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    command.add_argument("--json", action="store_true")
    return command


def _deed(group: argparse._SubParsersAction, name: str, text: str) -> argparse.ArgumentParser:
    command = _writes(group.add_parser(name, help=text))
    if name == "create-authority":
        command.add_argument("name")
        command.add_argument("--kind", required=True, choices=sorted(authorities.KINDS))
        command.add_argument("--common-name", required=True)
        command.add_argument("--algorithm", default="P-256", choices=ALGORITHMS)
    elif name == "revoke-authority":
        command.add_argument("name")
        command.add_argument("--cause", required=True, choices=sorted(policy.CAUSES))
    elif name == "declare-device":
        command.add_argument("name")
        command.add_argument("--reference", required=True, help="its certification")
        command.add_argument("--until", required=True, type=_instant, help="the first day that is not covered")
    else:
        command.add_argument("--profile", required=True, choices=[profile.name for profile in profiles.ALL])
        command.add_argument("--finding", required=True, action="append", help="a rule's code; may be repeated")
    return command


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def account() -> Caller:
    """Who sits at the keyboard, as the operating system knows him."""
    name = os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    return Caller(at=clock.bound().now(), channel="cli:ca", person=f"os:{name}")


def _guarded(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """A refusal is one line and status 1."""

    def guarded(parsed: argparse.Namespace) -> int:
        try:
            return run(parsed)
        except Refusal as refusal:
            print(f"{refusal.code}: {refusal}", file=sys.stderr)
            return 1

    return guarded


def _content(parsed: argparse.Namespace) -> tuple[str, dict]:
    match parsed.deed:
        case "create-authority":
            return policy.CREATE_AUTHORITY, policy.authority_creation(
                parsed.name, parsed.kind, parsed.common_name, parsed.algorithm)
        case "revoke-authority":
            certificate = queries.certificate_of(queries.authority(parsed.name))
            return policy.REVOKE_AUTHORITY, policy.authority_revocation(certificate, parsed.cause)
        case "declare-device":
            return policy.DECLARE_DEVICE, policy.device_declaration(parsed.name, parsed.reference, parsed.until)
    version = profiles.get(parsed.profile).version
    return policy.WAIVE_FINDINGS, policy.waiver(parsed.profile, version, parsed.finding)


def run_request(parsed: argparse.Namespace) -> int:
    action, content = _content(parsed)
    if parsed.dry_run:
        return _say(parsed, {"action": action, "content": content, "hash": policy.content_hash(action, content)})
    given = {"reason": parsed.reason_given, "caller": account()}
    if action == policy.WAIVE_FINDINGS:
        asked = services.ask_waiver(profile=parsed.profile, findings=parsed.finding, ends_at=parsed.ends, **given)
    else:
        asked = services.ask_approval(action=action, content=content, **given)
    return _say(parsed, _approval(asked))


def run_decide(parsed: argparse.Namespace) -> int:
    if parsed.dry_run:
        found = queries.approvals().filter(pk=parsed.approval).first()
        return _say(parsed, _approval(found) if found else {"approval": "unknown"})
    caller = account()
    match parsed.action:
        case "approve":
            decided = services.approve(approval_id=parsed.approval, content_hash=parsed.hash, caller=caller)
        case "refuse":
            decided = services.refuse(approval_id=parsed.approval, caller=caller)
        case _:
            decided = services.withdraw(approval_id=parsed.approval, caller=caller)
    return _say(parsed, _approval(decided))


def run_do(parsed: argparse.Namespace) -> int:
    action, content = _content(parsed)
    if parsed.dry_run:
        return _say(parsed, {"action": action, "content": content, "hash": policy.content_hash(action, content)})
    caller = account()
    match parsed.deed:
        case "create-authority":
            authorities.add_authority(
                name=parsed.name, kind=parsed.kind, common_name=parsed.common_name, algorithm=parsed.algorithm,
                pki_url=settings.PKI_URL, names=parsed.names(), caller=caller)
        case "revoke-authority":
            authorities.revoke_authority(name=parsed.name, reason=parsed.cause, caller=caller)
        case _:
            services.declare_device(
                name=parsed.name, reference=parsed.reference, ends_at=parsed.until, caller=caller)
    publication.refresh(caller.at, client.bound())
    return _say(parsed, {"done": action, **content})


def run_approvals(parsed: argparse.Namespace) -> int:
    return _list(parsed, [_approval(row) for row in queries.approvals()], "Nothing was asked for.")


def run_alarms(parsed: argparse.Namespace) -> int:
    rows = [
        {"id": str(row.id), "code": row.code, "about": row.about, "since": row.raised_at.isoformat(), "times": row.times,
         "facts": row.facts}
        for row in queries.alarms()
    ]
    return _list(parsed, rows, "No alarm is open.")


def run_close(parsed: argparse.Namespace) -> int:
    if not parsed.dry_run:
        services.close_alarm(alarm_id=parsed.alarm, caller=account())
    return _say(parsed, {"closed": parsed.alarm})


def run_block(parsed: argparse.Namespace) -> int:
    affected = []
    if not parsed.dry_run:
        affected = services.block_key(digest=parsed.digest.lower(), reason=parsed.reason, caller=account())
    return _say(parsed, {"blocked": parsed.digest.lower(), "in_use_by": [row.serial for row in affected]})


def run_profiles(parsed: argparse.Namespace) -> int:
    rows = [
        {"name": profile.name, "version": profile.version, "usage": profile.usage, "level": profile.level,
         "suspension": profile.can_be_suspended, "editions": list(profile.editions)}
        for profile in profiles.ALL
    ]
    return _list(parsed, rows, "")


def _approval(row: Approval) -> dict:
    return {
        "id": str(row.id), "action": row.action, "content": row.content, "hash": row.content_hash, "reason": row.reason,
        "state": str(row.state), "asked_by": row.asked_by, "decided_by": row.decided_by, "ends_at": row.ends_at.isoformat(),
    }


def _say(parsed: argparse.Namespace, facts: dict) -> int:
    print(json.dumps(facts) if parsed.json else "\n".join(f"{name:12} {value}" for name, value in facts.items()))
    return 0


def _list(parsed: argparse.Namespace, rows: list[dict], nothing: str) -> int:
    if parsed.json:
        print(json.dumps(rows))
    else:
        print("\n\n".join("\n".join(f"{name:12} {value}" for name, value in row.items()) for row in rows) or nothing)
    return 0
