# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.accounts.models import Identity
from paraph.domain.support.lifecycle import CASE, State
from paraph.kernel import tokens
from paraph.kernel.fields import SealedTextField


class Case(models.Model):
    """Something that somebody reported or asked for. `identity` is empty for a stranger's report."""

    class Kind(models.TextChoices):
        CALL = "call"
        PHISHING = "phishing"
        REPLACEMENT = "replacement"
        VISIT = "visit"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=8)
    """"phone", "web" or "desk"."""
    organisation = models.CharField(max_length=40, blank=True)
    """The desk that its visitor came to: its officers alone see a visit."""
    identity = models.ForeignKey(Identity, null=True, on_delete=models.PROTECT, related_name="+")
    summary = SealedTextField(blank=True)
    tell_partners = models.BooleanField(default=False)
    """The holder agreed that the partners who know him are told (R285)."""
    partners_told_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=40, blank=True)
    """The agent's person id."""
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    state_since = models.DateTimeField()
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [CASE.check_constraint("support_case_state")]
        indexes = [models.Index(fields=("state", "opened_at"), name="support_open_cases")]

    def __str__(self) -> str:
        return self.reference


class CallerCheck(models.Model):
    """An agent compared a caller's answers (R252), or an officer a visitor's document, with what is known. Which
    questions, never the answers. Never changed."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="checks")
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    agent = models.CharField(max_length=40)
    at = models.DateTimeField(db_index=True)
    asked = models.JSONField()
    right = models.JSONField()
    passed = models.BooleanField()
