# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """Audit codes. About ("unit", id), ("timestamp", serial) or ("clock", source)."""

    UNIT_INSTALLED = "timestamping.unit.installed"
    UNIT_WITHDRAWN = "timestamping.unit.withdrawn"
    TOKEN_ISSUED = "timestamping.token.issued"
    CLOCK_TRUSTED = "timestamping.clock.trusted"
    CLOCK_DISTRUSTED = "timestamping.clock.distrusted"
