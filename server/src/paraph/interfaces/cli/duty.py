# SPDX-License-Identifier: Apache-2.0
"""paraph ca alarms | take | close | block-key | profiles: what is looked at on duty."""

import argparse
from uuid import UUID

from paraph.domain.certification import queries, services
from paraph.interfaces.cli.saying import account, guarded, reads, say, say_all, writes
from paraph.pki import profiles


def add_commands(group: argparse._SubParsersAction) -> None:
    alarms = reads(group.add_parser("alarms", help="what a person must look at"))
    alarms.add_argument("--all", action="store_true", help="the closed ones too")
    alarms.set_defaults(handler=run_alarms)
    take = writes(group.add_parser("take", help="take care of an alarm: the others see that somebody does"))
    take.add_argument("alarm", type=UUID)
    take.set_defaults(handler=guarded(run_take))
    close = writes(group.add_parser("close", help="close an alarm that was dealt with"))
    close.add_argument("alarm", type=UUID)
    close.set_defaults(handler=guarded(run_close))
    block = writes(group.add_parser("block-key", help="let nobody have a certificate for a public key"))
    block.add_argument("digest", help="SHA-256 of its SubjectPublicKeyInfo, in hex")
    block.add_argument("--reason", required=True)
    block.set_defaults(handler=guarded(run_block))
    listing = reads(group.add_parser("profiles", help="the kinds of certificate, and which version is in force"))
    listing.set_defaults(handler=run_profiles)


def run_alarms(parsed: argparse.Namespace) -> int:
    rows = [
        {"id": str(row.id), "code": row.code, "about": row.about, "since": row.raised_at.isoformat(), "times": row.times,
         "taken_by": row.taken_by, "closed_by": row.closed_by, "facts": row.facts}
        for row in queries.alarms(open_only=not parsed.all)
    ]
    return say_all(parsed, rows, "No alarm is open.")


def run_take(parsed: argparse.Namespace) -> int:
    if not parsed.dry_run:
        services.take_alarm(alarm_id=parsed.alarm, caller=account())
    return say(parsed, {"taken": str(parsed.alarm)})


def run_close(parsed: argparse.Namespace) -> int:
    if not parsed.dry_run:
        services.close_alarm(alarm_id=parsed.alarm, caller=account())
    return say(parsed, {"closed": str(parsed.alarm)})


def run_block(parsed: argparse.Namespace) -> int:
    affected = []
    if not parsed.dry_run:
        affected = services.block_key(digest=parsed.digest.lower(), reason=parsed.reason, caller=account())
    return say(parsed, {"blocked": parsed.digest.lower(), "in_use_by": [row.serial for row in affected]})


def run_profiles(parsed: argparse.Namespace) -> int:
    rows = []
    for profile in profiles.ALL:
        standing = queries.standings(profile.name).first()
        rows.append({
            "name": profile.name, "version": profile.version, "in_force": standing.version if standing else None,
            "since": standing.since.isoformat() if standing else None, "usage": profile.usage, "level": profile.level,
            "suspension": profile.can_be_suspended, "editions": list(profile.editions),
        })
    return say_all(parsed, rows, "")
