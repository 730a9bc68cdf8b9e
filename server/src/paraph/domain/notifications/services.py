# SPDX-License-Identifier: Apache-2.0
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.notifications import channels, policy, rendering
from paraph.domain.notifications.channels import NotCarried, Outcome, Outgoing, Refused, Unreachable
from paraph.domain.notifications.events import Event
from paraph.domain.notifications.lifecycle import MESSAGE, State
from paraph.domain.notifications.models import LetterReceipt, Message
from paraph.domain.notifications.policy import Recipient
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound

CODES = ("user_id", "initial_password", "challenge", "code")
LETTER_EVENTS = {
    Outcome.POSTED: Event.LETTER_POSTED, Outcome.RETURNED: Event.LETTER_RETURNED, Outcome.FAILED: Event.LETTER_FAILED}


@dataclass(frozen=True)
class Delivered:
    """What one run of the delivery job did."""

    delivered: int
    postponed: int
    stuck: int


def enqueue(*, template: str, to: Recipient, channel: str | None = None, data: dict, caller: Caller) -> Message:
    """The person will be told: the message stands in the outbox when the business transaction commits.

    Rendered now, in the recipient's language. `data` must hold what policy.TEMPLATES says; instants are aware.
    Raises ValueError (a programming error) for missing data, or a channel that the template may not use.
    """
    rule = policy.TEMPLATES[template]
    missing = set(rule.requires) - set(data)
    if missing:
        raise ValueError(f"{template} lacks {', '.join(sorted(missing))}")
    channel = channel or policy.channel_for(rule, to)
    if channel not in (*rule.channels, policy.SPACE) or (channel == policy.SPACE and rule.secret):
        raise ValueError(f"{template} never goes by {channel}")
    language = policy.language_of(to)
    written = rendering.render(template=template, channel=channel, language=language, data=data, postal=to.postal)
    content = {"subject": written.subject, "text": written.text, "html": written.html}
    if rule.secret:
        content["codes"] = {name: data[name] for name in CODES if name in data}
    message = Message.objects.create(
        template=template, channel=channel, language=language, person_id=to.person_id, secret=rule.secret or rule.link,
        recipient={"email": to.email, "mobile": to.mobile, "postal": list(to.postal)}, content=content,
        created_at=caller.at, state_since=caller.at, next_attempt_at=caller.at)
    if channel == policy.SPACE:
        MESSAGE.advance(message, "deliver", at=caller.at)
        _record(Event.MESSAGE_DELIVERED, message, caller)
    return message


def deliver(*, at: datetime, limit: int = 50, steady: Callable[[], float] = time.monotonic) -> Delivered:
    """Carries away what is due, codes first, each message in its own claim: a second worker leaves it alone.

    A message whose carrier fails is tried again later; after policy.ATTEMPTS_LIMIT attempts, or when the carrier will never
    take it, it is stuck and waits for a person. A carrier that does not answer is left alone for a while, and what waits for it
    loses no attempt. A crash after sending repeats the message with the same id. `limit` messages of each channel, and no more
    begun after policy.RUN_SECONDS of `steady`.
    """
    caller = Caller.system(at=at, name="job:deliver")
    done: Counter[State] = Counter()
    for channel in (policy.SMS, policy.MAIL, policy.LETTER):
        due = Message.objects.filter(channel=channel, state=State.QUEUED, next_attempt_at__lte=at)
        began = steady()
        for message in list(due.order_by("-secret", "created_at")[:limit]):
            if steady() - began >= policy.RUN_SECONDS:
                break
            if not _claim(message, at):
                continue
            refusal = _carry(message, caller)
            done[State(message.state)] += 1
            if isinstance(refusal, Unreachable):
                due.update(next_attempt_at=at + policy.SILENCE)
                break
    return Delivered(delivered=done[State.DELIVERED], postponed=done[State.QUEUED], stuck=done[State.STUCK])


def try_channel(*, channel: str, to: Recipient, caller: Caller) -> Message:
    """A message without anybody's data goes by this channel at once. The row says what became of it: delivered with the
    carrier's reference, or stuck with the reason."""
    with transaction.atomic():
        message = enqueue(template="channel_test", to=to, channel=channel, data={"at": caller.at}, caller=caller)
        _claim(message, caller.at)
    refusal = _carry(message, caller)
    with transaction.atomic():
        if message.state == State.QUEUED:
            _give_up(message, caller)
        audit.record(Event.CHANNEL_TRIED, about=("message", message.id), caller=caller,
                     facts={"channel": channel, "result": refusal.reason if refusal else "carried"})
    return message


def take_receipts(*, caller: Caller) -> list[LetterReceipt]:
    """What the printing house says of its letters is written down, each outcome of a letter once; returns what is new.

    A receipt must name the digest of the document that it is about: only who opened the letter knows it.
    Raises OSError where the receipts can't be reached.
    """
    source, taken = channels.receipts(), []
    for receipt in source.waiting() if source else ():
        with transaction.atomic():
            message = Message.objects.select_for_update().filter(pk=receipt.message_id, channel=policy.LETTER).first()
            if message is not None and message.state != State.DELIVERED:
                continue  # handed over, and not yet written down here: its turn comes
            known = message is not None and message.carrier_reference == receipt.digest
            if not known:
                audit.record(Event.RECEIPT_REFUSED, about=("message", receipt.message_id), caller=caller,
                             facts={"outcome": receipt.outcome})
            else:
                row, fresh = LetterReceipt.objects.get_or_create(
                    message=message, outcome=receipt.outcome,
                    defaults={"said_at": receipt.at, "reference": receipt.reference, "taken_at": caller.at})
                if fresh:
                    audit.record(LETTER_EVENTS[receipt.outcome], about=("message", message.id), caller=caller,
                                 facts={"said_at": receipt.at.isoformat(), "reference": receipt.reference})
                    taken.append(row)
        source.settle(receipt, known=known)
    return taken


def retry(*, message_id: object, caller: Caller) -> Message:
    """A stuck message is tried again from now on. Refuses: not_allowed (it is not stuck)."""
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=message_id).first()
        if message is None:
            raise NotFound()
        MESSAGE.advance(message, "retry", at=caller.at, attempts=0, next_attempt_at=caller.at)
        _record(Event.MESSAGE_RETRIED, message, caller)
    return message


def _claim(message: Message, at: datetime) -> bool:
    claimed = Message.objects.filter(pk=message.pk, state=State.QUEUED, next_attempt_at=message.next_attempt_at).update(
        next_attempt_at=at + policy.LEASE, attempts=message.attempts + 1)
    if claimed:
        message.refresh_from_db()
    return bool(claimed)


def _carry(message: Message, caller: Caller) -> NotCarried | None:
    """Hands a claimed message to its carrier, outside any transaction, and writes down what became of it."""
    try:
        channel = channels.bound(message.channel)
        reference = channel.send(_outgoing(message, caller.at))
    except NotCarried as refusal:
        _not_carried(message, refusal, caller)
        return refusal
    wiped = {"content": None} if message.secret and not channel.keeps_codes else {}
    with transaction.atomic():
        MESSAGE.advance(message, "deliver", at=caller.at, last_error="", carrier_reference=reference, **wiped)
        _record(Event.MESSAGE_DELIVERED, message, caller)
    return None


def _not_carried(message: Message, refusal: NotCarried, caller: Caller) -> None:
    with transaction.atomic():
        message.last_error = refusal.reason
        message.next_attempt_at = max(policy.next_attempt(message.attempts, caller.at), caller.at + refusal.after)
        message.save(update_fields=["last_error", "next_attempt_at"])
        if isinstance(refusal, Refused) or message.attempts >= policy.ATTEMPTS_LIMIT:
            _give_up(message, caller)


def _give_up(message: Message, caller: Caller) -> None:
    MESSAGE.advance(message, "give_up", at=caller.at)
    _record(Event.MESSAGE_STUCK, message, caller, reason=message.last_error)


def _outgoing(message: Message, at: datetime) -> Outgoing:
    address = {policy.MAIL: message.recipient["email"], policy.SMS: message.recipient["mobile"],
               policy.LETTER: "\n".join(message.recipient["postal"])}[message.channel]
    return Outgoing(id=str(message.id), channel=message.channel, address=address, language=message.language,
                    subject=message.content["subject"], text=message.content["text"], html=message.content["html"],
                    at=at, secret=message.secret)


def _record(event: Event, message: Message, caller: Caller, **more: str) -> None:
    audit.record(event, about=("message", message.id), caller=caller, facts={
        "template": message.template, "channel": message.channel, "attempts": message.attempts, **more})
