# SPDX-License-Identifier: Apache-2.0
"""What changes: stock, the moves of a device, replacement, and the joining of an identity that lives already."""

from paraph.domain.devices.services.joining import (
    CannotJoin,
    JoiningOver,
    allow_joining,
    begin_in_place,
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
)
from paraph.domain.devices.services.replacing import (
    NothingToCancel,
    NotTrusted,
    ask_replacement,
    authorise_replacement,
    cancel_replacement,
    hand_over,
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
    "NotTrusted",
    "NothingToCancel",
    "ScanKey",
    "StockFault",
    "TokenSeed",
    "activate",
    "allow_joining",
    "ask_replacement",
    "assign",
    "authorise_replacement",
    "begin_in_place",
    "begin_joining",
    "cancel_replacement",
    "check_stock",
    "disable",
    "enable",
    "finish_joining",
    "hand_over",
    "import_attempt",
    "import_stock",
    "read_first_image",
    "renew_image",
    "retire",
    "retire_all",
]
