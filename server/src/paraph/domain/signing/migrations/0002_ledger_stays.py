# SPDX-License-Identifier: Apache-2.0
from django.db import migrations

from paraph.kernel.database import append_only, irreversible


class Migration(migrations.Migration):
    dependencies = [("signing", "0001_initial")]
    operations = [
        *append_only("signing_signatureuse"),
        *irreversible("signing_signaturerequest", "state", ("signed", "failed", "declined", "lapsed")),
    ]
