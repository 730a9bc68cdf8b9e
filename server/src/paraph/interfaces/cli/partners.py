# SPDX-License-Identifier: Apache-2.0
"""paraph partners register | client | keys: who may ask for logins, and with which program."""

import argparse
import json
import sys
from pathlib import Path

from paraph.domain.identity_provider import authorization_details, client_assertion, clients, openid
from paraph.domain.identity_provider import queries as registered
from paraph.domain.identity_provider import services as identity_provider
from paraph.domain.identity_provider.client_assertion import PublicKey
from paraph.domain.identity_provider.models import Client
from paraph.domain.partners import queries, services
from paraph.domain.partners.models import DeviceType, Partner
from paraph.interfaces.cli import saying
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.kernel.errors import Refusal


def register(commands: argparse._SubParsersAction) -> None:
    group = commands.add_parser("partners", help="sites and applications that rely on the service")
    actions = group.add_subparsers(dest="action", required=True)
    partner = actions.add_parser("register", help="put a partner into directory, finder and door; safe to repeat")
    partner.add_argument("slug", help="its short name, which never changes")
    for language in ("fr", "de", "en"):
        partner.add_argument(f"--name-{language}", required=True)
    partner.add_argument("--category", required=True, choices=Partner.Category.values)
    partner.add_argument("--accepts", required=True, action="append", choices=DeviceType.values, help="may be repeated")
    partner.add_argument("--minimum-level", default="substantial", choices=Partner.Level.values)
    partner.add_argument("--website", default="")
    partner.add_argument("--fraud-contact", default="", metavar="ADDRESS",
                         help="e-mail address that is told when a customer reports phishing and agrees to it")
    partner.set_defaults(handler=run_register)
    client = actions.add_parser("client", help="let a partner's program ask for logins; prints its new secret once")
    client.add_argument("slug", help="the partner's short name")
    client.add_argument("client_id")
    client.add_argument("--redirect", required=True, action="append", help="an exact address; may be repeated")
    client.add_argument("--scope", action="append", choices=[scope for scope in openid.CLAIMS if scope != "openid"],
                        help="may be repeated; openid alone without")
    client.add_argument("--algorithm", default="ES256", choices=Client.Algorithm.values)
    client.add_argument("--logout-address", action="append", help="where people may go back to after a logout; may be repeated")
    client.add_argument("--logout-notice", default="", metavar="ADDRESS", help="where the program is told that a session ended")
    client.add_argument("--confirmations", action="store_true",
                        help="it may ask people to confirm a text or a document (RFC 9396)")
    client.add_argument("--public-keys", type=Path, metavar="FILE",
                        help="the program proves itself with these keys (a JSON Web Key Set) instead of a secret")
    client.set_defaults(handler=run_client)
    keys = actions.add_parser("keys", help="the public keys with which a program proves itself")
    verbs = keys.add_subparsers(dest="verb", required=True)
    listed = saying.reads(verbs.add_parser("list", help="every key that it has or had"))
    add = saying.writes(verbs.add_parser("add", help="more keys beside those that are there"))
    retire = saying.writes(verbs.add_parser("retire", help="end one at once; its kid never comes again"))
    for verb, handler in ((listed, run_keys), (add, run_add), (retire, run_retire)):
        verb.add_argument("client_id")
        verb.set_defaults(handler=saying.guarded(handler))
    add.add_argument("file", type=Path, help="a JSON Web Key Set, or one key")
    retire.add_argument("kid")
    for command in (partner, client):
        command.add_argument("--json", action="store_true")
        command.add_argument("--dry-run", action="store_true", help="check the arguments, write nothing")


def run_register(parsed: argparse.Namespace) -> int:
    if parsed.dry_run:
        print(f"Would register {parsed.slug}.")
        return 0
    row = services.register(
        slug=parsed.slug, name={"fr": parsed.name_fr, "de": parsed.name_de, "en": parsed.name_en},
        category=parsed.category, accepts=parsed.accepts, minimum_level=parsed.minimum_level, website=parsed.website,
        fraud_contact=parsed.fraud_contact, caller=saying.account("partners"))
    print(json.dumps({"partner": row.slug}) if parsed.json else f"{row.slug} is registered.")
    return 0


def run_client(parsed: argparse.Namespace) -> int:
    try:
        keys = _read(parsed.public_keys) if parsed.public_keys else []
        partner = queries.by_slug(parsed.slug)
        if parsed.dry_run:
            proof = f"{len(keys)} keys" if keys else "a new secret"
            wanted = "logins and confirmations" if parsed.confirmations else "logins"
            print(f"Would let {parsed.client_id} of {partner.slug} ask for {wanted}, with {proof}.")
            return 0
        client_id, secret = identity_provider.register_client(
            client_id=parsed.client_id, partner_id=partner.id, redirect_addresses=parsed.redirect,
            scopes=parsed.scope or (), algorithm=parsed.algorithm, logout_addresses=parsed.logout_address or (),
            logout_notice=parsed.logout_notice, public_keys=keys,
            details_types=[authorization_details.CONFIRMATION] if parsed.confirmations else (), caller=saying.account("partners"))
    except Refusal as refusal:
        print(f"{refusal.code}: {sentence_of(refusal)}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"{parsed.client_id}: {error}.", file=sys.stderr)
        return 1
    if parsed.json:
        print(json.dumps({"client_id": client_id, **({"keys": [key.key_id for key in keys]} if keys else {"secret": secret})}))
    elif keys:
        print(f"client id {client_id}, keys {', '.join(key.key_id for key in keys)}. It has no secret.")
    else:
        print(f"client id {client_id}, secret {secret}. The secret is shown once; ask again for a new one.")
    return 0


def _read(path: Path) -> list[PublicKey]:
    """Raises ValueError, in one sentence. Refuses: Unreadable."""
    try:
        content = json.loads(saying.read_bytes(path))
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is not JSON") from None
    return client_assertion.read_keys(content)


def run_keys(parsed: argparse.Namespace) -> int:
    rows = [{"kid": row.key_id, "algorithm": row.algorithm, "thumbprint": row.thumbprint, "added": row.added_at.isoformat(),
             "retired": row.retired_at.isoformat() if row.retired_at else ""}
            for row in registered.registered_keys(parsed.client_id)]
    return saying.say_all(parsed, rows, "It has no keys.")


def run_add(parsed: argparse.Namespace) -> int:
    try:
        keys = _read(parsed.file)
    except ValueError as error:
        print(f"{parsed.client_id}: {error}.", file=sys.stderr)
        return 1
    if not parsed.dry_run:
        clients.add_keys(client_id=parsed.client_id, keys=keys, caller=saying.account("partners"))
    return saying.say(parsed, {"would add" if parsed.dry_run else "added": ", ".join(key.key_id for key in keys)})


def run_retire(parsed: argparse.Namespace) -> int:
    if not parsed.dry_run:
        clients.retire_key(client_id=parsed.client_id, key_id=parsed.kid, caller=saying.account("partners"))
    return saying.say(parsed, {"would retire" if parsed.dry_run else "retired": parsed.kid})
