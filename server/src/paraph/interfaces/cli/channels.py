# SPDX-License-Identifier: Apache-2.0
"""paraph channels test | stuck | retry | receipts: whether messages reach people, and what to do when they do not."""

import argparse
import re
from datetime import timedelta
from uuid import UUID

from paraph.domain.notifications import policy, queries, services
from paraph.domain.notifications.lifecycle import State
from paraph.domain.notifications.models import Message
from paraph.domain.notifications.policy import Recipient
from paraph.interfaces.cli import saying
from paraph.kernel import clock

# When a printing house should have said something of a letter.
SILENCE = timedelta(days=3)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
# What the codes of carriers mean, the first that fits.
_MEANINGS = (
    (r"no_channel", "nothing carries this: see docs/operate/channels.md"),
    (r"sms_http_40[13]", "the gateway does not accept the secret, or its account may not send"),
    (r"sms_http_(404|405|3..)", "this is not the gateway's address for sending"),
    (r"sms_http_(400|410|413|414|422)|sms_refused",
     "the gateway will never take this message: number or body are not as it wants them"),
    (r"sms_http_429", "the gateway was asked too often"),
    (r"sms_http_", "the gateway has a fault of its own"),
    (r"sms_not_accepted", "the gateway's answer does not say that it took the message: compare status and accepted with it"),
    (r"sms_timeout", "the gateway did not answer in time"),
    (r"sms_", "the gateway can't be reached"),
    (r"smtp_5[37]\d|smtp_530", "the relay does not accept user and password"),
    (r"smtp_55\d|bad_address", "the relay will never take this message: address or sender are refused"),
    (r"smtp_", "the relay does not take it now"),
    (r"SSL", "the relay's certificate is not one that this machine trusts for its name"),
    (r"SMTPNotSupportedError", "the relay offers no STARTTLS or no passwords"),
    (r"letter_certificate_not_in_force", "the printing house's certificate has ended, or has not begun"),
    (r"letter_NotOurs", "the spool belongs to another user: send as that one"),
    (r"letter_", "the spool's folder can't be written"),
    (r"", "the relay can't be reached"),
)


def register(commands: argparse._SubParsersAction) -> None:
    group = commands.add_parser("channels", help="mail, SMS and letters: try them, see what is stuck, what came back")
    actions = group.add_subparsers(dest="action", required=True)
    test = saying.writes(actions.add_parser(
        "test", help="send a message without anybody's data; status 1 when one is not carried"))
    test.add_argument("--mail", metavar="ADDRESS")
    test.add_argument("--sms", metavar="NUMBER", type=_number, help="such as +352621123456")
    test.add_argument("--letter", metavar="LINE", nargs="+", help="the lines of an address, the name first")
    test.add_argument("--language", choices=policy.LANGUAGES, default="fr")
    test.set_defaults(handler=run_test)
    stuck = saying.reads(actions.add_parser("stuck", help="what could not be carried; status 1 when there is something"))
    stuck.set_defaults(handler=run_stuck)
    retry = saying.writes(actions.add_parser("retry", help="try messages again that are stuck"))
    retry.add_argument("message", nargs="+", type=UUID, help="its id, as `stuck` prints it")
    retry.set_defaults(handler=saying.guarded(run_retry))
    receipts = saying.reads(actions.add_parser(
        "receipts", help="letters that came back or were not printed, and those of which nothing is known after three days"))
    receipts.set_defaults(handler=run_receipts)


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise argparse.ArgumentTypeError("a number is a plus, the country and the rest, without spaces")
    return text


def run_test(parsed: argparse.Namespace) -> int:
    wanted = {policy.MAIL: parsed.mail, policy.SMS: parsed.sms, policy.LETTER: tuple(parsed.letter or ())}
    chosen = [channel for channel, address in wanted.items() if address]
    if not chosen or parsed.dry_run:
        saying.say(parsed, {"would try": ", ".join(chosen) or "nothing: name --mail, --sms or --letter"})
        return 0 if chosen else 2
    to = Recipient(language=parsed.language, email=parsed.mail, mobile=parsed.sms, postal=wanted[policy.LETTER])
    rows = [_told(services.try_channel(channel=channel, to=to, caller=saying.account("channels"))) for channel in chosen]
    saying.say_all(parsed, rows, "")
    return int(any(row["result"] != "carried" for row in rows))


def _told(message: Message) -> dict:
    carried = message.state == State.DELIVERED
    row = {"channel": message.channel, "result": "carried" if carried else "not carried", "message": str(message.id)}
    if carried:
        return row | ({"reference": message.carrier_reference} if message.carrier_reference else {})
    return row | {"reason": message.last_error, "meaning": meaning(message.last_error)}


def meaning(reason: str) -> str:
    return next(words for pattern, words in _MEANINGS if re.match(pattern, reason))


def run_stuck(parsed: argparse.Namespace) -> int:
    rows = [{"message": str(row.id), "template": row.template, "channel": row.channel, "since": row.state_since.isoformat(),
             "reason": row.last_error, "meaning": meaning(row.last_error)} for row in queries.stuck()]
    saying.say_all(parsed, rows, "Nothing is stuck.")
    return int(bool(rows))


def run_retry(parsed: argparse.Namespace) -> int:
    for message in parsed.message:
        if not parsed.dry_run:
            services.retry(message_id=message, caller=saying.account("channels"))
    return saying.say(parsed, {"would try" if parsed.dry_run else "tries": ", ".join(map(str, parsed.message))})


def run_receipts(parsed: argparse.Namespace) -> int:
    rows = [{"message": str(row.message_id), "template": row.message.template, "said": row.outcome,
             "at": row.said_at.isoformat(), "reference": row.reference}
            for row in queries.receipts().exclude(outcome="posted")]
    rows += [{"message": str(row.id), "template": row.template, "said": "nothing", "at": row.state_since.isoformat(),
              "reference": ""} for row in queries.without_receipt(clock.bound().now() - SILENCE)]
    return saying.say_all(parsed, rows, "Every letter was posted.")
