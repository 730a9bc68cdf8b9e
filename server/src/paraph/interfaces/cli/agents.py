# SPDX-License-Identifier: Apache-2.0
"""paraph agent trust | dismiss | name: whose device may let a device join another holder, or say who a new holder is.

Runs on the signer's own host with the key store's passphrase, and speaks to the signer's database itself: whoever holds
the web tier can't make agents.
"""

import argparse
import sys

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.lifecycle import State
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device
from paraph.domain.registration import queries as registration
from paraph.interfaces.cli import signer_host
from paraph.interfaces.cli.saying import account
from paraph.kernel import clock, tokens
from paraph.signer import users
from paraph.signer.errors import SignerRefusal

WHAT = {"devices": "allow devices to join", "names": "say who new holders are"}


def register(commands: argparse._SubParsersAction) -> None:
    group = commands.add_parser("agent", help="staff whose device may let a device join another holder, or name new ones; as "
                                "root on the signer's host")
    actions = group.add_subparsers(dest="action", required=True)
    trust = actions.add_parser("trust", help="from now on this person's device may allow it")
    dismiss = actions.add_parser("dismiss", help="from now on it may not")
    for action, handler in ((trust, run_trust), (dismiss, run_dismiss)):
        action.add_argument("--user-id", required=True)
        action.add_argument("--for", dest="what", choices=WHAT, default="devices",
                            help="devices: of other holders, when one is replaced; names: of new holders, at the desk")
        if action is trust:
            action.add_argument("--device", default="", metavar="SERIAL", help="which one, where the person has several; for "
                                "names also one in stock, which the person gets beside the other one")
        action.add_argument("--dry-run", action="store_true", help="find the person and the device, change nothing")
        action.set_defaults(handler=handler)
    name = actions.add_parser("name", help="say yourself who a holder is that was approved, so that he can activate")
    name.add_argument("--user-id", required=True)
    name.add_argument("--dry-run", action="store_true", help="show the name, change nothing")
    name.set_defaults(handler=run_name)


def run_trust(parsed: argparse.Namespace) -> int:
    identity = accounts.identity_by_user_id(parsed.user_id)
    held = _held(identity, parsed.what)
    if parsed.device:
        held = [device for device in held if device.serial == parsed.device.strip().upper()] or _beside(identity, parsed)
    if not held:
        print("No such UserID, or its holder has no such device. Nothing was changed.", file=sys.stderr)
        return 1
    if len(held) > 1:
        print(f"Its holder has {', '.join(device.serial for device in held)}: say which one you have seen in the person's hand, "
              "with --device. Nothing was changed.", file=sys.stderr)
        return 1
    [device] = held
    if parsed.dry_run:
        print(f"Would trust {parsed.user_id} with device {device.serial}.")
        return 0
    try:
        with signer_host.core() as core, users.as_before(), transaction.atomic():
            if device.state == State.IN_STOCK:
                device_services.assign(identity_id=identity.id, serial=device.serial, caller=account())
            with users.as_root():
                trust = core.trust_registrar if parsed.what == "names" else core.trust_agent
                trust(attempt=str(tokens.uuid7()), holder=str(identity.id), device_serial=device.serial)
    except SignerRefusal as refusal:
        print(f"{refusal.code}: the signer refuses. The person logs in once with the device, then try again.",
              file=sys.stderr)
        return 1
    print(f"{parsed.user_id} may {WHAT[parsed.what]}, with device {device.serial}.")
    return 0


def _held(identity: Identity | None, what: str) -> list[Device]:
    """Names may be said with a device before its first login: who trusts it here has seen it in the person's hand. A Scan
    says names too, and shows them; devices are let in with a Token, which those pages ask."""
    if identity is None:
        return []
    found = devices.for_identity(identity.id) if what == "names" else devices.active_for(identity.id, clock.bound().now())
    return [device for device in found if device.state in ("assigned", "active") and device.type in METHODS
            and (what == "names" or not METHODS[device.type].shows_challenge)]


def _beside(identity: Identity | None, parsed: argparse.Namespace) -> list[Device]:
    """A device in stock that somebody of the staff is handed beside the one that he has, to say names with it."""
    device = devices.by_serial(parsed.device)
    new = device is not None and device.state == State.IN_STOCK and device.type in METHODS
    return [device] if new and parsed.what == "names" and identity is not None and identity.kind == Identity.Kind.STAFF else []


def run_dismiss(parsed: argparse.Namespace) -> int:
    identity = accounts.identity_by_user_id(parsed.user_id)
    if identity is None:
        print("No such UserID. Nothing was changed.", file=sys.stderr)
        return 1
    if parsed.dry_run:
        print(f"Would dismiss {parsed.user_id}.")
        return 0
    with signer_host.core() as core:
        dismiss = core.dismiss_registrar if parsed.what == "names" else core.dismiss_agent
        dismiss(attempt=str(tokens.uuid7()), holder=str(identity.id))
    print(f"{parsed.user_id} may no longer {WHAT[parsed.what]}.")
    return 0


def run_name(parsed: argparse.Namespace) -> int:
    """For orders that an officer had approved before the signer asked who it is."""
    identity = accounts.identity_by_user_id(parsed.user_id)
    subject = registration.subject_of_identity(identity.id) if identity else None
    if subject is None:
        print("No such UserID, or no order of it was approved. Nothing was changed.", file=sys.stderr)
        return 1
    if parsed.dry_run:
        print(f"Would say: {parsed.user_id} is {registration.subject_text(subject)}.")
        return 0
    before = accounts.identity_before(identity)
    try:
        with signer_host.core() as core:
            core.admit_name(attempt=str(tokens.uuid7()), holder=str(identity.id), subject=subject.encode(),
                            same_as=str(before.id) if before else None)
    except SignerRefusal as refusal:
        print(f"{refusal.code}: the signer refuses. Nothing was changed.", file=sys.stderr)
        return 1
    print(f"{parsed.user_id} is {registration.subject_text(subject)}.")
    return 0
