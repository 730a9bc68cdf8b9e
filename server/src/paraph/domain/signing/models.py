# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.signing.lifecycle import REQUEST, State
from paraph.kernel import tokens
from paraph.kernel.fields import SealedTextField


class Blob(models.Model):
    """A document whose bytes lie sealed in the blob folder under their SHA-256 (`blobs`), until they are erased: the row
    stays, as the answer to what became of them."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=80)
    retention_class = models.CharField(max_length=40)
    stored_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.sha256


class SignatureRequest(models.Model):
    """One document that one identity was asked, or asked himself, to sign.

    `document` is what was uploaded and read; `placed` the same bytes with the empty signature behind them; `signed` the
    result. `attributes` are the CMS signed attributes, whose SHA-256 is `digest`: the only thing the signer session allows.
    `attempt` names the one use of the key to the signer, `signer_sequence` how long the signer's record was before it.
    `signature_value` is kept as soon as the signer released it. `image` is what a Scan must be shown to allow it.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity_id = models.CharField(max_length=40, db_index=True)
    person_id = models.CharField(max_length=40, blank=True)
    file_name = SealedTextField()
    language = models.CharField(max_length=2, default="fr")
    document = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    pages = models.PositiveIntegerField()
    earlier_signatures = models.PositiveIntegerField(default=0)
    remarks = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=State, default=State.REQUESTED)
    state_since = models.DateTimeField()
    requested_at = models.DateTimeField()
    failure = models.CharField(max_length=40, blank=True)

    certificate_serial = models.CharField(max_length=40, blank=True)
    level = models.CharField(max_length=20, blank=True)
    key_id = models.CharField(max_length=80, blank=True)
    device_serial = models.CharField(max_length=40, blank=True)
    placed = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    gap_start = models.PositiveBigIntegerField(default=0)
    gap_end = models.PositiveBigIntegerField(default=0)
    attributes = models.BinaryField(default=b"")
    digest = models.CharField(max_length=64, blank=True, db_index=True)
    signer_session = models.CharField(max_length=80, blank=True)
    image = models.BinaryField(default=b"")
    session_expires_at = models.DateTimeField(null=True)
    attempt = models.CharField(max_length=40, blank=True)
    authorised_at = models.DateTimeField(null=True)
    signer_sequence = models.BigIntegerField(default=0)
    signature_value = models.BinaryField(default=b"")
    signed = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [REQUEST.check_constraint("signing_request_state")]
        indexes = [
            models.Index(fields=["identity_id", "-requested_at"], name="signing_request_list"),
            models.Index(fields=["state", "state_since"], name="signing_request_open"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SignatureUse(models.Model):
    """The holder's ledger: his key was used once. Added as soon as the signer released the signature, never changed
    (migration 0002).

    `digest` is the SHA-256 that was signed, `document_sha256` the uploaded document's. `signer_sequence` is the number of
    the line in the signer's own record.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    request = models.OneToOneField(SignatureRequest, on_delete=models.PROTECT, related_name="use")
    identity_id = models.CharField(max_length=40, db_index=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, default="pades")
    level = models.CharField(max_length=20)
    certificate_serial = models.CharField(max_length=40, db_index=True)
    device_serial = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    document_sha256 = models.CharField(max_length=64)
    file_name = SealedTextField()
    signer_sequence = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["identity_id", "-at"], name="signing_use_ledger")]

    def __str__(self) -> str:
        return f"{self.certificate_serial} {self.at}"
