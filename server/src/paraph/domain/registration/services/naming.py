# SPDX-License-Identifier: Apache-2.0
"""Who a new holder is, said with the officer's own device: the signer certifies nobody on the service's word alone."""

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki.names import Subject
from paraph.signer import client
from paraph.signer.client import Outcome, name_statement
from paraph.signer.errors import SignerRefusal


class NotARegistrar(Refusal):
    """The signer does not know this officer's device as one that may say who somebody is (paraph agent trust --for names)."""

    code = "not_a_registrar"
    sentence = "Votre Token n’est pas encore autorisé à enregistrer des personnes. Demandez-le à l’exploitant."
    status = 403


def say_who(*, identity: Identity, subject: Subject, code: str, caller: Caller) -> Outcome:
    """The officer's code covers this identity, its name, and which identity was the same person before. A wrong code is a
    result. Refuses: NotARegistrar, SignerRefusal, SignerUnavailable."""
    proof = own_device(caller)
    if proof is None:
        raise NotARegistrar()
    before, name = accounts.identity_before(identity), subject.encode()
    same_as, signer = str(before.id) if before else None, client.bound()
    statement = name_statement(str(identity.id), name, same_as)
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="grant", holder=caller.identity, key_id=None, hashes=[statement.digest],
        labels=[statement.label], device_serial=proof.serial)
    outcome = METHODS[proof.type].authorise(
        signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id, serial=proof.serial, answer=code,
        shown_at=caller.at)
    if outcome is Outcome.ACCEPTED:
        try:
            signer.approve_name(attempt=str(tokens.uuid7()), session_id=session.session_id, holder=str(identity.id),
                                subject=name, same_as=same_as)
        except SignerRefusal as refusal:
            if refusal.code == "not_a_registrar":
                raise NotARegistrar() from refusal
            raise
    return outcome


def own_device(caller: Caller) -> Device | None:
    """The officer's device that answers without an image."""
    if not caller.identity:
        return None
    return next((device for device in devices.active_for(caller.identity, caller.at)
                 if device.type in METHODS and not METHODS[device.type].shows_challenge), None)
