# SPDX-License-Identifier: Apache-2.0
"""From initial codes to two certificates: three proofs, two choices, then reserve, act, settle (R087 to R092).

Each proof answers alike whatever was wrong. What is said beyond that (already activated, too late) is said only to
somebody whose UserID and initial password were right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction

from paraph.domain.accounts import policy as accounts_policy
from paraph.domain.accounts import queries as accounts_queries
from paraph.domain.accounts import services as accounts
from paraph.domain.audit import services as audit
from paraph.domain.authentication import queries as authentication_queries
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.gallery import OWN
from paraph.domain.authentication.services import CodeOutcome
from paraph.domain.certification import services as certification
from paraph.domain.devices import queries as devices_queries
from paraph.domain.devices import services as devices
from paraph.domain.devices.methods import METHODS, Method
from paraph.domain.limits import services as limits
from paraph.domain.orders import queries as orders_queries
from paraph.domain.orders import services as orders
from paraph.domain.orders.lifecycle import OrderState
from paraph.domain.orders.models import Order
from paraph.domain.proofing import queries as proofs
from paraph.domain.registration import policy, queries
from paraph.domain.registration.events import Event
from paraph.domain.registration.lifecycle import ACTIVATION, FINAL, State
from paraph.domain.registration.models import Activation
from paraph.domain.registration.services.ending import forget_keys
from paraph.domain.registration.services.refusals import (
    ActivationOver,
    AlreadyActivated,
    Failed,
    Incomplete,
    Missing,
    UnderWay,
)
from paraph.domain.registration.services.telling import tell
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound, Refusal
from paraph.pki import keys
from paraph.signer import client
from paraph.signer.errors import SignerRefusal, SignerUnavailable
from paraph.signer.values import PROOF_PREFIX, HolderKeys, Outcome, Session


class Answer(StrEnum):
    ACCEPTED = "accepted"
    WRONG = "wrong"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class Opening:
    answer: Answer
    activation_id: UUID | None = None


# --- three proofs -----------------------------------------------------------------------------------------------------


def open_activation(*, user_id: str, initial_password: str, caller: Caller) -> Opening:
    """The UserID and the initial password of the letter or SMS. A wrong one counts, and says nothing else.

    Refuses: TooManyAttempts; once both were right: AlreadyActivated, TooLate (the 60 days are over), NotFound (staff: no
    certificates).
    """
    limits.spend(kind="activation", caller=caller)
    limits.spend(kind="activation_name", name=accounts_policy.user_id_index(user_id), caller=caller)
    identity = accounts_queries.identity_by_user_id(user_id)
    right = authentication.check_initial_codes(identity_id=identity.id if identity else None,
                                               initial_password=initial_password, caller=caller)
    if identity is None or right is not CodeOutcome.ACCEPTED:
        return Opening(Answer.WRONG)
    order = orders_queries.of_identity(identity.id)
    if order is None:
        raise NotFound()
    permit_order(order, caller)
    device = devices_queries.assigned_for(identity.id)
    if device is None:
        if devices_queries.for_identity(identity.id):
            raise Missing()
        raise NotFound()
    with transaction.atomic():
        activation = Activation.objects.create(
            order=order, identity=identity, device_serial=device.serial, state_since=caller.at, opened_at=caller.at,
            secret_image="")
        _record(Event.ACTIVATION_OPENED, activation, caller)
    return Opening(Answer.ACCEPTED, activation.id)


def recognise(*, activation_id: object, activation_code: str, caller: Caller) -> Answer:
    """The five characters chosen in the order. A wrong one stops here and counts (R092). Refuses: ActivationOver."""
    limits.spend(kind="activation", caller=caller)
    activation = current(activation_id, caller)
    right = authentication.check_initial_codes(identity_id=activation.identity_id, activation_code=activation_code,
                                               caller=caller)
    if right is not CodeOutcome.ACCEPTED:
        return Answer.WRONG
    with transaction.atomic():
        activation = locked(activation_id)
        ACTIVATION.advance(activation, "recognise", at=caller.at)
    return Answer.ACCEPTED


def prove(*, activation_id: object, answer: str, caller: Caller) -> Answer:
    """What the device shows, judged by the signer for a session of its own that can do nothing but make two keys.

    From here on the order is being activated, by this activation alone.
    Refuses: ActivationOver, AlreadyActivated, TooLate, UnderWay.
    """
    activation = current(activation_id, caller)
    method = method_of(activation)
    if activation.state != (State.READ if method.shows_challenge else State.RECOGNISED):
        raise NotAllowed(record="activation", state=activation.state, move="prove")
    permit_order(activation.order, caller)
    _permit_device(activation)
    session = session_of(activation)
    outcome = method.authorise(signer=client.bound(), attempt=str(tokens.uuid7()), session_id=session.session_id,
                               serial=activation.device_serial, answer=answer, shown_at=activation.state_since)
    if outcome is not Outcome.ACCEPTED:
        return Answer.TOO_MANY if outcome is Outcome.TOO_MANY else Answer.WRONG
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=activation.order_id)
        activation = locked(activation_id)
        permit_order(order, caller)
        _permit_device(activation)
        for other in Activation.objects.select_for_update().filter(order=order).exclude(state__in=FINAL):
            if other.state == State.ACTING:
                raise UnderWay()
            if other.state == State.PROVEN:
                _abandon_row(other, "superseded", caller)
        if order.state == OrderState.PREPARED:
            orders.advance(order_id=order.id, move="begin", caller=caller)
        ACTIVATION.advance(
            activation, "prove", at=caller.at, signer_session=session.session_id, nonce=session.nonce,
            image=b"", proven_until=caller.at + timedelta(minutes=rules.current().activation_session_minutes))
        _record(Event.ACTIVATION_PROVEN, activation, caller, device=activation.device_serial)
    return Answer.ACCEPTED


def _permit_device(activation: Activation) -> None:
    """The device is still the one that waits: nobody reported it, no other one took its place."""
    device = devices_queries.assigned_for(activation.identity_id)
    if device is None or device.serial != activation.device_serial:
        raise ActivationOver()


def method_of(activation: Activation) -> Method:
    """How the device of this activation answers."""
    return METHODS[devices_queries.by_serial(activation.device_serial).type]


def session_of(activation: Activation) -> Session:
    """The signer's session of this activation: asked again, it is the same."""
    return client.bound().open_session(
        attempt=str(uuid5(activation.id, "session")), kind="activate", holder=str(activation.identity_id), key_id=None,
        hashes=[], labels=[], device_serial=activation.device_serial)


# --- choices ----------------------------------------------------------------------------------------------------------


def choose_password(*, activation_id: object, password: str, caller: Caller) -> None:
    """Kept as a hash until everything is settled. Refuses: PasswordRefused, ActivationOver, NotAllowed."""
    limits.spend(kind="activation", caller=caller)
    activation = _proven(activation_id, caller)
    hashed = authentication.hash_new_password(identity_id=activation.identity_id, password=password)
    Activation.objects.filter(pk=activation.pk, state=State.PROVEN).update(password_hash=hashed)


def choose_image(*, activation_id: object, image: str, caller: Caller) -> None:
    """Refuses: UnknownImage, ActivationOver, NotAllowed."""
    activation = _proven(activation_id, caller)
    if image not in {picture.id for picture in authentication_queries.gallery()}:
        raise authentication.UnknownImage()
    Activation.objects.filter(pk=activation.pk, state=State.PROVEN).update(secret_image=image, own_picture=None)


def choose_own_picture(*, activation_id: object, content: bytes, caller: Caller) -> None:
    """A picture of the holder's own, drawn anew. Refuses: UnusablePicture, PicturesBusy, ActivationOver, NotAllowed."""
    limits.spend(kind="activation", caller=caller)
    activation = _proven(activation_id, caller)
    drawn = authentication.drawn_anew(content)
    Activation.objects.filter(pk=activation.pk, state=State.PROVEN).update(secret_image=OWN, own_picture=drawn)


def accept_content(*, activation_id: object, caller: Caller) -> None:
    """The holder read what his certificates will say, and agrees to it. Refuses: ActivationOver, NotAllowed."""
    activation = _proven(activation_id, caller)
    Activation.objects.filter(pk=activation.pk, state=State.PROVEN).update(content_accepted_at=caller.at)


# --- reserve, act, settle ---------------------------------------------------------------------------------------------


def activate(*, activation_id: object, texts: Iterable[object], caller: Caller) -> Activation:
    """Two keys are made, two certificates issued, and everything is the holder's: password, image, device, order.

    `texts` are the legal texts that he accepted. Called again after an interruption it goes on where it stopped; after
    success it changes nothing.
    Refuses: Incomplete, ActivationOver, TooLate, AlreadyActivated, Failed, SignerUnavailable (ask again).
    """
    with transaction.atomic():
        activation = locked(activation_id)
        if activation.state == State.ACTIVATED:
            return activation
        if activation.state != State.ACTING:
            activation = _proven(activation_id, caller)
            permit_order(activation.order, caller)
            if not (activation.password_hash and activation.secret_image and activation.content_accepted_at):
                raise Incomplete()
            accounts.accept(subject_id=activation.identity_id, texts=texts, language=caller.language,
                            channel=caller.channel, caller=caller)
            ACTIVATION.advance(activation, "act", at=caller.at)
            _record(Event.ACTIVATION_BEGUN, activation, caller, content_accepted_at=activation.content_accepted_at,
                    content_sha256=sha256(queries.subject_of(activation).encode()).hexdigest())
    return act_and_settle(activation, caller=caller)


def act_and_settle(activation: Activation, *, caller: Caller) -> Activation:
    """Both last steps of an activation in the state acting; each can be repeated. Refuses: Failed, SignerUnavailable."""
    generation = str(activation.id)
    try:
        made = _make_keys(activation)
        issued = [_issue(activation, usage, key, generation, caller)
                  for usage, key in (("authentication", made.authentication), ("signature", made.signature))]
    except SignerUnavailable:
        raise
    except Refusal as refusal:
        abandon(activation_id=activation.id, reason=refusal.code, caller=caller)
        raise Failed() from refusal
    with transaction.atomic():
        activation = locked(activation.id)
        if activation.state != State.ACTING:
            return activation
        device = devices_queries.by_serial(activation.device_serial)
        certification.activate(generation=generation, caller=caller)
        devices.activate(device_id=device.id, caller=caller)
        authentication.complete_activation(identity_id=activation.identity_id, secret_image=activation.secret_image,
                                           own_picture=activation.own_picture or b"",
                                           password_hash=activation.password_hash, caller=caller)
        # The holder did everything in time: what took longer was ours.
        orders.advance(order_id=activation.order_id, move="activate", caller=caller.at_instant(activation.state_since))
        ACTIVATION.advance(activation, "finish", at=caller.at, password_hash="", secret_image="", own_picture=None)
        # About the identity: the holder reads it among what happened to her.
        audit.record(Event.ACTIVATION_FINISHED, about=("identity", activation.identity_id), caller=caller,
                     facts={"activation": activation.id, "order": activation.order_id, "generation": generation,
                            "serials": [certificate.serial for certificate in issued]})
        tell("activated", identity_id=activation.identity_id, caller=caller, at=caller.at,
             expires_at=issued[0].not_after)
    return activation


def _make_keys(activation: Activation) -> HolderKeys:
    made = client.bound().make_holder_keys(attempt=_keys_attempt(activation), session_id=activation.signer_session,
                                   algorithm="P-256")
    for key, proof in zip((made.authentication, made.signature), made.proofs, strict=True):
        if not keys.verifies(key.public_key_der, proof, PROOF_PREFIX + key.public_key_der + bytes(activation.nonce)):
            raise Failed()
    return made


def _keys_attempt(activation: Activation) -> str:
    return str(uuid5(activation.id, "keys"))


def _issue(activation: Activation, usage: str, key, generation: str, caller: Caller):
    return certification.issue(
        attempt=f"{activation.id}:{usage}", profile=policy.PROFILES[usage], subject_id=str(activation.identity_id),
        subject=queries.subject_of(activation), public_key_der=key.public_key_der, generation=generation, key_id=key.key_id,
        identification=proofs.accepted(activation.order_id).method, caller=caller)


# --- giving up --------------------------------------------------------------------------------------------------------


def abandon(*, activation_id: object, reason: str, caller: Caller) -> None:
    """Nothing of this activation stays: certificates are revoked, keys destroyed, the order waits as before."""
    with transaction.atomic():
        activation = locked(activation_id)
        if activation.state in FINAL:
            return
        acting = activation.state == State.ACTING
        if acting:
            _end_certificates(activation, caller)
        held = activation.state in (State.PROVEN, State.ACTING)
        _abandon_row(activation, reason, caller)
        if held and Order.objects.get(pk=activation.order_id).state == OrderState.ACTIVATING:
            # The order goes back whatever the hour: its 60 days are the lapse job's question.
            orders.advance(order_id=activation.order_id, move="give_back",
                           caller=caller.at_instant(activation.opened_at))
    if acting:
        _destroy_keys(activation, caller)


def _end_certificates(activation: Activation, caller: Caller) -> None:
    try:
        certification.revoke(generation=str(activation.id), reason="not_activated", caller=caller)
    except (NotFound, NotAllowed):
        # None was reserved yet, or all are ended already.
        return


def _destroy_keys(activation: Activation, caller: Caller) -> None:
    try:
        made = client.bound().make_holder_keys(attempt=_keys_attempt(activation), session_id=activation.signer_session,
                                       algorithm="P-256")
    except SignerRefusal:
        return  # none was ever made
    forget_keys(identity_id=activation.identity_id, key_ids=[made.authentication.key_id, made.signature.key_id],
                caller=caller)


def _abandon_row(activation: Activation, reason: str, caller: Caller) -> None:
    ACTIVATION.advance(activation, "abandon", at=caller.at, reason=reason[:40], password_hash="", secret_image="",
                       own_picture=None)
    _record(Event.ACTIVATION_ABANDONED, activation, caller, reason=reason)


# --- what all steps ask -----------------------------------------------------------------------------------------------


def permit_order(order: Order, caller: Caller) -> None:
    """Refuses AlreadyActivated, TooLate (R089: from the deadline on) and, where nothing was approved yet, NotFound."""
    if order.state == OrderState.ACTIVATED:
        raise AlreadyActivated()
    if order.state == OrderState.LAPSED or caller.at >= order.activation_deadline:
        raise orders.TooLate()
    if order.state not in (OrderState.PREPARED, OrderState.ACTIVATING):
        raise NotFound()


def _row(activation_id: object, *, lock: bool) -> Activation:
    rows = Activation.objects.select_for_update() if lock else Activation.objects.select_related(
        "order", "identity__person")
    try:
        return rows.get(pk=activation_id)
    except (Activation.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def locked(activation_id: object) -> Activation:
    return _row(activation_id, lock=True)


def current(activation_id: object, caller: Caller) -> Activation:
    """The activation if its time is not over. Refuses: AlreadyActivated, ActivationOver."""
    activation = _row(activation_id, lock=False)
    if activation.state == State.ACTIVATED:
        raise AlreadyActivated()
    life = timedelta(minutes=rules.current().activation_session_minutes)
    until = activation.proven_until or activation.opened_at + life
    if activation.state == State.ABANDONED or (caller.at > until and activation.state != State.ACTING):
        raise ActivationOver()
    return activation


def _proven(activation_id: object, caller: Caller) -> Activation:
    activation = current(activation_id, caller)
    if activation.state != State.PROVEN:
        raise NotAllowed(record="activation", state=activation.state, move="choose")
    return activation


def _record(event: Event, activation: Activation, caller: Caller, **facts: object) -> None:
    audit.record(event, about=("activation", activation.id), caller=caller,
                 facts={"order": activation.order_id, "identity": activation.identity_id, **facts})
