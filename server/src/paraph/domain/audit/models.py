# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.kernel import tokens
from paraph.kernel.fields import SealedJSONField


class Event(models.Model):
    """What happened. Never changed, never deleted: the database refuses it. Ids only, no foreign keys.

    Personal fields stand here as salted digests (`personal`); the sealed copy is a row of its own that erasure
    removes without breaking the chain.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    code = models.CharField(max_length=80)
    at = models.DateTimeField()
    about_kind = models.CharField(max_length=40)
    about_id = models.CharField(max_length=80)
    channel = models.CharField(max_length=40)
    person = models.CharField(max_length=40, blank=True)
    identity = models.CharField(max_length=40, blank=True)
    session = models.CharField(max_length=40, blank=True)
    trace = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    personal = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=("about_kind", "about_id", "at"), name="audit_event_about"),
            models.Index(fields=("identity", "at"), name="audit_event_identity"),
        ]


class PersonalCopy(models.Model):
    """The sealed clear text of an event's personal fields, until it is erased."""

    event_id = models.UUIDField(primary_key=True)
    content = SealedJSONField()


class Pending(models.Model):
    """An event that the sealing writer has not numbered yet. Keeps its work small however large the log is."""

    event_id = models.UUIDField(primary_key=True)


class Leaf(models.Model):
    """The place of an event in the log: number from 0, RFC 6962 leaf hash, and a chain over all before it."""

    number = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    leaf_hash = models.CharField(max_length=64)
    chain_hash = models.CharField(max_length=64)


class Checkpoint(models.Model):
    """A signed statement: the first `size` leaves have this root. `frontier` are the perfect subtrees' roots."""

    size = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    root_hash = models.CharField(max_length=64)
    chain_hash = models.CharField(max_length=64)
    frontier = models.JSONField()
    key_id = models.CharField(max_length=80)
    signature = models.TextField()
