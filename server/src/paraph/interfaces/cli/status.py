# SPDX-License-Identifier: Apache-2.0
"""paraph ca lists | arrange | out-of-service | last-list | publish | responders | revoke | suspend | resume: what the
world is told."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime

from paraph.domain.certification import authorities, policy, publication, queries, services
from paraph.domain.certification.models import RevocationList
from paraph.domain.certification.publication import crl, scopes
from paraph.interfaces import deeds
from paraph.interfaces.cli.saying import account, guarded, reads, say, say_all, writes
from paraph.pki.crl import NEVER_UPDATED_AGAIN
from paraph.signer import client

MOVES = {"revoke": "end a certificate for ever", "suspend": "put a certificate on hold", "resume": "lift a hold"}


def add_commands(group: argparse._SubParsersAction) -> None:
    listing = reads(group.add_parser("lists", help="the newest lists of each authority: full, of each shard, deltas"))
    listing.add_argument("--authority", default="", help="only of this one")
    listing.set_defaults(handler=guarded(run_lists))
    arrange = writes(group.add_parser("arrange", help="spread new certificates over shards, have delta lists or not"))
    arrange.add_argument("name")
    arrange.add_argument("--shards", type=int, help="how many lists; only more than now, at most 1024")
    arrange.add_argument("--deltas", choices=("on", "off"))
    arrange.set_defaults(handler=guarded(run_arrange))
    out = writes(group.add_parser("out-of-service", help="let an authority issue nothing any more, for ever"))
    out.add_argument("name")
    out.set_defaults(handler=guarded(run_out))
    last = writes(group.add_parser("last-list", help="the last lists of an authority that is over: valid for ever"))
    last.add_argument("name")
    last.set_defaults(handler=guarded(run_last))
    now = writes(group.add_parser("publish", help="publish now what the worker would publish within seconds"))
    now.set_defaults(handler=guarded(run_publish))
    responders = reads(group.add_parser("responders", help="who answers OCSP for each authority, and until when"))
    responders.set_defaults(handler=run_responders)
    for name, text in MOVES.items():
        move = writes(group.add_parser(name, help=f"{text}: of a seal, a server or a service, never of a person"))
        move.add_argument("serial")
        move.add_argument("--received", type=_instant, help="when it was asked for, if not now: YYYY-MM-DDTHH:MM, UTC")
        if name != "resume":
            move.add_argument("--cause", required=True, choices=sorted(policy.CAUSES))
        if name == "revoke":
            move.add_argument("--invalid-since", type=_instant, help="since when the key was out of control, UTC")
        move.set_defaults(handler=guarded(run_move))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def run_lists(parsed: argparse.Namespace) -> int:
    wanted = [queries.authority(parsed.authority)] if parsed.authority else queries.authorities()
    rows = [line for authority in wanted for line in _lists(authority)]
    return say_all(parsed, rows, "No list yet.")


def _lists(authority) -> Iterator[dict]:
    for shard in scopes.shards(authority):
        full = crl.newest_of(authority.name, shard)
        delta = crl.newest_of(authority.name, shard, delta=True) if authority.deltas else None
        yield {"authority": authority.name, "shard": shard, "address": scopes.list_address(authority, shard),
               "full": full and _list(full), "delta": delta and _list(delta)}


def _list(row: RevocationList) -> dict:
    return {
        "number": row.number, "base": row.base_number, "entries": row.entries, "octets": row.octets,
        "this_update": row.this_update.isoformat(), "next_update": row.next_update.isoformat(),
        "last": row.next_update == NEVER_UPDATED_AGAIN,
    }


def run_arrange(parsed: argparse.Namespace) -> int:
    authority = queries.authority(parsed.name)
    deltas = None if parsed.deltas is None else parsed.deltas == "on"
    facts = {"name": parsed.name, "shards": authority.shards if parsed.shards is None else parsed.shards,
             "deltas": authority.deltas if deltas is None else deltas}
    if not parsed.dry_run:
        caller = account()
        services.arrange_lists(name=parsed.name, shards=parsed.shards, deltas=deltas, caller=caller)
        publication.refresh(caller.at, client.bound())
    return say(parsed, facts)


def run_out(parsed: argparse.Namespace) -> int:
    queries.authority(parsed.name)
    if not parsed.dry_run:
        authorities.withdraw_authority(name=parsed.name, caller=account())
    return say(parsed, {"out_of_service": parsed.name})


def run_last(parsed: argparse.Namespace) -> int:
    authority, caller = queries.authority(parsed.name), account()
    policy.permit_operator(caller)
    if parsed.dry_run:
        missing = [shard for shard in scopes.shards(authority) if not _is_last(crl.newest_of(authority.name, shard))]
        return say(parsed, {"name": parsed.name, "would_make": len(missing)})
    return say(parsed, {"name": parsed.name, "made": crl.publish_last(authority, caller.at, client.bound())})


def _is_last(row: RevocationList | None) -> bool:
    return row is not None and row.next_update == NEVER_UPDATED_AGAIN


def run_publish(parsed: argparse.Namespace) -> int:
    caller = account()
    if parsed.dry_run:
        return say(parsed, {"stale": crl.stale(caller.at)})
    made = publication.publish_changes(caller.at, client.bound()) + publication.refresh(caller.at, client.bound())
    return say(parsed, {"made": made})


def run_responders(parsed: argparse.Namespace) -> int:
    rows = []
    for authority in queries.authorities():
        newest = queries.newest_service("ocsp", authority.name)
        rows.append({
            "authority": authority.name, "address": authority.ocsp_url, "responder": newest.serial if newest else None,
            "not_after": newest.not_after.isoformat() if newest else None,
        })
    return say_all(parsed, rows, "No authority yet.")


def run_move(parsed: argparse.Namespace) -> int:
    move, caller = parsed.action, account()
    given = {"received_at": parsed.received}
    if move != "resume":
        given["reason"] = parsed.cause
    if move == "revoke":
        given["invalid_since"] = parsed.invalid_since
    if parsed.dry_run:
        found = queries.by_serial(parsed.serial)
        return say(parsed, {"serial": found.serial, "state": str(found.state), "would": move})
    moved = services.move_by_hand(serial=parsed.serial, move=move, caller=caller, **given)
    deeds.publish(caller)
    return say(parsed, {move: [row.serial for row in moved], "state": str(moved[0].state)})
