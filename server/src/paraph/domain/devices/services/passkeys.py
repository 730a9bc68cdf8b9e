# SPDX-License-Identifier: Apache-2.0
"""Passkeys: made in two steps, used at the door, named anew, removed. Who may begin is registration's decision.

A passkey has no secret here: the database holds its public key. What must not be repeated is the challenge, which one
locked row gives up once, and the counter, which only grows.
"""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.devices import policy, queries
from paraph.domain.devices.events import Event
from paraph.domain.devices.lifecycle import State
from paraph.domain.devices.methods import passkey as passkeys
from paraph.domain.devices.methods import webauthn
from paraph.domain.devices.methods.attestation import Kind
from paraph.domain.devices.methods.passkey import RelyingParty
from paraph.domain.devices.methods.webauthn import Answer, Assertion, Fault, Registration
from paraph.domain.devices.models import Device, Enrolment, Passkey
from paraph.domain.devices.policy import Reason
from paraph.domain.devices.services.moves import IncompatibleDevice, move
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound, Refusal
from paraph.signer import client

LONGEST_NAME = 40
# What a list of devices and a letter call it; nobody types it.
SERIAL_PREFIX, SERIAL_LETTERS = "PK", 8
KEPT = timedelta(days=1)


class NoPasskeys(Refusal):
    """The operator has none (R067), or the service's address is a number, for which browsers know none."""

    code = "no_passkeys"
    sentence = "Les clés d’accès ne sont pas disponibles ici."
    status = 404


class EnrolmentOver(Refusal):
    """Its challenge was used, is too old, or belongs to another session."""

    code = "enrolment_over"
    sentence = "Cet ajout est terminé ou trop ancien. Recommencez : rien n’a été modifié."


def begin_enrolment(*, allowed_by: str, caller: Caller) -> Enrolment:
    """A challenge for a new passkey of the caller's identity, for his session alone. `allowed_by` is the serial number of
    the device that opened it. Refuses: NoPasskeys, NotFound, IncompatibleDevice."""
    _relying_party()
    with transaction.atomic():
        identity = _identity(caller)
        _permit(identity)
        known = Passkey.objects.filter(device__identity=identity).values_list("user_handle", flat=True).first()
        enrolment = Enrolment.objects.create(
            identity=identity, session=caller.session, allowed_by=allowed_by,
            challenge=tokens.token_bytes(passkeys.CHALLENGE_OCTETS), opened_at=caller.at,
            user_handle=known or passkeys.encode(tokens.token_bytes(passkeys.USER_HANDLE_OCTETS)))
        audit.record(Event.PASSKEY_ASKED, about=("identity", identity.id), caller=caller,
                     facts={"enrolment": enrolment.id, "allowed_by": allowed_by})
    return enrolment


def finish_enrolment(
    *, enrolment_id: object, name: str, answer: str, signer_session: str, caller: Caller
) -> Passkey | Fault:
    """The authenticator's answer, judged: a passkey that opens logins from now on, or what is wrong with it. The challenge
    is used up either way. `signer_session`: of the fresh login that lets it in, which the signer authorised itself.
    Refuses: NoPasskeys, EnrolmentOver, NotFound, IncompatibleDevice, SignerRefusal, SignerUnavailable."""
    relying_party = _relying_party()
    with transaction.atomic():
        identity = _identity(caller)
        enrolment = Enrolment.objects.select_for_update().filter(
            pk=enrolment_id, identity=identity, session=caller.session, used_at=None).first()
        if enrolment is None or caller.at >= enrolment.opened_at + timedelta(seconds=rules.current().otp_life_seconds):
            raise EnrolmentOver()
        _permit(identity)
        Enrolment.objects.filter(pk=enrolment.pk).update(used_at=caller.at)
        judged = webauthn.judge_registration(answer, relying_party, bytes(enrolment.challenge), caller.at)
        made = _create(enrolment, judged, name, caller) if isinstance(judged, Registration) else judged
        if isinstance(made, Passkey):
            # Partners are told of a login with it only if the signer knows it.
            client.bound().add_passkey(
                attempt=str(made.pk), session_id=signer_session, credential_id=made.credential_id,
                public_key_der=webauthn.public_key_der(bytes(made.public_key)), attested=made.attestation == Kind.MAKER)
        else:
            audit.record(Event.PASSKEY_REFUSED, about=("identity", identity.id), caller=caller,
                         facts={"enrolment": enrolment.id, "fault": made})
        return made


def _create(enrolment: Enrolment, made: Registration, name: str, caller: Caller) -> Passkey | Fault:
    """The device, the passkey and their lines in the log; or nothing, where somebody has this credential already."""
    try:
        with transaction.atomic():
            passkey = _write(enrolment, made, name, caller)
    except IntegrityError:
        return Fault.KNOWN_ALREADY
    device = move(passkey.device, "activate", caller=caller)
    audit.record(Event.PASSKEY_ADDED, about=("identity", enrolment.identity_id), caller=caller, facts={
        "device": device.id, "serial": device.serial, "allowed_by": enrolment.allowed_by, "aaguid": made.aaguid,
        "attestation": made.attestation.kind, "format": made.attestation.format, "model": made.attestation.model,
        "algorithm": made.algorithm, "backup_eligible": made.backup_eligible, "backed_up": made.backed_up})
    return passkey


def _write(enrolment: Enrolment, made: Registration, name: str, caller: Caller) -> Passkey:
    device = Device.objects.create(
        type=passkeys.TYPE, serial=f"{SERIAL_PREFIX}-{tokens.letters(SERIAL_LETTERS)}", identity_id=enrolment.identity_id,
        state=State.ASSIGNED, state_since=caller.at)
    return Passkey.objects.create(
        device=device, name=called(name), credential_id=made.credential_id, user_handle=enrolment.user_handle,
        public_key=made.public_key, algorithm=made.algorithm, sign_count=made.sign_count, aaguid=made.aaguid,
        backup_eligible=made.backup_eligible, backed_up=made.backed_up, transports=list(made.transports),
        attestation=made.attestation.kind, attestation_format=made.attestation.format, model=made.attestation.model,
        attestation_object=made.attestation_object, client_data=made.client_data, allowed_by=enrolment.allowed_by)


def judge_login(
    *, identity_id: object, answer: Answer, challenge: bytes, minimum: str, named: bool = False, caller: Caller
) -> tuple[Passkey, Assertion] | Fault:
    """An answer to a login of this identity. A counter that goes back means that the passkey exists twice: it is disabled
    at once, and Fault.CLONED tells the caller of this function to alarm the holder (WebAuthn 7.2, step 22). A credential that
    is not there costs what a wrong signature costs.

    `minimum` is the level of assurance that the login needs; `named`: the browser was told which credentials.
    Refuses: NoPasskeys.
    """
    relying_party = _relying_party()
    with transaction.atomic():
        # The device first, as everybody who writes a passkey locks it.
        device = Device.objects.select_for_update(of=("self", "passkey")).select_related("passkey").filter(
            identity_id=identity_id, type=passkeys.TYPE, state=State.ACTIVE,
            passkey__credential_id=answer.credential_id).first()
        passkey = device.passkey if device else None
        if passkey is None or not relying_party.reaches(queries.grade(passkey), minimum):
            return webauthn.judge_unknown(answer, relying_party, challenge)
        judged = webauthn.judge_assertion(
            answer, relying_party, challenge, public_key=bytes(passkey.public_key), user_handle=passkey.user_handle,
            backup_eligible=passkey.backup_eligible, named=named)
        if isinstance(judged, Fault):
            return judged
        if webauthn.has_gone_back(passkey.sign_count, judged.sign_count):
            move(device, "disable", caller=caller, reason=Reason.CLONED)
            audit.record(Event.PASSKEY_CLONED, about=("identity", identity_id), caller=caller,
                         facts={"device": device.id, "serial": device.serial, "stored": passkey.sign_count,
                                "given": judged.sign_count})
            return Fault.CLONED
        Passkey.objects.filter(pk=passkey.pk).update(
            sign_count=judged.sign_count, backed_up=judged.backed_up, used_at=caller.at)
        return passkey, judged


def rename_passkey(*, device_id: object, name: str, caller: Caller) -> None:
    """Refuses: NotFound."""
    with transaction.atomic():
        passkey = own_passkey(device_id, caller)
        Passkey.objects.filter(pk=passkey.pk).update(name=called(name))
        audit.record(Event.PASSKEY_RENAMED, about=("identity", passkey.device.identity_id), caller=caller,
                     facts={"device": passkey.pk}, personal={"name": called(name)})


def remove_passkey(*, device_id: object, caller: Caller) -> Passkey:
    """It never opens anything again. Its public key stays, for logins of before can be contested.

    Refuses: NotFound, SignerUnavailable.
    """
    with transaction.atomic():
        passkey = own_passkey(device_id, caller)
        forget_at_signer(passkey.credential_id)
        move(passkey.device, "retire", caller=caller, reason=Reason.HOLDER)
        audit.record(Event.PASSKEY_REMOVED, about=("identity", passkey.device.identity_id), caller=caller,
                     facts={"device": passkey.pk, "serial": passkey.device.serial})
    return passkey


def forget_at_signer(credential_id: str) -> None:
    """No ID token stands on it any more. Refuses: SignerUnavailable."""
    client.bound().remove_passkey(attempt=str(tokens.uuid7()), credential_id=credential_id)


def own_passkey(device_id: object, caller: Caller) -> Passkey:
    """The caller's passkey with its device, both locked. Refuses: NotFound."""
    found = Device.objects.select_for_update().filter(
        pk=device_id, identity_id=caller.identity or None, type=passkeys.TYPE).exclude(state=State.RETIRED).first()
    if found is None:
        raise NotFound()
    passkey = Passkey.objects.select_for_update().get(device=found)
    passkey.device = found
    return passkey


def forget_enrolments(*, caller: Caller) -> int:
    """Challenges of more than a day ago leave. Returns how many."""
    return Enrolment.objects.filter(opened_at__lt=caller.at - KEPT).delete()[0]


def creation_options(enrolment: Enrolment, *, name: str) -> dict[str, Any]:
    """What the browser needs to make it; `name` is what the authenticator will show beside it."""
    known = Passkey.objects.filter(device__identity_id=enrolment.identity_id).exclude(device__state=State.RETIRED)
    return passkeys.creation_options(
        _relying_party(), challenge=bytes(enrolment.challenge), name=name,
        user_handle=enrolment.user_handle, seconds=rules.current().otp_life_seconds,
        known=list(known.values_list("credential_id", flat=True)))


def called(name: str) -> str:
    """A name on one line: it stands in letters too."""
    return " ".join(name.split())[:LONGEST_NAME]


def _relying_party() -> RelyingParty:
    relying_party = passkeys.current()
    if relying_party is None:
        raise NoPasskeys()
    return relying_party


def _identity(caller: Caller) -> Identity:
    identity = Identity.objects.select_for_update().filter(pk=caller.identity or None).first()
    if identity is None:
        raise NotFound()
    return identity


def _permit(identity: Identity) -> None:
    present = [device.type for device in queries.for_identity(identity.id)]
    why = policy.obstacle(passkeys.TYPE, family=identity.device_family, present=present, by_holder=True)
    if why:
        raise IncompatibleDevice(why=why)
