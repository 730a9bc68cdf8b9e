# SPDX-License-Identifier: Apache-2.0
from django.db import migrations

from paraph.kernel.database import append_only, irreversible


class Migration(migrations.Migration):
    dependencies = [("authentication", "0001_initial")]
    operations = [
        *append_only("authentication_loginevidence"),
        *append_only("authentication_confirmationevidence"),
        *irreversible("authentication_confirmation", "state", ("confirmed", "cancelled", "reported", "lapsed")),
    ]
