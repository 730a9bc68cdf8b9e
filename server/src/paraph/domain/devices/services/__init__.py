# SPDX-License-Identifier: Apache-2.0
"""What changes: stock, the moves of a device, and a Scan's joining of an identity that lives already."""

from paraph.domain.devices.services.joining import (
    CannotJoin,
    JoiningOver,
    allow_joining,
    begin_joining,
    finish_joining,
    read_first_image,
    renew_image,
)
from paraph.domain.devices.services.moves import (
    IncompatibleDevice,
    NotInStock,
    activate,
    assign,
    disable,
    enable,
    retire,
    retire_all,
)
from paraph.domain.devices.services.stock import (
    BadStock,
    ScanKey,
    StockFault,
    TokenSeed,
    check_stock,
    import_attempt,
    import_stock,
)

__all__ = [
    "BadStock",
    "CannotJoin",
    "IncompatibleDevice",
    "JoiningOver",
    "NotInStock",
    "ScanKey",
    "StockFault",
    "TokenSeed",
    "activate",
    "allow_joining",
    "assign",
    "begin_joining",
    "check_stock",
    "disable",
    "enable",
    "finish_joining",
    "import_attempt",
    "import_stock",
    "read_first_image",
    "renew_image",
    "retire",
    "retire_all",
]
