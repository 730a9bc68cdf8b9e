# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.notifications import channels, policy, rendering
from paraph.domain.notifications.channels import NotCarried, Outgoing
from paraph.domain.notifications.events import Event
from paraph.domain.notifications.lifecycle import MESSAGE, State
from paraph.domain.notifications.models import Message
from paraph.domain.notifications.policy import Recipient
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound

CODES = ("user_id", "initial_password", "challenge", "code")


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
        template=template, channel=channel, language=language, person_id=to.person_id, secret=rule.secret,
        recipient={"email": to.email, "mobile": to.mobile, "postal": list(to.postal)}, content=content,
        created_at=caller.at, state_since=caller.at, next_attempt_at=caller.at)
    if channel == policy.SPACE:
        MESSAGE.advance(message, "deliver", at=caller.at)
        _record(Event.MESSAGE_DELIVERED, message, caller)
    return message


def deliver(*, at: datetime, limit: int = 50) -> Delivered:
    """Carries away what is due, each message in its own claim: a second worker leaves it alone.

    A message whose carrier fails is tried again later; after policy.ATTEMPTS_LIMIT attempts it is stuck and waits for
    a person. A crash after sending repeats the message with the same id.
    """
    caller = Caller.system(at=at, name="job:deliver")
    delivered = postponed = stuck = 0
    due = Message.objects.filter(state=State.QUEUED, next_attempt_at__lte=at).order_by("created_at")
    for message in list(due[:limit]):
        if not _claim(message, at):
            continue
        try:
            channel = channels.bound(message.channel)
            channel.send(_outgoing(message))
        except NotCarried as refusal:
            if _postpone(message, refusal, caller):
                stuck += 1
            else:
                postponed += 1
            continue
        with transaction.atomic():
            wiped = {"content": None} if message.secret and not channel.keeps_codes else {}
            MESSAGE.advance(message, "deliver", at=at, last_error="", **wiped)
            _record(Event.MESSAGE_DELIVERED, message, caller)
        delivered += 1
    return Delivered(delivered=delivered, postponed=postponed, stuck=stuck)


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
    later = policy.next_attempt(message.attempts + 1, at)
    claimed = Message.objects.filter(pk=message.pk, state=State.QUEUED, next_attempt_at=message.next_attempt_at).update(
        next_attempt_at=later, attempts=message.attempts + 1)
    if claimed:
        message.refresh_from_db()
    return bool(claimed)


def _postpone(message: Message, refusal: NotCarried, caller: Caller) -> bool:
    with transaction.atomic():
        Message.objects.filter(pk=message.pk).update(last_error=refusal.reason)
        if message.attempts < policy.ATTEMPTS_LIMIT:
            return False
        MESSAGE.advance(message, "give_up", at=caller.at)
        _record(Event.MESSAGE_STUCK, message, caller)
    return True


def _outgoing(message: Message) -> Outgoing:
    address = {policy.MAIL: message.recipient["email"], policy.SMS: message.recipient["mobile"],
               policy.LETTER: "\n".join(message.recipient["postal"])}[message.channel]
    return Outgoing(id=str(message.id), channel=message.channel, address=address, language=message.language,
                    subject=message.content["subject"], text=message.content["text"], html=message.content["html"])


def _record(event: Event, message: Message, caller: Caller) -> None:
    audit.record(event, about=("message", message.id), caller=caller,
                 facts={"template": message.template, "channel": message.channel, "attempts": message.attempts})
