# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.keys.lifecycle import KEY, KeyState
from paraph.kernel import tokens
from paraph.signer.client import KeyInfo


class Key(models.Model):
    """An infrastructure key, known by the signer's key_id. `public_key_der` is the SubjectPublicKeyInfo."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    attempt = models.CharField(max_length=100, unique=True)
    key_id = models.CharField(max_length=64, blank=True)
    """Empty while reserved."""
    purpose = models.CharField(max_length=20)
    algorithm = models.CharField(max_length=20)
    label = models.CharField(max_length=200)
    public_key_der = models.BinaryField(blank=True, default=b"")
    made_at = models.DateTimeField()
    state = models.CharField(max_length=20, default=KeyState.RESERVED)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [
            KEY.check_constraint("keys_key_state"),
            models.UniqueConstraint(fields=["key_id"], condition=~models.Q(key_id=""), name="keys_key_id_once"),
        ]
        indexes = [models.Index(fields=["purpose", "state", "made_at"], name="keys_key_by_purpose")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.label}"

    @property
    def info(self) -> KeyInfo:
        """What `signer.client.KeyHandle` needs to sign with this key."""
        return KeyInfo(self.key_id, self.purpose, self.algorithm, bytes(self.public_key_der))
