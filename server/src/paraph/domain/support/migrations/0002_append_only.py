# SPDX-License-Identifier: Apache-2.0
from django.db import migrations

from paraph.kernel.database import append_only


class Migration(migrations.Migration):
    dependencies = [("support", "0001_initial")]
    operations = append_only("support_callercheck")
