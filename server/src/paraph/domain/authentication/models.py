# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.kernel import tokens


class Session(models.Model):
    """A finished login: who, with which factors, until when. The web session only holds its id."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity_id = models.UUIDField(db_index=True)
    person_id = models.UUIDField(db_index=True)
    scope = models.CharField(max_length=12)
    acr = models.CharField(max_length=80)
    amr = models.JSONField(default=list)
    authenticated_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
