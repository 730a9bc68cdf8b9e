# SPDX-License-Identifier: Apache-2.0
from django.db import migrations

from paraph.kernel.database import irreversible


class Migration(migrations.Migration):
    dependencies = [("registration", "0001_initial")]
    operations = irreversible("registration_activation", "state", ["activated", "abandoned"])
