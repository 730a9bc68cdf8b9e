# SPDX-License-Identifier: Apache-2.0
from django.db import migrations

from paraph.kernel.database import VendorSQL, append_only, irreversible

# What is published of a revoked certificate: its date never, its reason only towards keyCompromise (1).
_REWRITTEN = (
    "OLD.state = 'revoked' AND (NEW.revocation_date <> OLD.revocation_date OR NEW.revocation_date IS NULL"
    " OR NEW.revocation_reason IS NULL"
    " OR (NEW.revocation_reason <> OLD.revocation_reason AND NEW.revocation_reason <> 1))"
)
_NAME = "certification_certificate_published_stays"
_MESSAGE = "what is published of a revoked certificate stays"


class Migration(migrations.Migration):
    """Nothing leads out of revoked or abandoned, and no interval of a certificate's life is ever rewritten."""

    dependencies = [("certification", "0001_initial")]
    operations = [
        *irreversible("certification_certificate", "state", ("revoked", "abandoned")),
        *append_only("certification_statusinterval"),
        *append_only("certification_succession"),
        *append_only("certification_profilestanding"),
        *irreversible("certification_approval", "state", ("refused", "withdrawn", "used")),
        VendorSQL({
            "sqlite": (
                [f"CREATE TRIGGER {_NAME} BEFORE UPDATE ON certification_certificate WHEN {_REWRITTEN} "
                 f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"],
                [f"DROP TRIGGER IF EXISTS {_NAME}"],
            ),
            "postgresql": (
                [f"CREATE FUNCTION {_NAME}() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$ "
                 "LANGUAGE plpgsql",
                 f"CREATE TRIGGER {_NAME} BEFORE UPDATE ON certification_certificate FOR EACH ROW "
                 f"WHEN ({_REWRITTEN}) EXECUTE FUNCTION {_NAME}()"],
                [f"DROP TRIGGER IF EXISTS {_NAME} ON certification_certificate", f"DROP FUNCTION IF EXISTS {_NAME}()"],
            ),
        }),
    ]
