# SPDX-License-Identifier: Apache-2.0
"""paraph staff invite | list | suspend | renew: the first two operators, who works here, and emergencies."""

import argparse
from datetime import date

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.certification import services as certification
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations.policy import MemberRole
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import Member
from paraph.interfaces.cli import signer_host
from paraph.interfaces.cli.saying import account, guarded, reads, say, say_all, writes
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound
from paraph.signer import users


def register(commands: argparse._SubParsersAction) -> None:
    group = commands.add_parser("staff", help="people in trusted roles").add_subparsers(dest="action", required=True)
    invite = writes(group.add_parser(
        "invite", help="until two operators exist: a person gets a role, a UserID, an initial password and a Token"))
    invite.add_argument("--given-names", required=True)
    invite.add_argument("--family-names", required=True)
    invite.add_argument("--birth-date", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
    invite.add_argument("--email", default="", help="where alarms and messages about the account go")
    invite.add_argument("--language", default="fr", choices=("fr", "de", "en"))
    invite.add_argument("--organisation", default="operator", help="its short name")
    invite.add_argument("--role", required=True, action="append", choices=[str(role) for role in MemberRole],
                        help="may be repeated")
    invite.add_argument("--token", required=True, help="the serial number of a Token in stock")
    invite.set_defaults(handler=guarded(run_invite))
    listing = reads(group.add_parser("list", help="who holds or held which role, since when, and who decided it"))
    listing.set_defaults(handler=run_list)
    suspend = writes(group.add_parser("suspend", help="at once: no role, no login, no session"))
    suspend.add_argument("--user-id", required=True)
    suspend.set_defaults(handler=guarded(run_suspend))
    renew = writes(group.add_parser(
        "renew", help="as root on the signer's host, where two operators are not left to decide: new access for somebody who "
        "lost his password, what he logs in with, or both"))
    renew.add_argument("--user-id", required=True)
    renew.add_argument("--lost-password", action="store_true", help="he gets an initial one, shown once")
    renew.add_argument("--lost", action="append", default=[], metavar="SERIAL", help="a device that is gone; may be repeated")
    renew.add_argument("--device", default="", metavar="SERIAL", help="the Token or Scan in stock that he is handed instead")
    renew.set_defaults(handler=guarded(run_renew))


def _caller() -> Caller:
    return account("staff")


def run_invite(parsed: argparse.Namespace) -> int:
    organisation = organisations.by_slug(parsed.organisation)
    if parsed.dry_run:
        return say(parsed, {"would_invite": f"{parsed.given_names} {parsed.family_names}", "at": organisation.name})
    made = services.appoint(
        claims=Claims(family_names=parsed.family_names, given_names=parsed.given_names, birth_date=parsed.birth_date),
        organisation_id=organisation.id, roles=parsed.role, token_serial=parsed.token, language=parsed.language,
        email=parsed.email, caller=_caller())
    say(parsed, {"user_id": made.user_id, "initial_password": made.initial_password, "token": made.token_serial})
    if not parsed.json:
        print("The first login asks for a new password. These are shown once.")
    return 0


def run_list(parsed: argparse.Namespace) -> int:
    rows = [
        {"name": line.person.full_name, "organisation": line.membership.organisation.name, "role": line.membership.role,
         "since": line.membership.since.isoformat(), "asked_by": line.asked_by, "allowed_by": line.allowed_by,
         "suspended_since": _written(line.membership.suspended_at), "until": _written(line.membership.ended_at),
         "person": str(line.membership.person_id)}
        for line in queries.history()
    ]
    return say_all(parsed, rows, "Nobody holds a role.")


def _written(at) -> str:
    return at.isoformat() if at else ""


def _member(user_id: str) -> Member:
    identity = accounts.identity_by_user_id(user_id)
    member = queries.member_of(identity.person_id) if identity else None
    if member is None:
        raise NotFound()
    return member


def run_suspend(parsed: argparse.Namespace) -> int:
    member = _member(parsed.user_id)
    if not parsed.dry_run:
        services.suspend(member_id=member.id, caller=_caller())
    return say(parsed, {"suspended": parsed.user_id, "dry_run": parsed.dry_run})


def run_renew(parsed: argparse.Namespace) -> int:
    """Root's consent, as for whatever else is done at the signer past two people: who can't open its database is refused, and
    the signer itself is told there what was lost. An alarm stands until an operator closes it."""
    member, caller = _member(parsed.user_id), _caller()
    with signer_host.core() as core, users.as_before():
        with transaction.atomic():
            made = services.renew_at_the_machine(
                member_id=member.id, password=parsed.lost_password, lost=[serial.strip().upper() for serial in parsed.lost],
                device_serial=parsed.device, caller=caller)
            certification.raise_alarm(code="staff_renewed_at_the_machine", about=made.user_id, caller=caller,
                                      facts={"member": str(member.id)})
            if parsed.dry_run:
                transaction.set_rollback(True)
        if parsed.dry_run:
            return say(parsed, {"would_renew": made.user_id, "lost": ", ".join(parsed.lost), "device": made.device_serial,
                                "new_password": parsed.lost_password})
        with users.as_root():
            for serial in parsed.lost:
                core.retire_device(attempt=str(tokens.uuid7()), device_serial=serial.strip().upper())
    say(parsed, {"user_id": made.user_id, "initial_password": made.initial_password, "device": made.device_serial})
    if not parsed.json:
        print("What is new is shown once. Every operator is told, and an alarm stands on the operations page.")
    return 0
