# SPDX-License-Identifier: Apache-2.0
"""The outbox: what is enqueued, in which language, by which channel, and what becomes of codes."""

import re
from datetime import timedelta

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.notifications import channels, policy, queries, services
from paraph.domain.notifications.channels import NotCarried
from paraph.domain.notifications.channels.outbox import OutboxChannel
from paraph.domain.notifications.models import Message
from paraph.domain.notifications.policy import Recipient
from paraph.kernel.errors import NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

CODES = {"name": "Marie Weber", "user_id": "K7M2QXRT", "initial_password": "abK7mnqP2r", "challenge": "493817",
         "activate_until": "23 janvier 2027"}
POSTAL = ("Marie Weber", "12, rue du Fort", "L-1234 Luxembourg")


class Carrier:
    """A production carrier that can be told to fail."""

    keeps_codes = False

    def __init__(self):
        self.carried, self.failing = [], False

    def send(self, message):
        if self.failing:
            raise NotCarried("smtp_451")
        self.carried.append(message)
        return f"carrier-{len(self.carried)}"


@pytest.fixture
def carrier():
    carrier = Carrier()
    channels.bind({"mail": carrier, "sms": carrier, "letter": carrier})
    yield carrier
    outbox = OutboxChannel()
    channels.bind({"mail": outbox, "sms": outbox, "letter": outbox})


@pytest.mark.requirement("R018")
def test_codes_go_by_sms_else_by_letter_and_never_by_mail(caller):
    by_sms = services.enqueue(template="codes", data=CODES, caller=caller,
                              to=Recipient(email="m@example.org", mobile="+352621123456", postal=POSTAL))
    by_letter = services.enqueue(template="codes", data=CODES, caller=caller,
                                 to=Recipient(email="m@example.org", postal=POSTAL))
    assert (by_sms.channel, by_letter.channel) == ("sms", "letter")
    for channel in ("mail", "space"):
        with pytest.raises(ValueError, match="never goes by"):
            services.enqueue(template="codes", channel=channel, data=CODES, caller=caller,
                             to=Recipient(email="m@example.org", mobile="+352621123456"))
    with pytest.raises(ValueError, match="codes need"):
        services.enqueue(template="codes", data=CODES, caller=caller, to=Recipient(email="m@example.org"))


@pytest.mark.requirement("R091", "R143")
def test_the_letter_of_codes_holds_this_customers_codes_and_no_pin(caller):
    message = services.enqueue(template="codes", data=CODES, caller=caller, to=Recipient(postal=POSTAL))
    html = message.content["html"]
    for value in (*POSTAL, CODES["user_id"], CODES["initial_password"], CODES["challenge"]):
        assert value in html
    assert not re.search(r"\b(PIN|PUK)\b", html)
    codes_shown = re.findall(r"<td>([^<]+)</td>", html)
    assert codes_shown == [CODES["user_id"], CODES["initial_password"], CODES["challenge"]]


def test_codes_stand_nowhere_but_in_the_sealed_columns(caller, django_assert_num_queries):
    from django.db import connection

    message = services.enqueue(template="codes", data=CODES, caller=caller, to=Recipient(postal=POSTAL))
    services.deliver(at=caller.at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notifications_message WHERE id = %s", [message.id.hex])
        row = repr(cursor.fetchone()) if connection.vendor == "sqlite" else ""
    audit = repr(list(Event.objects.values()))
    for secret in (CODES["initial_password"], CODES["challenge"], CODES["user_id"], "rue du Fort"):
        assert secret not in row
        assert secret not in audit


@pytest.mark.requirement("R018")
def test_codes_are_wiped_when_a_real_carrier_took_them_and_kept_in_the_demonstration(caller, carrier):
    real = services.enqueue(template="codes", data=CODES, caller=caller, to=Recipient(postal=POSTAL))
    assert services.deliver(at=caller.at) == services.Delivered(delivered=1, postponed=0, stuck=0)
    real.refresh_from_db()
    assert (real.state, real.content) == ("delivered", None)
    assert CODES["challenge"] in carrier.carried[0].html
    outbox = OutboxChannel()
    channels.bind({"letter": outbox})
    shown = services.enqueue(template="codes", data=CODES, caller=caller, to=Recipient(postal=POSTAL))
    services.deliver(at=caller.at)
    shown.refresh_from_db()
    assert shown.content["codes"] == {name: CODES[name] for name in ("user_id", "initial_password", "challenge")}


def test_a_notice_that_is_not_secret_stays_readable_after_delivery(caller, carrier):
    services.enqueue(template="revoked", data={"name": "Marie", "at": caller.at}, caller=caller,
                     to=Recipient(person_id="p1", email="m@example.org"))
    services.deliver(at=caller.at)
    assert [message.content["subject"] for message in queries.for_person("p1")] == ["Votre certificat est révoqué"]


def test_delivery_is_done_once_however_often_the_job_runs(caller, carrier):
    services.enqueue(template="revoked", data={"name": "Marie", "at": caller.at}, caller=caller,
                     to=Recipient(email="m@example.org"))
    services.deliver(at=caller.at)
    services.deliver(at=caller.at + timedelta(days=1))
    assert len(carrier.carried) == 1
    assert Event.objects.filter(code="notifications.message.delivered").count() == 1


def test_a_failing_carrier_is_asked_again_with_growing_pauses_until_the_message_is_stuck(caller, carrier):
    message = services.enqueue(template="revoked", data={"name": "Marie", "at": caller.at}, caller=caller,
                               to=Recipient(email="m@example.org"))
    carrier.failing, at, pauses = True, caller.at, []
    while message.state == "queued":
        services.deliver(at=at)
        message.refresh_from_db()
        pauses.append(message.next_attempt_at - at)
        at = message.next_attempt_at
    assert message.state == "stuck" and message.attempts == policy.ATTEMPTS_LIMIT and message.last_error == "smtp_451"
    assert pauses[:4] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]
    assert list(queries.stuck()) == [message]
    carrier.failing = False
    services.retry(message_id=message.id, caller=caller.at_instant(at))
    assert services.deliver(at=at).delivered == 1
    with pytest.raises(NotAllowed):
        services.retry(message_id=message.id, caller=caller)


def test_before_the_pause_is_over_nothing_is_sent(caller, carrier):
    services.enqueue(template="revoked", data={"name": "Marie", "at": caller.at}, caller=caller,
                     to=Recipient(email="m@example.org"))
    carrier.failing = True
    services.deliver(at=caller.at)
    carrier.failing = False
    assert services.deliver(at=caller.at + timedelta(seconds=59)).delivered == 0
    assert services.deliver(at=caller.at + timedelta(seconds=60)).delivered == 1


def test_a_channel_that_was_not_bound_leaves_the_message_visible(caller):
    channels.bind({})
    try:
        message = services.enqueue(template="revoked", data={"name": "Marie", "at": caller.at}, caller=caller,
                                   to=Recipient(email="m@example.org"))
        assert services.deliver(at=caller.at).postponed == 1
    finally:
        outbox = OutboxChannel()
        channels.bind({"mail": outbox, "sms": outbox, "letter": outbox})
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("queued", "no_channel")


@pytest.mark.requirement("R019", "R020", part="later: e-Access and video")
@pytest.mark.parametrize(("template", "expected"), [
    ("activated", "letter"), ("suspended", "letter"), ("revoked", "letter"), ("key_used", "space")])
def test_without_mail_and_mobile_important_news_go_by_letter_and_the_rest_to_my_space(caller, template, expected):
    data = {"name": "Marie", "at": caller.at, "until": caller.at, "expires_at": caller.at, "document": "x.pdf"}
    message = services.enqueue(template=template, data=data, caller=caller, to=Recipient(person_id="p", postal=POSTAL))
    assert message.channel == expected
    assert message.state == ("delivered" if expected == "space" else "queued")


def test_it_is_written_in_the_recipients_language_with_local_time(caller):
    texts = {}
    for language in ("fr", "de", "en"):
        message = services.enqueue(template="suspended", caller=caller, to=Recipient(language=language, email="a@b.c"),
                                   data={"name": "Marie", "at": caller.at, "until": caller.at.date()})
        texts[language] = (message.content["subject"], message.content["text"])
    assert texts["fr"][0] == "Votre certificat est suspendu" and "24 novembre 2026 à 10 h 00" in texts["fr"][1]
    assert texts["de"][0] == "Ihr Zertifikat ist ausgesetzt" and "24. November 2026 um 10:00 Uhr" in texts["de"][1]
    assert texts["en"][0] == "Your certificate is suspended" and "24 November 2026 at 10:00" in texts["en"][1]


def test_data_can_neither_break_a_subject_nor_make_up_codes(caller):
    message = services.enqueue(
        template="order_rejected", caller=caller, to=Recipient(postal=POSTAL),
        data={"name": "Marie", "reference": "X\n\nUserID | EVIL", "reason": "<b>no</b>"})
    assert "\n" not in message.content["subject"]
    assert "<td>" not in message.content["html"]
    assert "&lt;b&gt;" in message.content["html"]


def test_missing_data_is_an_error_before_anything_is_written(caller):
    with pytest.raises(ValueError, match="until"):
        services.enqueue(template="suspended", data={"name": "Marie", "at": caller.at}, caller=caller,
                         to=Recipient(email="a@b.c"))
    assert not Message.objects.exists()
