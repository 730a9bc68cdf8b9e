# SPDX-License-Identifier: Apache-2.0
"""What may be switched on for a partner, what people do there, and who may change it."""

from enum import StrEnum

from paraph.kernel.caller import Caller


class Capability(StrEnum):
    """R325: per partner, off by default."""

    PUSH = "push"
    APP2APP = "app2app"


class Procedure(StrEnum):
    """What a person wants to do, as the product finder asks it (R010)."""

    ADMINISTRATION = "administration"
    TAXES = "taxes"
    VAT = "vat"
    BANKING = "banking"
    CONTRACTS = "contracts"


def may_manage(caller: Caller) -> bool:
    return caller.channel.startswith("cli:") or caller.has_role("operator_admin")
