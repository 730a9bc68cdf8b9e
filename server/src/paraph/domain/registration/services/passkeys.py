# SPDX-License-Identifier: Apache-2.0
"""Passkeys of a holder: he adds one after a fresh login with a device that was handed out to him, and is told at once."""

from django.db import transaction

from paraph.domain.authentication import queries as authentication_queries
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import services as devices
from paraph.domain.devices.methods.webauthn import Fault
from paraph.domain.devices.models import Enrolment, Passkey
from paraph.domain.registration import policy, queries
from paraph.domain.registration.services.telling import tell
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, Refusal


class FreshLoginNeeded(Refusal):
    """Whoever finds an open session must not give himself a way back, and a passkey must not breed passkeys."""

    code = "fresh_login_needed"
    sentence = "Pour ajouter une clé d’accès, connectez-vous d’abord avec votre Token ou votre Scan. La connexion doit dater " \
        "de moins de %(minutes)s minutes."


def begin_passkey(*, caller: Caller) -> Enrolment:
    """A challenge for a new passkey. Refuses: Forbidden, FreshLoginNeeded, NoPasskeys, IncompatibleDevice."""
    _check_full(caller)
    proof = queries.fresh_proof(caller)
    if proof is None:
        raise FreshLoginNeeded(minutes=rules.current().fresh_login_minutes)
    return devices.begin_enrolment(allowed_by=proof.serial, caller=caller)


def add_passkey(*, enrolment_id: object, name: str, answer: str, caller: Caller) -> Passkey | Fault:
    """The new passkey opens logins from now on, and its holder is told; or what is wrong with the answer.

    Refuses: Forbidden, FreshLoginNeeded (the device was disabled meanwhile), EnrolmentOver, NoPasskeys,
    IncompatibleDevice, SignerRefusal, SignerUnavailable.
    """
    _check_full(caller)
    if queries.active_proof(caller) is None:
        raise FreshLoginNeeded(minutes=rules.current().fresh_login_minutes)
    with transaction.atomic():
        made = devices.finish_enrolment(enrolment_id=enrolment_id, name=name, answer=answer, caller=caller,
                                        signer_session=authentication_queries.signer_session(caller.session))
        if not isinstance(made, Fault):
            tell("passkey_added", identity_id=caller.identity, caller=caller, at=caller.at, label=made.name)
    return made


def rename_passkey(*, device_id: object, name: str, caller: Caller) -> None:
    """Refuses: Forbidden, NotFound."""
    _check_full(caller)
    devices.rename_passkey(device_id=device_id, name=name, caller=caller)


def remove_passkey(*, device_id: object, caller: Caller) -> None:
    """It opens nothing any more, and the sessions that it opened end. Refuses: Forbidden, NotFound."""
    if not policy.is_holder(caller, caller.identity, "full", "devices"):
        raise Forbidden()
    with transaction.atomic():
        removed = devices.remove_passkey(device_id=device_id, caller=caller)
        authentication.end_device(identity_id=caller.identity, device_serial=removed.device.serial, caller=caller)
        tell("passkey_removed", identity_id=caller.identity, caller=caller, at=caller.at, label=removed.name)


def _check_full(caller: Caller) -> None:
    if not policy.is_holder(caller, caller.identity, "full"):
        raise Forbidden()
