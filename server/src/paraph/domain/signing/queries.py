# SPDX-License-Identifier: Apache-2.0
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from paraph.domain.certification import queries as certification
from paraph.domain.certification.models import Certificate
from paraph.domain.signing import blobs, pades, policy
from paraph.domain.signing.lifecycle import FINAL, State
from paraph.domain.signing.models import Blob, SignatureRequest, SignatureUse
from paraph.domain.signing.pades import PageText
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound


def request(request_id: object, caller: Caller) -> SignatureRequest:
    """The caller's own request. Refuses NotFound for anybody else's."""
    row = _request(request_id)
    policy.permit_holder(row, caller)
    return row


def requests_of(identity_id: object) -> QuerySet[SignatureRequest]:
    """What this identity was asked to sign and signed, newest first."""
    return SignatureRequest.objects.filter(identity_id=str(identity_id)).select_related("document", "signed").order_by(
        "-requested_at", "-id")


def ledger(identity_id: object) -> QuerySet[SignatureUse]:
    """Every use of this identity's signature key, newest first: what, when, which digest, with which device."""
    return SignatureUse.objects.filter(identity_id=str(identity_id)).select_related("request__signed").order_by(
        "-at", "-id")


def page_text(request_id: object, number: int, caller: Caller) -> PageText:
    """What stands on one page of the stored bytes, the same that are signed. Refuses NotFound."""
    return pades.page_text(_page_of(request_id, number, caller), number)


def page_picture(request_id: object, number: int, caller: Caller) -> bytes:
    """One page of the stored bytes, the same that are signed, as PNG. Refuses NotFound."""
    return pades.page_picture(_page_of(request_id, number, caller), number)


def _page_of(request_id: object, number: int, caller: Caller) -> bytes:
    row = request(request_id, caller)
    if not 1 <= number <= row.pages:
        raise NotFound()
    return blobs.read(row.document_id)


def signed_content(request_id: object, caller: Caller) -> bytes:
    """The signed document. Refuses NotFound as long as there is none."""
    row = request(request_id, caller)
    if row.signed_id is None or row.state != State.SIGNED:
        raise NotFound()
    return blobs.read(row.signed_id)


def certificate_for(identity_id: object, at: datetime, serial: str = "") -> Certificate:
    """The certificate that would sign now: the one asked for, else the newest usable. Refuses with the reason of the
    newest signature certificate when none is usable."""
    if serial:
        chosen = certification.by_serial(serial)
        policy.permit_certificate(chosen, str(identity_id), at)
        return chosen
    pair = certification.active_pair(str(identity_id), at)
    if pair is not None:
        return pair.signature
    newest = next((row for row in certification.for_subject(str(identity_id)) if row.usage == "signature"), None)
    if newest is None:
        raise policy.NoCertificate()
    policy.permit_certificate(newest, str(identity_id), at)
    raise policy.CertificateNotActive()


def interrupted(at: datetime) -> QuerySet[SignatureRequest]:
    """Signatures that were started and not finished, long enough ago that nobody is at it."""
    return SignatureRequest.objects.filter(
        state=State.SIGNING, state_since__lte=at - policy.INTERRUPTED_AFTER).order_by("state_since")


def forgotten(at: datetime) -> QuerySet[SignatureRequest]:
    """Requests that nobody can finish any more: the upload is old, or the signer's session is over."""
    old = SignatureRequest.objects.filter(state=State.REQUESTED, requested_at__lte=at - policy.UPLOAD_LIFE)
    unused = SignatureRequest.objects.filter(state=State.AUTHORISED, state_since__lte=at - policy.UPLOAD_LIFE)
    return (old | unused).order_by("requested_at")


def unneeded(at: datetime) -> QuerySet[Blob]:
    """Documents that no open request needs and no signature came from, a day after the last of their requests ended; and
    what was only needed on the way to a signed document."""
    ended = SignatureRequest.objects.filter(state_since__lte=at - policy.UPLOAD_LIFE, state__in=FINAL)
    needed = SignatureRequest.objects.exclude(pk__in=ended.values("pk"))
    signed = SignatureRequest.objects.filter(state=State.SIGNED)
    return Blob.objects.filter(erased_at=None, stored_at__lte=at - policy.UPLOAD_LIFE).exclude(
        Exists(needed.filter(Q(document=OuterRef("pk")) | Q(placed=OuterRef("pk"))))).exclude(
        Exists(signed.filter(Q(document=OuterRef("pk")) | Q(signed=OuterRef("pk")))))


def _request(request_id: object) -> SignatureRequest | None:
    try:
        return SignatureRequest.objects.select_related("document", "signed").filter(pk=request_id).first()
    except (ValidationError, ValueError):
        return None
