# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.notifications.channels import Outcome
from paraph.domain.notifications.lifecycle import MESSAGE, State
from paraph.kernel import tokens
from paraph.kernel.fields import SealedJSONField


class Message(models.Model):
    """One message to one person over one channel, written in the business transaction that has something to tell.

    `recipient` and `content` are sealed. `content` holds subject, text, html and, for initial codes only, codes; it is
    emptied after delivery where it holds codes and the channel has really carried them away. `person_id` is empty while
    nobody has been identified. `next_attempt_at` is also the lease of whoever is delivering it. `carrier_reference` is
    what the carrier calls it; of a letter the SHA-256 of the PDF that was handed over.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    template = models.CharField(max_length=40)
    channel = models.CharField(max_length=10)
    language = models.CharField(max_length=2)
    person_id = models.CharField(max_length=40, blank=True, db_index=True)
    recipient = SealedJSONField()
    content = SealedJSONField(null=True)
    secret = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    state_since = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.CharField(max_length=120, blank=True)
    carrier_reference = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [MESSAGE.check_constraint("notifications_message_state")]
        indexes = [models.Index(fields=("state", "next_attempt_at"), name="notifications_due")]

    def __str__(self) -> str:
        return f"{self.template} {self.channel} {self.id}"


class LetterReceipt(models.Model):
    """What the printing house said of a letter, each outcome once: posted, come back, or never printed. `said_at` is its word."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="receipts")
    outcome = models.CharField(max_length=10, choices=[(outcome.value, outcome.value) for outcome in Outcome])
    said_at = models.DateTimeField()
    reference = models.CharField(max_length=120, blank=True)
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("message", "outcome"), name="notifications_outcome_once")]
