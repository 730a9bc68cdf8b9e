# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.kernel import tokens


class Organisation(models.Model):
    """A legal person. `roles` lists what it is to the operator: see policy.OrganisationRole."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    roles = models.JSONField(default=list)
    address = models.JSONField(default=dict)
    """street, postcode, city, country (alpha-2)."""
    hours = models.JSONField(default=dict)
    """When its desk is open, a sentence per language."""
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    active = models.BooleanField(default=True)


class Membership(models.Model):
    """A person holds a role in an organisation, from an instant until it ends.

    `begun_by` and `ended_by` are persons, accounts of the machine or channels; `begun_under` and `ended_under` the request
    (staff) that two people decided. A role whose holder is suspended rests from `suspended_at` on and gives no right.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    person_id = models.UUIDField(db_index=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=40)
    since = models.DateTimeField()
    begun_by = models.CharField(max_length=80)
    begun_under = models.UUIDField(null=True)
    suspended_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=80, blank=True)
    ended_under = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("person_id", "organisation", "role"), condition=models.Q(ended_at=None),
                                    name="organisations_one_open_membership"),
        ]
