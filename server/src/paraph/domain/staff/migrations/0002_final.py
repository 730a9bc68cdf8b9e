# SPDX-License-Identifier: Apache-2.0
from django.db import migrations

from paraph.kernel.database import irreversible


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]
    operations = [
        *irreversible("staff_staffrequest", "state", ["approved", "refused", "withdrawn", "lapsed"]),
        *irreversible("staff_invitation", "state", ["accepted", "revoked"]),
        *irreversible("staff_member", "state", ["ended"]),
    ]
