# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.kernel import tokens


class Unit(models.Model):
    """A time-stamping unit: one key in the signer, its certificate and the chain above, one policy.

    It stamps while its certificate is valid and its key may sign (`key_not_after`, from privateKeyUsagePeriod).
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    name = models.SlugField(max_length=40)
    key_id = models.CharField(max_length=80, unique=True)
    policy = models.CharField(max_length=100)
    certificate_der = models.BinaryField()
    chain = models.JSONField(default=list)
    accuracy_milliseconds = models.PositiveIntegerField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    key_not_after = models.DateTimeField()
    in_service = models.BooleanField(default=True)
    installed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Token(models.Model):
    """One line of the token log. Added before the token leaves; the database refuses any change.

    `generated_at` is the time in the token; `token_digest` the SHA-256 of the whole token.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="tokens")
    serial = models.CharField(max_length=40, unique=True)
    generated_at = models.DateTimeField()
    policy = models.CharField(max_length=100)
    hash_algorithm = models.CharField(max_length=30)
    imprint = models.CharField(max_length=128)
    token_digest = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["unit", "-generated_at"], name="timestamping_newest_token")]


class ClockTrust(models.Model):
    """Whether the clock of a source may be stamped with, as a lease: nobody renews it, and stamping stops.

    `lost_at` is set when a check failed; from then on only an operator's confirmation brings trust back. It sets
    `begin_anew`: the checker, which runs in another process, then measures from that instant on.
    """

    source = models.CharField(max_length=40, primary_key=True)
    checked_at = models.DateTimeField()
    trusted_until = models.DateTimeField()
    lost_at = models.DateTimeField(null=True)
    loss = models.CharField(max_length=40, blank=True)
    deviation_milliseconds = models.BigIntegerField(default=0)
    begin_anew = models.BooleanField(default=False)
