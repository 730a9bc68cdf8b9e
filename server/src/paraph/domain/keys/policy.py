# SPDX-License-Identifier: Apache-2.0
from paraph.kernel.caller import Caller


def may_manage(caller: Caller) -> bool:
    """Keys are made and retired by an operator at the command line, by a timer, or by who holds the operator's role."""
    return caller.channel.startswith(("cli:", "job:")) or caller.has_role("operator_admin")
