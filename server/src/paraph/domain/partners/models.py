# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.kernel import tokens


class DeviceType(models.TextChoices):
    """The devices of R067, and the passkey that an operator's flag may add."""

    TOKEN = "token"
    SCAN = "scan"
    APP = "app"
    SMARTCARD = "smartcard"
    SIGNING_STICK = "signing_stick"
    EID = "eid"
    PASSKEY = "passkey"


class Partner(models.Model):
    """An application that relies on the service: what the directory, the product finder and the door know of it."""

    class Category(models.TextChoices):
        STATE = "state"
        BANK = "bank"
        PRIVATE = "private"

    class Level(models.TextChoices):
        """The least level of assurance that the partner accepts (Regulation (EU) 2015/1502)."""

        LOW = "low"
        SUBSTANTIAL = "substantial"
        HIGH = "high"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    slug = models.SlugField(unique=True)
    name = models.JSONField()
    """A name per language: fr, de, en."""
    description = models.JSONField(default=dict)
    """One sentence per language."""
    category = models.CharField(max_length=8, choices=Category.choices)
    accepts = models.JSONField(default=list)
    """DeviceType values."""
    procedures = models.JSONField(default=list)
    """What a person does there: see policy.Procedure."""
    minimum_level = models.CharField(max_length=12, choices=Level.choices, default=Level.SUBSTANTIAL)
    capabilities = models.JSONField(default=list)
    """What is switched on for it: see policy.Capability. Off by default (R325)."""
    website = models.CharField(max_length=200, blank=True)
    fraud_contact = models.EmailField(blank=True)
    """Where the partner wants to hear that a customer of his is a victim of phishing (R285)."""
    active = models.BooleanField(default=True)

    def name_in(self, language: str) -> str:
        return self.name.get(language, self.name["fr"])

    def description_in(self, language: str) -> str:
        return self.description.get(language, self.description.get("fr", ""))

    def accepts_device(self, device: str) -> bool:
        return device in self.accepts
