# SPDX-License-Identifier: Apache-2.0
"""paraph agent trust | dismiss: whose device may allow that a device joins another holder.

Runs on the signer's own host with the key store's passphrase, and speaks to the signer's database itself: whoever holds
the web tier can't make agents.
"""

import argparse
import sys

from paraph.domain.accounts import queries as accounts
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS
from paraph.interfaces.cli import signer_host
from paraph.kernel import clock, tokens
from paraph.signer.errors import SignerRefusal


def register(commands: argparse._SubParsersAction) -> None:
    group = commands.add_parser("agent", help="staff whose device may let a device join another holder; as root "
                                "on the signer's host")
    actions = group.add_subparsers(dest="action", required=True)
    trust = actions.add_parser("trust", help="from now on this person's device may allow it")
    dismiss = actions.add_parser("dismiss", help="from now on it may not")
    for action, handler in ((trust, run_trust), (dismiss, run_dismiss)):
        action.add_argument("--user-id", required=True)
        action.add_argument("--dry-run", action="store_true", help="find the person and the device, change nothing")
        action.set_defaults(handler=handler)


def run_trust(parsed: argparse.Namespace) -> int:
    identity = accounts.identity_by_user_id(parsed.user_id)
    held = [device for device in devices.active_for(identity.id, clock.bound().now())
            if device.type in METHODS and not METHODS[device.type].shows_challenge] if identity else []
    if not held:
        print("No such UserID, or its holder has no active device. Nothing was changed.", file=sys.stderr)
        return 1
    if parsed.dry_run:
        print(f"Would trust {parsed.user_id} with device {held[0].serial}.")
        return 0
    try:
        with signer_host.core() as core:
            core.trust_agent(attempt=str(tokens.uuid7()), holder=str(identity.id), device_serial=held[0].serial)
    except SignerRefusal as refusal:
        print(f"{refusal.code}: the signer refuses. The person logs in once with the device, then try again.",
              file=sys.stderr)
        return 1
    print(f"{parsed.user_id} may allow devices to join, with device {held[0].serial}.")
    return 0


def run_dismiss(parsed: argparse.Namespace) -> int:
    identity = accounts.identity_by_user_id(parsed.user_id)
    if identity is None:
        print("No such UserID. Nothing was changed.", file=sys.stderr)
        return 1
    if parsed.dry_run:
        print(f"Would dismiss {parsed.user_id}.")
        return 0
    with signer_host.core() as core:
        core.dismiss_agent(attempt=str(tokens.uuid7()), holder=str(identity.id))
    print(f"{parsed.user_id} may no longer allow devices to join.")
    return 0
