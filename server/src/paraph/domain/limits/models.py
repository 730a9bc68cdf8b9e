# SPDX-License-Identifier: Apache-2.0
from django.db import models


class Allowance(models.Model):
    """How much of one limit one source has used up. Who or what the source is stands here as a blind index alone.

    `used_until`, in microseconds since 1970: each try moves it on by one share of the window, time catches up with it
    (the generic cell rate algorithm, ITU-T I.371). A row that time has caught up with says nothing and may go.
    """

    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=64)
    used_until = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("kind", "source"), name="limits_one_allowance_per_source")]
