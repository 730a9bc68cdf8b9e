# SPDX-License-Identifier: Apache-2.0
"""paraph clock show | confirm: whether time-stamps are issued, and the operator's word that the clock is right again."""

import argparse
import json
import sys

from paraph.domain.timestamping import queries, services
from paraph.interfaces.cli import saying
from paraph.kernel import clock


def register(commands: argparse._SubParsersAction) -> None:
    group = commands.add_parser("clock", help="the clock that time-stamps are made with")
    actions = group.add_subparsers(dest="action", required=True)
    show = actions.add_parser("show", help="say whether the clock is trusted, and if not, why")
    show.add_argument("--json", action="store_true")
    show.set_defaults(handler=run_show)
    confirm = actions.add_parser(
        "confirm", help="after a jump: you have compared the clock with a time source and answer for it")
    confirm.add_argument("--dry-run", action="store_true", help="say what would be confirmed")
    confirm.set_defaults(handler=run_confirm)


def run_show(parsed: argparse.Namespace) -> int:
    state = queries.clock_state(clock.bound().now())
    if parsed.json:
        checked_at = state.checked_at.isoformat() if state.checked_at else None
        print(json.dumps({"trusted": state.trusted, "why": state.why, "source": state.source, "checked_at": checked_at}))
    elif state.trusted:
        print(f"The clock is trusted (checked by {state.source} at {state.checked_at:%Y-%m-%d %H:%M:%S} UTC).")
    else:
        print(f"The clock is not trusted ({state.why}): no time-stamps are issued.")
    return 0 if state.trusted else 1


def run_confirm(parsed: argparse.Namespace) -> int:
    now = clock.bound().now()
    state = queries.clock_state(now)
    if not state.source:
        print("The clock was never checked: the worker does it when it runs.", file=sys.stderr)
        return 1
    if parsed.dry_run:
        print(f"Would confirm that it is {now:%Y-%m-%d %H:%M:%S} UTC, watched by {state.source}.")
        return 0
    services.confirm_clock(source=state.source, caller=saying.account("clock"))
    print(f"Confirmed: it is {now:%Y-%m-%d %H:%M:%S} UTC. Time-stamps are issued again after the worker's next check.")
    return 0
