# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.accounts.models import Identity
from paraph.domain.devices.lifecycle import DEVICE, JOINING, JoiningState, State
from paraph.domain.organisations.models import Organisation
from paraph.kernel import tokens


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


class Joining(models.Model):
    """A Scan on its way to a holder who has another device: first that one allows it, then two images are answered.

    `image` is what the Scan must be shown now (for that device alone readable), good until `image_until`.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    allowed_by = models.CharField(max_length=40)
    grant_session = models.CharField(max_length=40)
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
