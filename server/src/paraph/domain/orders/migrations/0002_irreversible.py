# SPDX-License-Identifier: Apache-2.0
from django.db import migrations

from paraph.kernel.database import irreversible


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        *irreversible("orders_order", "state", ("activated", "rejected", "cancelled", "lapsed")),
        *irreversible("orders_voucher", "state", ("used",)),
    ]
