# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.accounts.models import Identity
from paraph.domain.devices.lifecycle import DEVICE, JOINING, REPLACEMENT, JoiningState, ReplacementState, State
from paraph.domain.devices.methods.attestation import Kind
from paraph.domain.organisations.models import Organisation
from paraph.kernel import tokens
from paraph.kernel.fields import SealedTextField


class Device(models.Model):
    """One thing in somebody's hand. `type` is a key of policy.TYPES; `serial` is what stands on its back.

    `organisation` is the desk that keeps it in stock; empty, every desk may hand it out. Secrets are in the signer.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    type = models.CharField(max_length=20)
    serial = models.CharField(max_length=40, unique=True)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    identity = models.ForeignKey(Identity, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.IN_STOCK)
    state_since = models.DateTimeField()
    reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            DEVICE.check_constraint("devices_device_state"),
            models.CheckConstraint(name="devices_held_by_somebody", condition=models.Q(
                identity__isnull=True, state__in=[State.IN_STOCK, State.RETIRED])
                | models.Q(identity__isnull=False) & ~models.Q(state=State.IN_STOCK)),
        ]
        indexes = [models.Index(fields=("type", "state", "serial"), name="devices_stock")]

    def __str__(self) -> str:
        return f"{self.type} {self.serial}"


class Replacement(models.Model):
    """A lost, stolen or defective device and the one that takes its place; UserID, password, keys and certificates stay.

    `asked_by` is how it became known (policy.AskedBy), `delivery` how the new one reaches the holder (policy.Delivery).
    `allowed_by` is the serial number of the agent's device whose code opened the signer's grant, good before
    `allowed_until`. Where the holder allows it himself: `asked_with` is the device that opened the session in which he
    asked for it, `usable_from` the first instant at which he may, `denial_digest` the SHA-256 of the secret in the
    address under which he says that it was not him.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    old = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    new = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20)
    asked_by = models.CharField(max_length=8)
    delivery = models.CharField(max_length=8, blank=True)
    allowed_by = models.CharField(max_length=40, blank=True)
    allowed_until = models.DateTimeField(null=True)
    asked_with = models.CharField(max_length=40, blank=True)
    usable_from = models.DateTimeField(null=True)
    denial_digest = models.CharField(max_length=64, blank=True, db_index=True)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=ReplacementState, default=ReplacementState.ASKED)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [
            REPLACEMENT.check_constraint("devices_replacement_state"),
            models.UniqueConstraint(fields=("old",), name="devices_replaced_once",
                                    condition=~models.Q(state__in=[ReplacementState.CANCELLED, ReplacementState.DENIED])),
        ]
        indexes = [models.Index(fields=("state", "asked_at"), name="devices_replacements_waiting")]


class Joining(models.Model):
    """A device on its way to a holder who has, or had, another one. Beside another: a Scan, which that one allows first.
    In place of one: `replacement`, which an agent allowed, or another device of the holder allows first. A Scan answers
    two images, a Token one question.

    `image` is what a Scan must be shown now (for that device alone readable), good until `image_until`: the one that
    allows, then the new one.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    replacement = models.ForeignKey(Replacement, null=True, on_delete=models.PROTECT, related_name="+")
    allowed_by = models.CharField(max_length=40)
    grant_session = models.CharField(max_length=40, blank=True)
    join_session = models.CharField(max_length=40, blank=True)
    image = models.BinaryField(default=b"")
    image_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=JoiningState, default=JoiningState.ASKED)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [
            JOINING.check_constraint("devices_joining_state"),
            models.UniqueConstraint(fields=("device",), name="devices_joining_one_at_a_time",
                                    condition=models.Q(state__in=[JoiningState.ASKED, JoiningState.ALLOWED,
                                                                  JoiningState.READ])),
        ]


class Passkey(models.Model):
    """What is known of a passkey beside its device row: its public key, and who vouched for it when it was made.

    `credential_id`, `user_handle` (one per identity, no datum of the person) are base64url as browsers write them.
    `name` is the holder's. `sign_count` is the last counter that was seen. `attestation_object` and `client_data` stay as
    they came, so that an expert can verify again what `attestation` and `model` say was verified.
    """

    device = models.OneToOneField(Device, primary_key=True, on_delete=models.PROTECT, related_name="passkey")
    name = SealedTextField()
    credential_id = models.CharField(max_length=1400, unique=True)
    user_handle = models.CharField(max_length=86)
    public_key = models.BinaryField()
    algorithm = models.IntegerField()
    sign_count = models.PositiveBigIntegerField()
    aaguid = models.UUIDField()
    backup_eligible = models.BooleanField()
    backed_up = models.BooleanField()
    transports = models.JSONField(default=list)
    attestation = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Kind])
    attestation_format = models.CharField(max_length=32)
    model = models.CharField(max_length=100, blank=True)
    attestation_object = models.BinaryField()
    client_data = models.BinaryField()
    allowed_by = models.CharField(max_length=40)
    used_at = models.DateTimeField(null=True)


class Enrolment(models.Model):
    """A passkey that is being made: the challenge for one browser's session, good once and for minutes."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    session = models.CharField(max_length=40)
    allowed_by = models.CharField(max_length=40)
    challenge = models.BinaryField()
    user_handle = models.CharField(max_length=86)
    opened_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
