# SPDX-License-Identifier: Apache-2.0
from django.db import migrations

from paraph.kernel.database import append_only, irreversible


class Migration(migrations.Migration):
    """Nothing leads out of revoked or abandoned, and no interval of a certificate's life is ever rewritten."""

    dependencies = [("certification", "0001_initial")]
    operations = [
        *irreversible("certification_certificate", "state", ("revoked", "abandoned")),
        *append_only("certification_statusinterval"),
    ]
