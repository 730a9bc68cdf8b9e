# SPDX-License-Identifier: Apache-2.0
"""Who a new holder is, said with the officer's own device: the signer certifies nobody on the service's word alone.

A Token's code covers the name and shows nothing of it; a Scan shows it first.
"""

from dataclasses import dataclass
from typing import NoReturn

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki.names import Subject
from paraph.signer import client
from paraph.signer.client import Outcome, ScanChallenge, name_statement
from paraph.signer.errors import SignerRefusal


class NotARegistrar(Refusal):
    """The signer does not know this officer's device as one that may say who somebody is (paraph agent trust --for names)."""

    code = "not_a_registrar"
    sentence = "Votre produit n’est pas encore autorisé à enregistrer des personnes. Demandez-le à l’exploitant."
    status = 403


class ScanNeeded(Refusal):
    """The operator takes names of Scans alone, which show them (rules: names_by_scan_only)."""

    code = "scan_needed"
    sentence = "Ici, on approuve avec un Scan : il montre le nom de la personne. Demandez un Scan à l’exploitant."
    status = 403


class NameHasChanged(Refusal):
    """The order or the person is not what the officer's Scan has shown."""

    code = "name_has_changed"
    sentence = "La personne n’est plus celle que votre Scan a montrée. Demandez une nouvelle image. Rien n’est approuvé."


@dataclass(frozen=True)
class Name:
    """Whom a code covers: this identity, with this name, who was the same person as `same_as`."""

    identity_id: str
    subject: bytes
    same_as: str | None

    @classmethod
    def of(cls, identity: Identity, subject: Subject) -> "Name":
        before = accounts.identity_before(identity)
        return cls(str(identity.id), subject.encode(), str(before.id) if before else None)


def say_who(*, name: Name, code: str, caller: Caller) -> Outcome:
    """The code of the officer's Token covers this name. A wrong code is a result. Refuses: NotARegistrar, ScanNeeded,
    SignerRefusal, SignerUnavailable."""
    proof = own_device(caller, shows_challenge=False)
    if proof is None:
        raise ScanNeeded() if rules.current().names_by_scan_only else NotARegistrar()
    session = _open(name, proof, caller)
    return _say(name, proof, session, code, caller)


def show_who(*, name: Name, caller: Caller) -> tuple[str, str, ScanChallenge]:
    """The officer's Scan is to show this name: its serial number, the signer's session, and the image. Refuses:
    NotARegistrar, SignerRefusal, SignerUnavailable."""
    proof = own_device(caller, shows_challenge=True)
    if proof is None:
        raise NotARegistrar()
    session = _open(name, proof, caller)
    try:
        image = client.bound().scan_name(attempt=str(tokens.uuid7()), session_id=session, holder=name.identity_id,
                                         subject=name.subject, same_as=name.same_as)
    except SignerRefusal as refusal:
        _refuse(refusal)
    return proof.serial, session, image


def say_shown(*, name: Name, serial: str, session: str, code: str, caller: Caller) -> Outcome:
    """The Scan's code for that image, and for exactly this name. Refuses: NotARegistrar, NameHasChanged, SignerRefusal,
    SignerUnavailable."""
    proof = own_device(caller, shows_challenge=True)
    if proof is None or proof.serial != serial:
        raise NotARegistrar()
    return _say(name, proof, session, code, caller)


def own_device(caller: Caller, *, shows_challenge: bool) -> Device | None:
    """The officer's device that answers an image, or the one that answers without."""
    if not caller.identity:
        return None
    return next((device for device in devices.active_for(caller.identity, caller.at)
                 if device.type in METHODS and METHODS[device.type].shows_challenge == shows_challenge), None)


def ways(caller: Caller) -> frozenset[str]:
    """With what this officer approves here: "token", "scan"."""
    found = {device.type for device in (own_device(caller, shows_challenge=shows) for shows in (False, True)) if device}
    return frozenset(found - {"token"} if rules.current().names_by_scan_only else found)


def _open(name: Name, proof: Device, caller: Caller) -> str:
    statement = name_statement(name.identity_id, name.subject, name.same_as)
    return client.bound().open_session(
        attempt=str(tokens.uuid7()), kind="grant", holder=caller.identity, key_id=None, hashes=[statement.digest],
        labels=[statement.label], device_serial=proof.serial).session_id


def _say(name: Name, proof: Device, session: str, code: str, caller: Caller) -> Outcome:
    signer = client.bound()
    outcome = METHODS[proof.type].authorise(
        signer=signer, attempt=str(tokens.uuid7()), session_id=session, serial=proof.serial, answer=code,
        shown_at=caller.at)
    if outcome is Outcome.ACCEPTED:
        try:
            signer.approve_name(attempt=str(tokens.uuid7()), session_id=session, holder=name.identity_id,
                                subject=name.subject, same_as=name.same_as)
        except SignerRefusal as refusal:
            _refuse(refusal)
    return outcome


def _refuse(refusal: SignerRefusal) -> NoReturn:
    match refusal.code:
        case "not_a_registrar":
            raise NotARegistrar() from refusal
        case "needs_scan":
            raise ScanNeeded() from refusal
        case "wrong_purpose":
            raise NameHasChanged() from refusal
    raise refusal
