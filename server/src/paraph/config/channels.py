# SPDX-License-Identifier: Apache-2.0
"""Binds what carries messages and who writes them, once per process, as the operator profile says."""

from urllib.parse import unquote, urlsplit

from paraph.config import environment
from paraph.config.operator import Operator
from paraph.domain.notifications import channels, letterhead
from paraph.domain.notifications.channels.outbox import OutboxChannel
from paraph.domain.notifications.channels.smtp import SMTPChannel
from paraph.domain.notifications.letterhead import Letterhead


def bind(operator: Operator, *, demonstration: bool) -> None:
    address = operator.address
    letterhead.bind(Letterhead(
        service=operator.service, legal_name=operator.legal_name, phone=operator.phone, email=operator.email,
        website=operator.website, address=(address["street"], f"{address['postcode']} {address['city']}"),
        hours=operator.hours, notice=operator.notice, country=operator.country))
    if demonstration:
        outbox = OutboxChannel()
        channels.bind({"mail": outbox, "sms": outbox, "letter": outbox})
        return
    relay = urlsplit(environment.read("SMTP_URL"))
    channels.bind({} if not relay.hostname else {"mail": SMTPChannel(
        host=relay.hostname, port=relay.port or 587, secure=relay.scheme != "smtp+local",
        sender_name=operator.service, sender_address=operator.email,
        user=unquote(relay.username or ""), password=unquote(relay.password or ""))})
