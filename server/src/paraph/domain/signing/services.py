# SPDX-License-Identifier: Apache-2.0
import logging
from datetime import datetime
from functools import partial

from cryptography import x509
from django.db import transaction
from django.utils.translation import gettext_noop as _

from paraph.domain.accounts import queries as accounts
from paraph.domain.audit import services as audit
from paraph.domain.certification import queries as certification
from paraph.domain.certification.models import Certificate
from paraph.domain.certification.publication import crl, ocsp
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods.scan import SCAN
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.domain.signing import blobs, pades, policy, queries
from paraph.domain.signing.events import Event
from paraph.domain.signing.lifecycle import REQUEST, State
from paraph.domain.signing.models import SignatureRequest, SignatureUse
from paraph.domain.signing.pades import Material, NotTheHoldersSignature, Placed
from paraph.domain.timestamping import queries as timestamping
from paraph.domain.timestamping import services as stamps
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.clock import Clock
from paraph.kernel.errors import Forbidden, NotFound, Refusal
from paraph.pki.timestamps import TimestampError
from paraph.signer import client
from paraph.signer.client import Outcome
from paraph.signer.errors import SignerRefusal

logger = logging.getLogger("paraph.signing")

MEDIA_TYPE = "application/pdf"


class ProofNotReady(Refusal):
    """The key was used and the signature is kept; its time-stamp or status proof can't be had now. A job goes on."""

    code = "signature_proof_pending"
    sentence = _("Votre signature est faite et conservée. Sa preuve de date ne peut pas être ajoutée pour le moment : "
                "nous le ferons automatiquement, et vous n’avez rien à refaire.")
    status = 503


class SignatureMismatch(Refusal):
    """The released signature does not fit what this request says now: its row was changed by somebody."""

    code = "signature_mismatch"
    sentence = _("Ce document ne correspond pas à celui que vous avez autorisé. Il n’a pas été signé. "
                "Appelez-nous : nous devons comprendre pourquoi.")
    status = 500


# --- before the signature ---------------------------------------------------------------------------------------------


def request(*, identity_id: object, file_name: str, content: bytes, caller: Caller) -> SignatureRequest:
    """The document is kept and can be read and signed by its holder.

    Refuses: Forbidden; NoCertificate, CertificateSuspended … (nothing is taken from somebody who can't sign);
    UnsuitableDocument, with a code for each reason; CannotExamineNow.
    """
    identity = str(identity_id)
    if caller.identity != identity or caller.scope != "full":
        raise Forbidden()
    queries.certificate_for(identity, caller.at)
    found = pades.inspect(content)
    name = policy.clean_name(file_name)
    blob = blobs.store(content, media_type=MEDIA_TYPE, retention_class="upload", at=caller.at)
    with transaction.atomic(durable=True):
        row = SignatureRequest.objects.create(
            identity_id=identity, person_id=caller.person, file_name=name, language=caller.language, document=blob,
            pages=found.pages, earlier_signatures=found.signatures, remarks=list(found.remarks),
            state_since=caller.at, requested_at=caller.at)
        audit.record(Event.REQUESTED, about=("signature_request", row.id), caller=caller,
                     facts={"document": blob.sha256, "pages": found.pages, "earlier_signatures": found.signatures,
                            "remarks": list(found.remarks)},
                     personal={"file_name": name})
    return row


def prepare(
    *, request_id: object, device_serial: str, caller: Caller, certificate_serial: str = "", site: str = "",
    notice: str = "", described: str = "",
) -> SignatureRequest:
    """What will be signed is fixed, and the signer waits for the device's code: for this digest and no other.

    May be repeated as long as nothing was authorised: each time with a new session, and the former one serves nothing.
    A Scan shows `site`, `notice`, the file name, how long the document is (`described`), and the beginning of the very
    hash, which its code covers whole.
    Refuses: NotFound, Forbidden, AlreadyAnswered, the certificate's reasons, SignerRefusal, SignerUnavailable, Damaged.
    """
    row = queries.request(request_id, caller)
    policy.permit_open(row)
    certificate = queries.certificate_for(row.identity_id, caller.at, certificate_serial)
    placed = pades.place(
        blobs.read(row.document_id), certificate=bytes(certificate.der),
        name=accounts.contact(row.identity_id).name, at=caller.at)
    blob = blobs.store(placed.content, media_type=MEDIA_TYPE, retention_class="prepared", at=caller.at)
    session = client.bound().open_session(
        attempt=str(tokens.uuid7()), kind="sign", holder=row.identity_id, key_id=certificate.key_id,
        hashes=[placed.digest], labels=[policy.label(row.file_name, described)], device_serial=device_serial)
    image, until = b"", session.expires_at
    if _reads_images(device_serial):
        shown = SCAN.image(signer=client.bound(), attempt=str(tokens.uuid7()), session_id=session.session_id,
                           serial=device_serial, partner=site, text=notice)
        image, until = shown.payload, shown.expires_at
    with transaction.atomic(durable=True):
        row = _locked(request_id)
        policy.permit_holder(row, caller)
        policy.permit_open(row)
        row.certificate_serial, row.key_id = certificate.serial, certificate.key_id
        row.level, row.device_serial = policy.legal_level(certificate), device_serial
        row.placed, row.gap_start, row.gap_end = blob, placed.start, placed.end
        row.attributes, row.digest = placed.attributes, placed.digest.hex()
        row.signer_session, row.session_expires_at, row.image = session.session_id, until, image
        row.attempt = str(tokens.uuid7())
        row.save()
        audit.record(Event.PREPARED, about=("signature_request", row.id), caller=caller,
                     facts={"digest": row.digest, "certificate": row.certificate_serial, "device": device_serial,
                            "level": row.level, "signer_session": row.signer_session})
    return row


def _reads_images(device_serial: str) -> bool:
    return client.bound().device(device_serial).family == "scan"


def authorise(*, request_id: object, code: str, caller: Caller, shown_at: datetime | None = None) -> Outcome:
    """The holder's device allows this one signature, or the failure is counted by the signer.

    A code that opened a login opens no signature (R116, R117), and a device that rests since then or has ended opens none
    (R080): what it was asked is over. Refuses: NotFound, Forbidden, AlreadyAnswered, the
    certificate's reasons, SignerRefusal, SignerUnavailable.
    """
    row = queries.request(request_id, caller)
    policy.permit_open(row)
    if not row.signer_session or row.device_serial not in {
            device.serial for device in devices.active_for(row.identity_id, caller.at)}:
        return Outcome.EXPIRED_SESSION
    policy.permit_certificate(certification.by_serial(row.certificate_serial), row.identity_id, caller.at)
    if row.image:
        outcome = client.bound().authorise_with_answer(
            attempt=str(tokens.uuid7()), session_id=row.signer_session, device_serial=row.device_serial, answer=code)
    else:
        outcome = client.bound().authorise_with_code(
            attempt=str(tokens.uuid7()), session_id=row.signer_session, device_serial=row.device_serial, code=code,
            shown_at=shown_at)
    facts = {"signer_session": row.signer_session, "device": row.device_serial, "outcome": outcome.value}
    with transaction.atomic(durable=True):
        locked = _locked(request_id)
        if outcome is Outcome.ACCEPTED:
            # Another tab may have prepared again meanwhile: the code opened a session that this row no longer names.
            policy.permit_open(locked)
            if locked.signer_session != row.signer_session:
                raise policy.AlreadyAnswered()
            REQUEST.advance(locked, "authorise", at=caller.at, authorised_at=caller.at)
        audit.record(Event.AUTHORISED if outcome is Outcome.ACCEPTED else Event.CODE_REFUSED,
                     about=("signature_request", row.id), caller=caller, facts=facts)
    return outcome


def decline(*, request_id: object, caller: Caller) -> SignatureRequest:
    """The holder will not sign. Refuses: NotFound, Forbidden, NotAllowed."""
    with transaction.atomic(durable=True):
        row = _locked(request_id)
        policy.permit_holder(row, caller)
        REQUEST.advance(row, "decline", at=caller.at)
        audit.record(Event.DECLINED, about=("signature_request", row.id), caller=caller)
    return row


# --- the signature: reserve, act, settle ------------------------------------------------------------------------------


def finish(*, request_id: object, caller: Caller, clock: Clock) -> SignatureRequest:
    """The authorised document is signed, with its proofs, and kept; the holder is told at once that his key was used.

    Each step is committed before the next, so a crash loses nothing that was signed: `settle` goes on from there. Whoever
    comes second gets the row as it stands. Refuses: NotFound, Forbidden, NotAllowed (no code was accepted), the
    certificate's reasons (the request then failed), SignerUnavailable and ProofNotReady (the job goes on).
    """
    try:
        row, is_ours = _reserve(request_id=request_id, caller=caller)
    except (policy.CertificateSuspended, policy.CertificateRevoked, policy.CertificateOver) as refusal:
        _fail(request_id=request_id, failure=refusal.code, caller=caller)
        raise
    return _go_on(row, caller, clock) if is_ours else row


def settle(*, clock: Clock) -> int:
    """Takes up what was interrupted, ends what nobody can finish, and erases the documents that are not needed any more.
    Returns how many requests moved. For the job."""
    moved = 0
    caller = Caller.system(at=clock.now(), name="job:signing")
    for row in queries.interrupted(caller.at):
        try:
            _go_on(row, caller, clock)
            moved += 1
        except Refusal as refusal:
            # Whatever keeps one request from its end (a busy service, a stopped clock) must not keep the others.
            logger.warning("a signature waits", extra={"fields": {"request": str(row.id), "code": refusal.code}})
    for row in queries.forgotten(caller.at):
        with transaction.atomic(durable=True):
            REQUEST.advance(row, "lapse", at=caller.at)
            audit.record(Event.LAPSED, about=("signature_request", row.id), caller=caller)
        moved += 1
    for blob in queries.unneeded(caller.at):
        # First the line, then the bytes: a crash between leaves a file that the next run erases.
        with transaction.atomic(durable=True):
            audit.record(Event.DOCUMENT_ERASED, about=("document", blob.sha256), caller=caller,
                         facts={"retention_class": blob.retention_class})
        blobs.erase(blob.sha256, caller.at)
    return moved


def _reserve(*, request_id: object, caller: Caller) -> tuple[SignatureRequest, bool]:
    """The request in the state signing or signed, and whether this call brought it there."""
    before = client.bound().health()["record_entries"]
    with transaction.atomic(durable=True):
        row = _locked(request_id)
        policy.permit_holder(row, caller)
        if row.state in (State.SIGNING, State.SIGNED):
            return row, False
        policy.permit_authorised(row)
        policy.permit_certificate(certification.by_serial(row.certificate_serial), row.identity_id, caller.at)
        REQUEST.advance(row, "start", at=caller.at, signer_sequence=before)
        audit.record(Event.STARTED, about=("signature_request", row.id), caller=caller, facts={"attempt": row.attempt})
    return row, True


def _go_on(row: SignatureRequest, caller: Caller, clock: Clock) -> SignatureRequest:
    """From wherever a request in the state signing stands to its end."""
    if not row.signature_value:
        try:
            [signature] = client.bound().holder_sign(attempt=row.attempt, session_id=row.signer_session)
        except SignerRefusal as refusal:
            _fail(request_id=row.pk, failure=refusal.code, caller=caller)
            raise
        row = _record_use(row, signature, caller)
    if row.signed_id is None:
        row = _keep_result(row, caller, clock)
    return _settle(row, caller.at_instant(clock.now()))


def _record_use(row: SignatureRequest, signature: bytes, caller: Caller) -> SignatureRequest:
    """The key was used: that stands in the ledger, and the holder is told, before anything is made of the signature."""
    sequence = _signer_sequence(row)
    with transaction.atomic(durable=True):
        locked = _locked(row.pk)
        if locked.signature_value:
            return locked
        locked.signature_value = signature
        locked.save(update_fields=["signature_value"])
        SignatureUse.objects.create(
            request=locked, identity_id=locked.identity_id, at=caller.at, level=locked.level,
            certificate_serial=locked.certificate_serial, device_serial=locked.device_serial, digest=locked.digest,
            document_sha256=locked.document_id, file_name=locked.file_name, signer_sequence=sequence)
        audit.record(Event.KEY_USED, about=("signature_request", locked.id), caller=caller,
                     facts={"digest": locked.digest, "document": locked.document_id, "device": locked.device_serial,
                            "certificate": locked.certificate_serial, "level": locked.level,
                            "signer_sequence": sequence})
        _tell(locked, caller)
    return locked


def _keep_result(row: SignatureRequest, caller: Caller, clock: Clock) -> SignatureRequest:
    certificate = certification.by_serial(row.certificate_serial)
    placed = Placed(blobs.read(row.placed_id), row.gap_start, row.gap_end, bytes(row.attributes))
    chain = certification.chain(certificate)
    try:
        content = pades.complete(
            placed, signature=bytes(row.signature_value), chain=chain[:-1],
            stamp=lambda imprint: stamps.stamp_imprint(imprint=imprint, clock=clock, signer=client.bound()),
            material=partial(_material, certificate, clock))
    except TimestampError as error:
        raise ProofNotReady() from error
    except NotTheHoldersSignature:
        # The row no longer says what the signer's session allowed: somebody changed it. Nothing is made of it, ever.
        _fail(request_id=row.pk, failure="signature_mismatch", caller=caller)
        raise SignatureMismatch() from None
    blob = blobs.store(content, media_type=MEDIA_TYPE, retention_class="signed", at=clock.now())
    SignatureRequest.objects.filter(pk=row.pk, signed=None).update(signed=blob)
    row.refresh_from_db()
    return row


def _settle(row: SignatureRequest, caller: Caller) -> SignatureRequest:
    with transaction.atomic(durable=True):
        locked = _locked(row.pk)
        if locked.state == State.SIGNED:
            return locked
        REQUEST.advance(locked, "finish", at=caller.at)
        audit.record(Event.SIGNED, about=("signature_request", locked.id), caller=caller,
                     facts={"document": locked.document_id, "signed": locked.signed_id, "digest": locked.digest})
    return locked


def _fail(*, request_id: object, failure: str, caller: Caller) -> None:
    with transaction.atomic(durable=True):
        row = _locked(request_id)
        REQUEST.advance(row, "fail", at=caller.at, failure=failure)
        audit.record(Event.FAILED, about=("signature_request", row.id), caller=caller,
                     facts={"failure": failure})


def _material(certificate: Certificate, clock: Clock) -> Material:
    """Status of the signer's and the stamp's certificate made after the stamp, the lists of their authorities, the chain."""
    at, signer = clock.now(), client.bound()
    unit = timestamping.unit_at(at)
    if unit is None:
        raise ProofNotReady()
    unit_der = bytes(unit.certificate_der)
    chain = [*certification.chain(certificate), unit_der, *(bytes.fromhex(text) for text in unit.chain)]
    since = at.replace(microsecond=0)
    return Material(
        certificates=list(dict.fromkeys(chain)),
        answers=[ocsp.current_answer(serial, at, signer, made_since=since)
                 for serial in (certificate.serial, _serial(unit_der))],
        lists=[crl.latest(authority.parent.name) for authority in (certificate.authority,) if authority.parent])


def _serial(certificate: bytes) -> str:
    return format(x509.load_der_x509_certificate(certificate).serial_number, "x")


def _signer_sequence(row: SignatureRequest) -> int | None:
    """The line of the signer's own record that tells of this use: it was written before the signature was released."""
    after = row.signer_sequence
    while entries := client.bound().record(after=after, limit=1000):
        for entry in entries:
            if entry.facts.get("attempt") == row.attempt:
                return entry.sequence
        after = entries[-1].sequence
    return None


def _tell(row: SignatureRequest, caller: Caller) -> None:
    contact = accounts.contact(row.identity_id)
    notifications.enqueue(
        template="key_used", caller=caller, data={"name": contact.name, "at": caller.at, "document": row.file_name},
        to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email,
                     mobile=contact.mobile))


def _locked(request_id: object) -> SignatureRequest:
    row = SignatureRequest.objects.select_for_update().filter(pk=request_id).first()
    if row is None:
        raise NotFound()
    return row
