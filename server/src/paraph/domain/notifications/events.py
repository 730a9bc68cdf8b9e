# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """About ("message", id). Facts: template, channel, attempts. Never a recipient, never a content."""

    MESSAGE_DELIVERED = "notifications.message.delivered"
    MESSAGE_STUCK = "notifications.message.stuck"
    MESSAGE_RETRIED = "notifications.message.retried"
    CHANNEL_TRIED = "notifications.channel.tried"
    LETTER_POSTED = "notifications.letter.posted"
    LETTER_RETURNED = "notifications.letter.returned"
    LETTER_FAILED = "notifications.letter.failed"
    RECEIPT_REFUSED = "notifications.receipt.refused"
