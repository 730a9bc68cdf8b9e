# SPDX-License-Identifier: Apache-2.0
"""Keys whose certificates ended are destroyed: asked in the transaction that ends them, done afterwards."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.certification.models import Certificate
from paraph.domain.certification.services import raise_alarm
from paraph.domain.registration.events import Event
from paraph.domain.registration.models import KeyToDestroy
from paraph.kernel.caller import Caller
from paraph.signer import client
from paraph.signer.errors import SignerRefusal

_PATIENCE = timedelta(days=1)


def ask_to_destroy(*, identity_id: object, certificates: Iterable[Certificate], caller: Caller) -> None:
    """The private keys of these certificates have no use left. Belongs into the transaction that revokes them."""
    for certificate in certificates:
        if certificate.key_id:
            KeyToDestroy.objects.get_or_create(key_id=certificate.key_id,
                                               defaults={"identity_id": identity_id, "asked_at": caller.at})


def forget_keys(*, identity_id: object, key_ids: Iterable[str], caller: Caller) -> None:
    """These private keys are destroyed now."""
    with transaction.atomic():
        for key_id in key_ids:
            KeyToDestroy.objects.get_or_create(key_id=key_id, defaults={"identity_id": identity_id,
                                                                        "asked_at": caller.at})
    destroy_keys(caller=caller)


def destroy_keys(*, caller: Caller) -> int:
    """What was asked for is done in the signer, whose every call may be repeated. Returns how many keys are gone.

    A key whose certificate has ended here waits until the signer has told so in an answer of OCSP, which is a matter of
    seconds; after a day it is an alarm. Refuses: SignerUnavailable (the rest waits).
    """
    gone = 0
    for row in list(KeyToDestroy.objects.filter(destroyed_at=None).order_by("asked_at")):
        try:
            client.bound().destroy_key(attempt=str(uuid5(NAMESPACE_OID, f"paraph destroy {row.key_id}")), key_id=row.key_id)
        except SignerRefusal as refusal:
            if refusal.code == "certificate_in_force":
                if caller.at - row.asked_at >= _PATIENCE:
                    raise_alarm(code="key_not_destroyed", about=row.key_id, caller=caller)
                continue
            if refusal.code != "unknown_key":
                raise
        with transaction.atomic():
            if KeyToDestroy.objects.filter(pk=row.pk, destroyed_at=None).update(destroyed_at=caller.at):
                audit.record(Event.KEY_DESTROYED, about=("identity", row.identity_id), caller=caller,
                             facts={"key": row.key_id})
                gone += 1
    return gone
