# SPDX-License-Identifier: Apache-2.0
"""Messages are carried away and receipts come back; what does not reach its reader becomes an alarm."""

from paraph.domain.certification import services as certification
from paraph.domain.notifications import queries, services
from paraph.domain.notifications.channels import Outcome
from paraph.kernel.caller import Caller

LETTER_ALARMS = {Outcome.RETURNED: "letter_returned", Outcome.FAILED: "letter_not_printed"}


def deliver(caller: Caller) -> int:
    """One alarm per channel, however many messages of it are stuck."""
    done = services.deliver(at=caller.at)
    if done.stuck:
        for channel in sorted(set(queries.stuck().values_list("channel", flat=True))):
            certification.raise_alarm(code="messages_stuck", about=channel, caller=caller)
    return done.delivered


def take_receipts(caller: Caller) -> int:
    taken = services.take_receipts(caller=caller)
    for receipt in taken:
        if receipt.outcome in LETTER_ALARMS:
            certification.raise_alarm(code=LETTER_ALARMS[Outcome(receipt.outcome)], about=str(receipt.message_id), caller=caller)
    return len(taken)
