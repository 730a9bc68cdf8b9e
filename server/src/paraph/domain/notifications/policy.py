# SPDX-License-Identifier: Apache-2.0
"""Which message goes by which channel, in which language, and when to try again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

MAIL, SMS, LETTER, SPACE = "mail", "sms", "letter", "space"
LANGUAGES = ("fr", "de", "en")
ATTEMPTS_LIMIT = 8
# How long a message is its deliverer's, whatever becomes of him, and how long he goes on taking messages of one channel: what
# he then still has in hand is done before the lease is over.
LEASE = timedelta(minutes=5)
RUN_SECONDS = 20
# How long a carrier that does not answer is left alone.
SILENCE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who is told, in which language, and where he can be reached.

    Any of e-mail, mobile (E.164) and postal address (lines, name first) may be missing.
    """

    person_id: str = ""
    language: str = "fr"
    email: str | None = None
    mobile: str | None = None
    postal: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class Template:
    """`channels` in order of preference; `requires` are the names of its data; `secret` ones hold codes.
    `link`: whoever reads it can take something up, so that nothing of it is kept after delivery.

    A template without a usable channel is shown in My space alone (R019, R020: no e-mail and no mobile is legal).
    """

    channels: tuple[str, ...]
    requires: tuple[str, ...]
    secret: bool = False
    link: bool = False


def _notice(*requires: str, letter: bool = False) -> Template:
    return Template(channels=(MAIL, SMS, *((LETTER,) if letter else ())), requires=("name", *requires))


# R018, Q06: codes go by SMS or by letter, never by e-mail. A letter tells of activation, suspension and revocation
# whoever has neither e-mail nor mobile.
TEMPLATES = {
    "codes": Template(channels=(SMS, LETTER), secret=True,
                      requires=("name", "user_id", "initial_password", "challenge", "activate_until")),
    "new_codes": Template(channels=(SMS, LETTER), secret=True,
                          requires=("name", "user_id", "initial_password", "challenge")),
    "sms_code": Template(channels=(SMS,), secret=True, requires=("code", "minutes")),
    "password_reset": _notice("at"),
    "password_changed": _notice("at"),
    "account_unblocked": _notice("at"),
    "security_code_given": _notice("at"),
    "device_disabled": _notice("at", "serial"),
    "device_added": _notice("at", "serial"),
    "device_enabled": _notice("at", "serial"),
    "device_resynchronised": _notice("at", "serial"),
    "passkey_added": _notice("at", "label"),
    "passkey_removed": _notice("at", "label"),
    "passkey_cloned": _notice("at"),
    "replacement_asked": _notice("at", "serial"),
    "replacement_cancelled": _notice("at", "serial"),
    # By mail and SMS, by all that the holder has; the mail alone holds the address under which he says that it was not him.
    "replacement_wished": _notice("at", "old", "asked_with", "usable_from"),
    "replacement_sent": _notice("serial", "old", "activate_until", letter=True),
    "product_exchanged": _notice("serial", "old", letter=True),
    "replacement_ready": _notice("serial", "old", "activate_until", letter=True),
    # To a partner, under its own name for its customer (R285).
    "partner_warned": Template(channels=(MAIL,), requires=("subject", "reference", "at")),
    "device_replaced": _notice("at", "serial", "old"),
    "order_placed": _notice("reference", "activate_until"),
    "order_paid": _notice("reference"),
    "order_rejected": _notice("reference", "reason", letter=True),
    "approved": _notice("reference", "codes_by", "activate_until"),
    "activation_reminder": _notice("reference", "activate_until"),
    "activated": _notice("at", "expires_at", letter=True),
    "reissued": _notice("at", "expires_at", letter=True),
    "key_used": _notice("at", "document"),
    "confirmation_given": _notice("at", "partner", "reference"),
    "confirmation_reported": _notice("at", "partner", "reference"),
    "login_blocked": _notice("at", "until"),
    "suspended": _notice("at", "until", letter=True),
    "resumed": _notice("at", letter=True),
    "revoked": _notice("at", letter=True),
    "automatically_revoked": _notice("at", letter=True),
    # An operator tries a channel, with nobody's data.
    "channel_test": Template(channels=(MAIL, SMS, LETTER), requires=("at",)),
    # For staff. The link is good once, for hours, and opens nothing without the Token that is handed over.
    "staff_invitation": Template(channels=(MAIL,), requires=("name", "link", "until", "roles"), link=True),
    "staff_to_decide": Template(channels=(MAIL,), requires=("name", "about", "until")),
    "staff_renewal": Template(channels=(MAIL,), requires=("name", "link", "until"), link=True),
    "staff_address": Template(channels=(MAIL,), requires=("name", "link", "until"), link=True),
    "staff_rests": Template(channels=(MAIL,), requires=("name", "at")),
    "staff_renewed": Template(channels=(MAIL,), requires=("name", "at")),
    "staff_renewed_here": Template(channels=(MAIL,), requires=("name", "at", "about")),
    "staff_address_asked": Template(channels=(MAIL,), requires=("name", "at")),
    "staff_address_changed": Template(channels=(MAIL,), requires=("name", "at")),
    "staff_joined": Template(channels=(MAIL,), requires=("name", "at")),
    "staff_roles_changed": Template(channels=(MAIL,), requires=("name", "at", "roles")),
    "staff_suspended": Template(channels=(MAIL,), requires=("name", "at")),
    "staff_reinstated": Template(channels=(MAIL,), requires=("name", "at")),
    "staff_ended": Template(channels=(MAIL,), requires=("name", "at")),
    # For operators: what somebody on duty must look at.
    "alarm": Template(channels=(MAIL,), requires=("name", "alarm", "about", "count", "at")),
}


def channel_for(template: Template, to: Recipient) -> str:
    """The first channel of the template by which this person can be reached, else My space.

    Raises ValueError for a secret that can't reach anybody: an order without a postal address is not accepted.
    """
    reachable = {MAIL: bool(to.email), SMS: bool(to.mobile), LETTER: bool(to.postal)}
    for channel in template.channels:
        if reachable[channel]:
            return channel
    if template.secret:
        raise ValueError("codes need a mobile number or a postal address")
    return SPACE


def language_of(to: Recipient) -> str:
    return to.language if to.language in LANGUAGES else "fr"


def next_attempt(attempts: int, at: datetime) -> datetime:
    """One minute after the first failure, doubled each time, at most six hours."""
    return at + min(timedelta(minutes=2 ** max(attempts - 1, 0)), LONGEST_PAUSE)
