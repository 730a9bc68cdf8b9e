# SPDX-License-Identifier: Apache-2.0
"""Partners' programs that prove themselves with keys: their register, and the proof at each call."""

from collections.abc import Collection, Sequence

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.identity_provider import client_assertion, queries
from paraph.domain.identity_provider.client_assertion import Fault, PublicKey
from paraph.domain.identity_provider.events import Event
from paraph.domain.identity_provider.models import Client, ClientKey, UsedAssertion
from paraph.domain.limits import services as limits
from paraph.domain.partners.policy import may_manage
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound


def authenticate(*, assertion: str, client_id: str, audiences: Collection[str], caller: Caller) -> Client | None:
    """The client that this signed statement is from; each statement once. `client_id` is what else was said, or empty.

    A statement that proves nothing is recorded with its fault and counted by address, and answered as a wrong secret is.
    Refuses: TooManyAttempts.
    """
    limits.refuse_spent(kind="client", caller=caller)
    named = "unknown"
    try:
        statement = client_assertion.read(assertion)
        named = statement.client_id
        if client_id not in ("", named):
            raise Fault("client")
        client = queries.client(named)
        if client is None or client.authentication != Client.Authentication.KEYS:
            raise Fault("client")
        proof = client_assertion.prove(statement, queries.client_keys(client), audiences=audiences, at=caller.at)
        _, fresh = UsedAssertion.objects.get_or_create(digest=proof.digest, defaults={"expires_at": proof.expires_at})
        if not fresh:
            raise Fault("used")
    except Fault as fault:
        limits.spend(kind="client", caller=caller)
        with transaction.atomic():
            audit.record(Event.CLIENT_REFUSED, about=("client", named), caller=caller, facts={"fault": fault.code})
        return None
    return client


def replace_keys(*, client: Client, keys: Sequence[PublicKey], caller: Caller) -> None:
    """The client has these keys and no others from now on; inside the transaction that describes it."""
    wanted = {(key.key_id, key.algorithm, key.thumbprint): key for key in keys}
    for row in client.keys.filter(retired_at=None):
        if wanted.pop((row.key_id, row.algorithm, row.thumbprint), None) is None:
            _retire(row, caller)
    for key in wanted.values():
        _add(client, key, caller)


def add_keys(*, client_id: str, keys: Sequence[PublicKey], caller: Caller) -> None:
    """More keys, beside those that are there: the client changes over when it likes. Refuses: Forbidden, NotFound, not_allowed (a
    kid that was used before, too many keys, a client with a secret)."""
    with transaction.atomic():
        client = _locked(client_id, caller)
        if client.authentication != Client.Authentication.KEYS:
            raise NotAllowed(record="client", state=client.authentication, move="add_keys")
        for key in keys:
            _add(client, key, caller)


def retire_key(*, client_id: str, key_id: str, caller: Caller) -> None:
    """The key proves nothing any more, at once; its kid never comes again. Refuses: Forbidden, NotFound."""
    with transaction.atomic():
        row = _locked(client_id, caller).keys.filter(key_id=key_id, retired_at=None).first()
        if row is None:
            raise NotFound()
        _retire(row, caller)


def _locked(client_id: str, caller: Caller) -> Client:
    if not may_manage(caller):
        raise Forbidden()
    client = Client.objects.select_for_update().filter(client_id=client_id).first()
    if client is None:
        raise NotFound()
    return client


def _add(client: Client, key: PublicKey, caller: Caller) -> None:
    if client.keys.filter(key_id=key.key_id).exists():
        raise NotAllowed(record="key", state="used", move="add")
    if client.keys.filter(retired_at=None).count() >= client_assertion.MOST_KEYS:
        raise NotAllowed(record="client", state="full", move="add")
    ClientKey.objects.create(client=client, key_id=key.key_id, algorithm=key.algorithm, jwk=dict(key.jwk),
                             thumbprint=key.thumbprint, added_at=caller.at)
    audit.record(Event.CLIENT_KEY_ADDED, about=("client", client.client_id), caller=caller,
                 facts={"key": key.key_id, "algorithm": key.algorithm, "thumbprint": key.thumbprint})


def _retire(row: ClientKey, caller: Caller) -> None:
    ClientKey.objects.filter(pk=row.pk).update(retired_at=caller.at)
    audit.record(Event.CLIENT_KEY_RETIRED, about=("client", row.client.client_id), caller=caller,
                 facts={"key": row.key_id, "thumbprint": row.thumbprint})
