# SPDX-License-Identifier: Apache-2.0
"""paraph staff invite."""

import argparse
import json
import sys
from datetime import date

from paraph.domain.accounts.policy import Claims
from paraph.domain.organisations import queries as organisations
from paraph.domain.registration import services as registration
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal


def register(commands: argparse._SubParsersAction) -> None:
    group = commands.add_parser("staff", help="people in trusted roles").add_subparsers(dest="action", required=True)
    invite = group.add_parser("invite", help="give a person a role, a UserID, an initial password and a Token")
    invite.add_argument("--given-names", required=True)
    invite.add_argument("--family-names", required=True)
    invite.add_argument("--birth-date", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
    invite.add_argument("--organisation", default="operator", help="its short name")
    invite.add_argument("--role", required=True, action="append", help="may be repeated")
    invite.add_argument("--token", required=True, help="the serial number of a Token in stock")
    invite.add_argument("--json", action="store_true")
    invite.add_argument("--dry-run", action="store_true", help="check the arguments, invite nobody")
    invite.set_defaults(handler=run_invite)


def _caller(command: str) -> Caller:
    return Caller.system(at=clock.bound().now(), name=f"cli:{command}")


def run_invite(parsed: argparse.Namespace) -> int:
    try:
        organisation = organisations.by_slug(parsed.organisation)
        if parsed.dry_run:
            print(f"Would invite {parsed.given_names} {parsed.family_names} at {organisation.name}.")
            return 0
        invited = registration.invite_staff(
            claims=Claims(family_names=parsed.family_names, given_names=parsed.given_names,
                          birth_date=parsed.birth_date),
            organisation_id=organisation.id, roles=parsed.role, token_serial=parsed.token, caller=_caller("staff"))
    except Refusal as refusal:
        print(f"{refusal.code}: {sentence_of(refusal)}", file=sys.stderr)
        return 1
    if parsed.json:
        print(json.dumps({"user_id": invited.user_id, "initial_password": invited.initial_password,
                          "token": invited.token_serial}))
    else:
        print(f"UserID {invited.user_id}, initial password {invited.initial_password}, Token {invited.token_serial}.")
        print("The first login asks for a new password. These are shown once.")
    return 0
