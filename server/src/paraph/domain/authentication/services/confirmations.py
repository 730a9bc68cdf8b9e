# SPDX-License-Identifier: Apache-2.0
"""What a partner asks a holder to confirm: asked, shown to a device, refused, reported, lapsed. Codes: services.confirming.

A holder's session is never enough: each confirmation takes a fresh code of his device, which covers exactly this.
"""

from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.authentication import policy, queries, rows, statements
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lifecycle import CONFIRMATION, OPEN_CONFIRMATION
from paraph.domain.authentication.models import Confirmation
from paraph.domain.authentication.policy import Asked, Standing
from paraph.domain.authentication.services.first_step import DeviceNotAccepted, Opened, standing_of, valid_certificates
from paraph.domain.authentication.services.sessions import close_session
from paraph.domain.certification import services as certification
from paraph.domain.certification.queries import KeyInLife
from paraph.domain.devices.methods import METHODS
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.domain.partners.models import Partner
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal
from paraph.pki import scan
from paraph.signer import client

REPORTED_ALARM = "confirmation_reported"


class ConfirmationOver(Refusal):
    """It was confirmed, refused or reported, or is too old."""

    code = "confirmation_over"
    sentence = "Cette demande de confirmation est terminée ou trop ancienne. Retournez au service qui l’a faite."
    status = 410


class ConfirmationBusy(Refusal):
    """A code for it is at the signer just now, so that it can't be refused."""

    code = "confirmation_busy"
    sentence = "Un code est en cours de vérification pour cette demande. Patientez un instant, puis réessayez."
    retry_after = 5


class TooManyConfirmations(Refusal):
    """So many requests of one partner wait already for this holder."""

    code = "too_many_confirmations"
    sentence = "Ce service vous a déjà fait plusieurs demandes qui attendent. Répondez-y d’abord dans Mon espace."
    status = 429


def ask(
    *, partner_id: object, client_id: str, asked: Asked, request_id: object, minimum_level: str = "low",
    until: datetime | None = None, caller: Caller,
) -> Confirmation:
    """A question of this partner waits for the logged-in holder, for minutes, and never longer than the partner does
    (`until`). Asked again for the same request, it is the one that there is. `client_id`: the program that asks.
    `minimum_level`: what the device must reach, where that is more than the partner's own minimum.

    Refuses: Forbidden (no session of a holder in good standing), NotFound (another's request), TooManyConfirmations. Raises
    ValueError for what can't be shown to every device (policy.Asked.fault).
    """
    if asked.fault:
        raise ValueError(asked.fault)
    if caller.scope != "full" or not caller.identity or not caller.session:
        raise Forbidden()
    current = rules.current()
    with transaction.atomic(durable=True):
        # One after the other for each holder, so that the limit holds for many questions at once.
        credential = rows.LOCKED_CREDENTIAL.first(identity_id=caller.identity)
        known = Confirmation.objects.select_related("partner").filter(request=request_id).first()
        if known is not None:
            if str(known.identity_id) != caller.identity:
                raise NotFound()
            return known
        identity = Identity.objects.get(pk=caller.identity)
        if standing_of(identity, credential, valid_certificates(identity.id, caller.at)) is not Standing.FULL:
            raise Forbidden()
        partner = Partner.objects.filter(pk=partner_id, active=True).first()
        if partner is None:
            raise NotFound()
        if Confirmation.objects.filter(identity=identity, partner=partner, state__in=OPEN_CONFIRMATION,
                                       expires_at__gt=caller.at).count() >= current.confirmations_at_once:
            raise TooManyConfirmations()
        end = caller.at + timedelta(minutes=current.confirmation_minutes)
        # Two holders in one moment: the request is the first one's.
        row, is_new = Confirmation.objects.select_related("partner").get_or_create(request=request_id, defaults={
            "reference": tokens.reference("C"), "identity": identity, "person_id": identity.person_id, "partner": partner,
            "client_id": client_id, "session_id": caller.session, "text": asked.text, "digest": asked.digest,
            "label": asked.label,
            "minimum_level": policy.higher_level(partner.minimum_level, minimum_level), "language": caller.language,
            "asked_at": caller.at, "expires_at": min(end, until) if until else end, "state_since": caller.at})
        if not is_new:
            raise NotFound()
        audit.record(Event.CONFIRMATION_ASKED, about=("confirmation", row.id), caller=caller, facts={
            "identity": identity.id, "partner": partner.id, "request": request_id, "reference": row.reference})
    return row


def show(*, confirmation_id: object, device: str, caller: Caller) -> Confirmation:
    """The chosen device (its serial number, or "passkey") waits for this: from now on its code is good for 180 seconds.
    Once more, with this or another device, begins anew, and a code of before opens nothing.

    Refuses: NotFound, Forbidden, ConfirmationOver, ConfirmationBusy, DeviceNotAccepted, SignerUnavailable.
    """
    row = queries.own_confirmation(confirmation_id, caller)
    permit_open(row, caller)
    certificate = permit_holder(row, caller)
    chosen = {offered.serial: offered for offered in queries.devices_to_confirm(row, caller.at)}.get(device)
    if chosen is None:
        raise DeviceNotAccepted()
    by_key = chosen.type in METHODS
    opened = _open_at_signer(row, chosen.type, chosen.serial if by_key else "", certificate, caller)
    with transaction.atomic(durable=True):
        locked = locked_row(row.id)
        permit_open(locked, caller)
        life = timedelta(seconds=rules.current().otp_life_seconds)
        CONFIRMATION.advance(
            locked, "show", at=caller.at, shown_at=caller.at, code_until=min(caller.at + life, locked.expires_at),
            device=chosen.type, device_serial=chosen.serial if by_key else "", statement=opened.statement,
            key_id=certificate.key_id if by_key else "", certificate_serial=certificate.serial if by_key else "",
            signer_session=opened.session_id, image=opened.image, attempt=None)
        audit.record(Event.CONFIRMATION_SHOWN, about=("confirmation", locked.id), caller=caller, facts={
            "identity": locked.identity_id, "device": chosen.type, "signer_session": opened.session_id,
            "statement": sha256(opened.statement).hexdigest()})
    return locked


def cancel(*, confirmation_id: object, caller: Caller) -> Confirmation:
    """The holder does not confirm. Refuses: NotFound, ConfirmationOver, ConfirmationBusy."""
    with transaction.atomic(durable=True):
        row = _decide(confirmation_id, "cancel", caller)
        audit.record(Event.CONFIRMATION_CANCELLED, about=("confirmation", row.id), caller=caller,
                     facts={"identity": row.identity_id, "partner": row.partner_id})
    return row


def report(*, confirmation_id: object, caller: Caller) -> Confirmation:
    """The holder never asked for this: somebody else is logged in as him. That login ends if it is another one, operators
    are alarmed, and he is told. Refuses: NotFound, ConfirmationOver, ConfirmationBusy."""
    with transaction.atomic(durable=True):
        row = _decide(confirmation_id, "report", caller)
        audit.record(Event.CONFIRMATION_REPORTED, about=("confirmation", row.id), caller=caller,
                     facts={"identity": row.identity_id, "partner": row.partner_id, "session": row.session_id})
        if str(row.session_id) != caller.session:
            close_session(session_id=row.session_id, reason="confirmation_reported", caller=caller)
        # One for each holder: whoever asks and reports himself, again and again, hides no other alarm.
        certification.raise_alarm(code=REPORTED_ALARM, about=row.identity.ssn, caller=caller, facts={
            "reference": row.reference, "confirmation": str(row.id), "partner": row.partner.slug})
        tell(row, "confirmation_reported", caller)
    return row


def permit_open(row: Confirmation, caller: Caller) -> None:
    """Refuses: ConfirmationOver, ConfirmationBusy."""
    if row.state not in OPEN_CONFIRMATION or caller.at >= row.expires_at:
        raise ConfirmationOver()
    if row.claimed_at is not None:
        raise ConfirmationBusy()


def permit_holder(row: Confirmation, caller: Caller) -> KeyInLife:
    """His certificate in force. Refuses: Forbidden (suspended, ended)."""
    credential = rows.CREDENTIAL.first(identity_id=row.identity_id)
    certificates = valid_certificates(row.identity_id, caller.at)
    if caller.scope != "full" or standing_of(row.identity, credential, certificates) is not Standing.FULL:
        raise Forbidden()
    return [certificate for certificate in certificates if certificate.state == "active"][-1]


def locked_row(confirmation_id: object) -> Confirmation:
    """Refuses: NotFound."""
    row = Confirmation.objects.select_for_update(of=("self",)).select_related("identity", "partner").filter(
        pk=confirmation_id).first()
    if row is None:
        raise NotFound()
    return row


def tell(row: Confirmation, template: str, caller: Caller) -> None:
    """Without the text: mail is open to many."""
    contact = accounts.contact(row.identity_id)
    notifications.enqueue(
        template=template, caller=caller,
        data={"name": contact.name, "at": caller.at, "partner": row.partner.name_in(contact.language),
              "reference": row.reference},
        to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email, mobile=contact.mobile))


def _decide(confirmation_id: object, move: str, caller: Caller) -> Confirmation:
    row = locked_row(confirmation_id)
    if str(row.identity_id) != caller.identity:
        raise NotFound()
    permit_open(row, caller)
    CONFIRMATION.advance(row, move, at=caller.at, decided_at=caller.at)
    return row


def _open_at_signer(
    row: Confirmation, device: str, serial: str, certificate: KeyInLife, caller: Caller
) -> Opened:
    """A fresh statement and the signer's session over it; for a Scan, its image, whose words the signer takes out of the
    statement. A passkey signs the statement itself, with the signer's own nonce in it."""
    signer, nonce, attempt, passkey_session = client.bound(), tokens.token_bytes(32), str(tokens.uuid7()), ""
    holder = str(row.identity_id)
    if device not in METHODS:
        session = signer.open_session(attempt=attempt, kind="confirm", holder=holder, key_id=None, hashes=[], labels=[],
                                      device_serial=None)
        nonce, passkey_session = session.nonce, session.session_id
    statement = statements.confirmation(
        reference=row.reference, identity=holder, ssn=row.identity.ssn, partner=row.partner.slug,
        partner_name=scan.shortened(row.partner.name_in(row.language), scan.LONGEST_PARTNER), client=row.client_id,
        text=row.text, digest=row.digest, label=row.label, language=row.language, device=device, device_serial=serial,
        nonce=nonce, at=caller.at)
    if passkey_session:
        return Opened(statement, passkey_session, b"")
    session = signer.open_session(
        attempt=attempt, kind="confirm", holder=holder, key_id=certificate.key_id, statement=statement,
        hashes=[sha256(statement).digest()], labels=[], device_serial=serial)
    method = METHODS[device]
    if not method.shows_challenge:
        return Opened(statement, session.session_id, b"")
    shown = method.image(signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id, serial=serial,
                         partner="", text="")
    return Opened(statement, session.session_id, shown.payload)


def lapse_confirmations(*, caller: Caller) -> int:
    """Nobody answered in time. The instant is the deadline, however late it is found; what is at the signer stays. For the
    job. Returns how many."""
    due = Confirmation.objects.filter(
        state__in=OPEN_CONFIRMATION, expires_at__lte=caller.at, claimed_at=None).order_by("expires_at").values_list(
        "pk", flat=True)
    return sum(_lapse(pk, caller) for pk in list(due[:200]))


def _lapse(pk: object, caller: Caller) -> int:
    with transaction.atomic(durable=True):
        row = locked_row(pk)
        if row.state not in OPEN_CONFIRMATION or row.claimed_at is not None:
            return 0
        CONFIRMATION.advance(row, "lapse", at=row.expires_at, decided_at=row.expires_at)
        audit.record(Event.CONFIRMATION_LAPSED, about=("confirmation", row.id), caller=caller,
                     facts={"identity": row.identity_id, "partner": row.partner_id})
    return 1

