# SPDX-License-Identifier: Apache-2.0
"""What the operator declares: devices that hold keys, and keys that nobody may have certified."""

from datetime import datetime

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.certification import policy
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import FINAL
from paraph.domain.certification.models import BlockedKey, Certificate, DeclaredDevice
from paraph.domain.certification.services.alarming import raise_alarm
from paraph.domain.certification.services.approving import use_approval
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden


def declare_device(*, name: str, reference: str, ends_at: datetime, caller: Caller) -> DeclaredDevice:
    """Certificates may say that their key lives in this device, until `ends_at`; declared again it is prolonged.

    Refuses: NotApproved. It needs an approval for exactly this declaration (policy.device_declaration).
    """
    with transaction.atomic():
        use_approval(
            action=policy.DECLARE_DEVICE, content=policy.device_declaration(name, reference, ends_at), caller=caller
        )
        device, _created = DeclaredDevice.objects.update_or_create(
            name=name,
            defaults={"reference": reference, "ends_at": ends_at},
            create_defaults={"reference": reference, "ends_at": ends_at, "declared_at": caller.at},
        )
        audit.record(Event.DEVICE_DECLARED, about=("device", name), caller=caller,
                     facts={"reference": reference, "ends_at": ends_at.isoformat()})
    return device


def block_key(*, digest: str, reason: str, caller: Caller) -> list[Certificate]:
    """Nobody gets a certificate for this public key (SHA-256 of its SubjectPublicKeyInfo) from now on.

    Returns the living certificates that have it, each with an alarm: they are to be revoked. Refuses: Forbidden.
    """
    if not (caller.channel.startswith("cli:") or caller.has_role("operator_admin")):
        raise Forbidden()
    with transaction.atomic():
        _row, new = BlockedKey.objects.get_or_create(
            digest=digest, defaults={"reason": reason, "blocked_at": caller.at})
        if new:
            audit.record(Event.KEY_BLOCKED, about=("key", digest), caller=caller, facts={"reason": reason})
        rows = Certificate.objects.filter(public_key_digest=digest, not_after__gt=caller.at).exclude(state__in=FINAL)
        affected = list(rows.order_by("id"))
        for certificate in affected:
            raise_alarm(code="blocked_key_in_use", about=certificate.serial, caller=caller, facts={"key": digest})
    return affected
