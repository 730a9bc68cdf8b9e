# SPDX-License-Identifier: Apache-2.0
"""Binds what carries messages and who writes them, once per process, as the settings and the operator profile say."""

from datetime import datetime, timedelta

from paraph.config import environment
from paraph.config.environment import SettingError
from paraph.config.operator import Operator
from paraph.domain.notifications import channels, letterhead
from paraph.domain.notifications.channels import Channel
from paraph.domain.notifications.channels.letter_spool import LetterSpool
from paraph.domain.notifications.channels.outbox import OutboxChannel
from paraph.domain.notifications.channels.sms_gateway import SMSGateway
from paraph.domain.notifications.channels.smtp import Security, SMTPChannel
from paraph.domain.notifications.letterhead import Letterhead
from paraph.kernel import clock

# Before the printing house's certificate ends, its successor must be asked for.
NOTICE = timedelta(days=30)


def bind(operator: Operator, *, demonstration: bool) -> None:
    """Raises SettingError, in one sentence, for a carrier that is described wrongly."""
    address = operator.address
    letterhead.bind(Letterhead(
        service=operator.service, legal_name=operator.legal_name, phone=operator.phone, email=operator.email,
        website=operator.website, address=(address["street"], f"{address['postcode']} {address['city']}"),
        hours=operator.hours, notice=operator.notice, country=operator.country))
    if demonstration:
        outbox = OutboxChannel()
        channels.bind({"mail": outbox, "sms": outbox, "letter": outbox})
        return
    carriers = described(operator)
    spool = carriers.get("letter")
    channels.bind(carriers, spool if isinstance(spool, LetterSpool) else None)


def described(operator: Operator) -> dict[str, Channel]:
    """The carriers that the settings and the profile describe, by channel. A demonstration's profile has none: nobody is written
    to in an invented name."""
    found: dict[str, Channel] = {}
    relay, unknown = environment.read("SMTP_URL"), set(operator.channels) - {"sms", "letter"}
    if unknown:
        raise SettingError(f"the operator profile {operator.slug}: unknown entries of [channels]: {', '.join(sorted(unknown))}.")
    if operator.demonstration:
        return found
    if relay:
        try:
            found["mail"] = SMTPChannel.at(relay, sender_name=operator.service, sender_address=operator.email)
        except ValueError as error:
            raise SettingError(f"PARAPH_SMTP_URL: {error}.") from None  # the address holds a password
    try:
        if "sms" in operator.channels:
            found["sms"] = SMSGateway.described(operator.channels["sms"], secret=environment.read("SMS_SECRET"))
        if "letter" in operator.channels:
            found["letter"] = LetterSpool.described(operator.channels["letter"])
    except (ValueError, TypeError) as error:
        raise SettingError(f"the operator profile {operator.slug}: {error}.") from error
    return found


def lacking(carriers: dict[str, Channel], at: datetime) -> list[tuple[str, str]]:
    """(code, sentence) of what people's service needs and these carriers do not give."""
    found = [(f"channel_{name}", sentence) for name, sentence in (
        ("mail", "no mail is sent: give PARAPH_SMTP_URL."),
        ("sms", "no SMS is sent, so nobody gets codes on his phone: describe your gateway in [channels.sms] of the profile."),
        ("letter", "no letter is written, so who has no phone gets no codes: describe the spool in [channels.letter] of the "
                   "profile."),
    ) if name not in carriers]
    mail, sms, letter = (carriers.get(name) for name in ("mail", "sms", "letter"))
    if isinstance(mail, SMTPChannel) and mail.security is not Security.NONE and not (mail.user and mail.password):
        found.append(("channel_mail", "PARAPH_SMTP_URL names no user and password: a relay elsewhere must know who sends."))
    if isinstance(sms, SMSGateway) and not sms.secret:
        found.append(("channel_sms", "PARAPH_SMS_SECRET is empty: the gateway can't know who asks it to send."))
    if isinstance(letter, LetterSpool):
        fault = letter.fault()
        if fault:
            found.append(("channel_letter", f"the spool of letters is not fit: {fault}."))
        if not letter.recipient.in_force(at + NOTICE):
            end = f"{letter.recipient.ends_at:%Y-%m-%d %H:%M} UTC"
            found.append(("channel_letter", f"the printing house's certificate ends at {end}: ask for its successor. After "
                                            "that no letter is written."))
    return found


def look(operator: Operator, *, demonstration: bool) -> list[tuple[str, str]]:
    return [] if demonstration else lacking(described(operator), clock.bound().now())
