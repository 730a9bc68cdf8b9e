# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.organisations.models import Organisation
from paraph.kernel import tokens
from paraph.kernel.fields import SealedJSONField


class Attempt(models.Model):
    """One identification, decided by one officer. Rows are added, never changed: a second look is a second attempt.

    `subject_id` is the order. `expected` is the document as the order names it, `seen` as the officer read it from the
    original. `reasons` are the codes for which it was refused, empty when accepted. `evidence` lists what was looked at
    as kind and SHA-256.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    subject_id = models.CharField(max_length=40, db_index=True)
    method = models.CharField(max_length=20)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    officer_id = models.CharField(max_length=40)
    expected = SealedJSONField()
    seen = SealedJSONField()
    person_present = models.BooleanField()
    accepted = models.BooleanField()
    reasons = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("subject_id",), condition=models.Q(accepted=True),
                                    name="proofing_accepted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.id}"
