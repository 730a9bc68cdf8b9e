# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.accounts.models import Identity
from paraph.domain.orders.models import Order
from paraph.domain.registration.lifecycle import ACTIVATION, UNDER_WAY, State
from paraph.kernel import tokens
from paraph.kernel.fields import SealedBytesField, SealedTextField


class Activation(models.Model):
    """One holder's way from his initial codes to two certificates. Of an order, one at most is proven at a time.

    What the holder chose (`password_hash`, `secret_image`, `own_picture`) waits here until everything is settled, and is
    emptied at the end. `nonce` is the signer's session nonce, over which the new keys prove that they exist. `image` is what
    a Scan must be shown now (for that device alone readable), good until `image_until`.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.OPENED)
    state_since = models.DateTimeField()
    opened_at = models.DateTimeField()
    device_serial = models.CharField(max_length=40)
    signer_session = models.CharField(max_length=40, blank=True)
    nonce = models.BinaryField(default=b"")
    image = models.BinaryField(default=b"")
    image_until = models.DateTimeField(null=True)
    proven_until = models.DateTimeField(null=True)
    password_hash = models.CharField(max_length=200, blank=True)
    secret_image = SealedTextField()
    own_picture = SealedBytesField(null=True)
    content_accepted_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            ACTIVATION.check_constraint("registration_activation_state"),
            models.UniqueConstraint(fields=("order",), condition=models.Q(state__in=[State.PROVEN, State.ACTING]),
                                    name="registration_one_activation"),
            models.UniqueConstraint(fields=("identity",), condition=models.Q(state=State.ACTIVATED),
                                    name="registration_activated_once"),
        ]
        indexes = [models.Index(fields=("state_since",), name="registration_under_way",
                                condition=models.Q(state__in=UNDER_WAY))]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


class ShownApproval(models.Model):
    """What an officer chose for an order and reads on his Scan, until its code has approved the order. `identity_id` and `ssn`
    are drawn: the image shows them, and they become the holder's. One for each order; a later one takes its place.

    `officer` is his identity, `match` the known person whom he recognised, `image` for his Scan alone readable.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="+")
    officer = models.CharField(max_length=40)
    match = models.CharField(max_length=40, blank=True)
    token_serial = models.CharField(max_length=40)
    identity_id = models.UUIDField()
    ssn = SealedTextField()
    device_serial = models.CharField(max_length=40)
    signer_session = models.CharField(max_length=40)
    image = models.BinaryField()
    image_until = models.DateTimeField()
    made_at = models.DateTimeField(db_index=True)


class KeyToDestroy(models.Model):
    """A holder's private key whose certificate ended: the signer is told until it answers."""

    key_id = models.CharField(max_length=80, primary_key=True)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, db_index=True)


class Reminder(models.Model):
    """An order's holder was reminded to activate: once per order and number of days before the end."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    days_before = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("order", "days_before"), name="registration_reminded_once")]
