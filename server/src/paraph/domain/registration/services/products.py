# SPDX-License-Identifier: Apache-2.0
"""Gérer mes produits: the holder disables a device, enables it again (R080, R081, R133), and has a Token
that went out of time accepted again."""

from django.db import transaction

from paraph.domain.authentication import queries as authentication_queries
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as devices_queries
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.devices.policy import GONE, Reason
from paraph.domain.registration import policy
from paraph.domain.registration.services.telling import tell
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal
from paraph.signer.client import Outcome


class OtherDeviceNeeded(Refusal):
    """A device is disabled or enabled after a login with another active one, or with the helpdesk's security code."""

    code = "other_device_needed"
    sentence = "Connectez-vous avec un autre produit actif. Si vous n’en avez pas, appelez-nous : rien n’a été modifié."


def disable_product(*, device_id: object, caller: Caller) -> None:
    """It opens nothing until it is enabled; the certificate and the other devices stay as they are (R080).

    Logins under way and sessions that it opened end. Refuses: Forbidden, NotFound, OtherDeviceNeeded, NotAllowed.
    """
    with transaction.atomic():
        rest(_own(device_id, caller), reason=Reason.HOLDER, caller=caller)


def rest(device: Device, *, reason: Reason, caller: Caller) -> None:
    """A locked device opens nothing from now on, what it had opened ends, and its holder is told."""
    devices.disable(device_id=device.id, reason=reason, caller=caller)
    authentication.end_device(identity_id=device.identity_id, device_serial=device.serial, caller=caller)
    tell("device_disabled", identity_id=device.identity_id, caller=caller, at=caller.at, serial=device.serial)


def enable_product(*, device_id: object, caller: Caller) -> None:
    """A device that its holder disabled works again; one that was reported and is not replaced after all, once an agent has
    identified him. Refuses: Forbidden, NotFound, OtherDeviceNeeded, NotAllowed."""
    with transaction.atomic():
        device = _own(device_id, caller)
        if not may_enable(device, caller.scope):
            raise Forbidden()
        devices.enable(device_id=device.id, caller=caller)
        tell("device_enabled", identity_id=device.identity_id, caller=caller, at=caller.at, serial=device.serial)


def resynchronise_product(*, device_id: object, codes: tuple[str, str], caller: Caller) -> Outcome:
    """The holder's Token is accepted again after two codes in a row; wrong ones are a result. He has come in with another
    device, with a code of this one that was still good, or with a security code.

    Refuses: Forbidden, NotFound, SignerUnavailable.
    """
    device = Device.objects.filter(pk=device_id).first()
    if device is None or not caller.identity or str(device.identity_id) != caller.identity:
        raise NotFound()
    if not policy.is_holder(caller, device.identity_id, "full", "devices"):
        raise Forbidden()
    outcome = devices.resynchronise(device_id=device.id, codes=codes, caller=caller)
    if outcome is Outcome.ACCEPTED:
        tell("device_resynchronised", identity_id=device.identity_id, caller=caller, at=caller.at, serial=device.serial)
    return outcome


def may_enable(device: Device, scope: str) -> bool:
    """Whether a resting device may work again in a session of this scope. Nobody finds again what is being replaced."""
    reasons = (Reason.HOLDER, *GONE) if scope == "devices" else (Reason.HOLDER,)
    return device.state == "disabled" and device.reason in reasons and device.id not in {
        row.old_id for row in devices_queries.replacements(device.identity_id)}


def _own(device_id: object, caller: Caller) -> Device:
    """The holder's device, if he logged in with another one (R081) or with a security code (R082)."""
    device = Device.objects.select_for_update().filter(pk=device_id).first()
    if device is None or not caller.identity or str(device.identity_id) != caller.identity:
        raise NotFound()
    if policy.is_holder(caller, device.identity_id, "devices"):
        return device
    if not policy.is_holder(caller, device.identity_id, "full"):
        raise Forbidden()
    used = authentication_queries.device_of_session(caller.session)
    others = {other.serial for other in devices_queries.active_for(device.identity_id, caller.at)} - {device.serial}
    if used not in others:
        raise OtherDeviceNeeded()
    return device
