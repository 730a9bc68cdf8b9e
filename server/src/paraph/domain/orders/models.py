# SPDX-License-Identifier: Apache-2.0
from datetime import date

from django.db import models

from paraph.domain.accounts.policy import Claims
from paraph.domain.orders.lifecycle import ORDER, VOUCHER, OrderState, VoucherState
from paraph.domain.organisations.models import Organisation
from paraph.kernel import tokens
from paraph.kernel.fields import SealedJSONField


class Order(models.Model):
    """What somebody asked for, and all he said of himself, until an officer approves it and a person exists."""

    class Kind(models.TextChoices):
        IDENTITY = "identity"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    attempt = models.UUIDField(unique=True)
    """Of the form that placed it: sent twice, it makes one order."""
    reference = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=12, default=OrderState.PLACED)
    state_since = models.DateTimeField()
    product = models.CharField(max_length=20)
    """A device of the catalogue, for instance "token"."""
    use = models.CharField(max_length=12)
    """private or professional."""
    channel = models.CharField(max_length=12)
    """How the person will be identified: desk, video, bank, post, apostille."""
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    language = models.CharField(max_length=2)
    applicant = SealedJSONField()
    """policy.Applicant as a dict; nothing of it is verified."""
    document = SealedJSONField()
    """policy.Document as a dict."""
    activation_code_hash = models.CharField(max_length=200)
    price = models.PositiveIntegerField()
    """Cents, VAT included, at placing."""
    placed_at = models.DateTimeField()
    activation_deadline = models.DateTimeField(db_index=True)
    """The first instant at which it is too late to activate (R089)."""
    voucher_failures = models.PositiveSmallIntegerField(default=0)
    voucher_paused_until = models.DateTimeField(null=True, blank=True)
    person_id = models.UUIDField(null=True, blank=True, db_index=True)
    identity_id = models.UUIDField(null=True, blank=True, db_index=True)
    decided_by = models.CharField(max_length=40, blank=True)
    """The officer's person id, once approved or rejected."""
    reason = models.CharField(max_length=40, blank=True)
    """Why it was rejected or cancelled, as a code."""

    class Meta:
        constraints = [ORDER.check_constraint("orders_order_state")]
        indexes = [models.Index(fields=("authority", "state", "placed_at"), name="orders_order_queue")]

    @property
    def claims(self) -> Claims:
        """The applicant in the form that accounts matches persons by."""
        return Claims(
            family_names=self.applicant["family_names"], given_names=self.applicant["given_names"],
            birth_date=date.fromisoformat(self.applicant["birth_date"]), matricule=self.applicant["matricule"],
            document_type=self.document["type"], document_country=self.document["country"],
            document_number=self.document["number"])

    @property
    def applicant_name(self) -> str:
        return f"{self.applicant['given_names']} {self.applicant['family_names']}"


class Paper(models.Model):
    """One row of an order's checklist: a paper that must be there before approval."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="papers")
    code = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("order", "code"), name="orders_one_row_per_paper")]
        ordering = ("position",)


class Voucher(models.Model):
    """A right to one order, paid for by its giver. Its code is known to who was given it; here is a blind index."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    code_index = models.CharField(max_length=64, unique=True)
    giver = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    """The first instant at which it is no longer good."""
    state = models.CharField(max_length=12, default=VoucherState.ISSUED)
    state_since = models.DateTimeField()
    order = models.OneToOneField(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="voucher")

    class Meta:
        constraints = [VOUCHER.check_constraint("orders_voucher_state")]


class Payment(models.Model):
    """How an order was paid. With a voucher the customer pays nothing."""

    class Method(models.TextChoices):
        VOUCHER = "voucher"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="payment")
    method = models.CharField(max_length=12, choices=Method.choices)
    amount = models.PositiveIntegerField()
    """Cents that the customer pays."""
    paid_at = models.DateTimeField()
