# SPDX-License-Identifier: Apache-2.0
from datetime import date

from django.db import models

from paraph.domain.accounts.lifecycle import IDENTITY, IdentityState
from paraph.kernel import tokens
from paraph.kernel.fields import SealedJSONField, SealedTextField


class Person(models.Model):
    """A natural person as an officer confirmed him. Everything that says who he is, is sealed; indexes are blind."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    family_names = SealedTextField()
    given_names = SealedTextField()
    birth_date = SealedTextField()
    """ISO 8601; `born` is the date."""
    birth_place = SealedTextField(blank=True)
    nationality = SealedTextField(blank=True)
    """ISO 3166 alpha-2."""
    matricule = SealedTextField(blank=True)
    matricule_index = models.CharField(max_length=64, blank=True, db_index=True)
    names_index = models.CharField(max_length=64, db_index=True)
    """Folded names and birth date together."""
    language = models.CharField(max_length=2, default="fr")
    created_at = models.DateTimeField()

    @property
    def born(self) -> date:
        return date.fromisoformat(self.birth_date)

    @property
    def full_name(self) -> str:
        return f"{self.given_names} {self.family_names}"


class IdentityDocument(models.Model):
    """A passport or card that an officer compared with its bearer. Earlier ones stay: they still find the person."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="documents")
    type = models.CharField(max_length=20)
    country = models.CharField(max_length=2)
    number = SealedTextField()
    number_index = models.CharField(max_length=64, db_index=True)
    """Country and number together."""
    expires_on = models.DateField()
    verified_at = models.DateTimeField()
    verified_by = models.CharField(max_length=40)
    """The officer's person id."""


class Identity(models.Model):
    """What a person holds with us under one UserID and one SSN; kept through renewal and upgrade."""

    class Kind(models.TextChoices):
        PRIVATE = "private"
        ORGANISATION = "organisation"
        STAFF = "staff"

    class Family(models.TextChoices):
        SERVER = "server"
        CHIP = "chip"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="identities")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    device_family = models.CharField(max_length=8, choices=Family.choices)
    organisation_id = models.UUIDField(null=True, blank=True, db_index=True)
    ssn = models.CharField(max_length=20, unique=True)
    user_id = SealedTextField()
    user_id_index = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=12, default=IdentityState.OPEN)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [IDENTITY.check_constraint("accounts_identity_state")]


class ContactPoint(models.Model):
    """Where an identity's holder is reached. Codes go only where an officer read the contact back (`verified_at`)."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        MOBILE = "mobile"
        POSTAL = "postal"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = SealedJSONField()
    """Text for e-mail and mobile (E.164); for postal: name, street, postcode, city, country (alpha-2)."""
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=40, blank=True)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("identity", "kind"), condition=models.Q(ended_at=None),
                                    name="accounts_one_open_contact"),
        ]


class LegalText(models.Model):
    """One version of a text in one language. Never changed: a change is a new version."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    kind = models.CharField(max_length=20)
    """terms, privacy, certificate (what the holder accepts about his certificates) …"""
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=2)
    title = models.CharField(max_length=200)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    """Of the body in UTF-8."""
    effective_at = models.DateTimeField()
    authoritative = models.BooleanField()
    """Whether this language prevails over the translations."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("kind", "version", "language"), name="accounts_one_text"),
        ]


class Acceptance(models.Model):
    """Who accepted which text, when, in which language and how. The subject is an order until approval."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    subject_id = models.CharField(max_length=40, db_index=True)
    kind = models.CharField(max_length=20)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=2)
    sha256 = models.CharField(max_length=64)
    accepted_at = models.DateTimeField()
    channel = models.CharField(max_length=40)
