# SPDX-License-Identifier: Apache-2.0
"""What the outbox makes of its carriers' answers: refused, later, silent; and who carries when several do."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from paraph.domain.audit.models import Event
from paraph.domain.notifications import policy, services
from paraph.domain.notifications.channels import NotCarried, Refused, Unreachable
from paraph.domain.notifications.channels.sms_gateway import SMSGateway
from paraph.domain.notifications.models import Message
from paraph.domain.notifications.policy import Recipient
from testkit.gateway import Answer

PHONE = Recipient(mobile="+352621123456")
CODE = {"code": "493817", "minutes": 10}


class Carrier:
    keeps_codes = False

    def __init__(self, failure=None):
        self.failure, self.tried = failure, []

    def send(self, message):
        self.tried.append(message.id)
        if self.failure:
            raise self.failure
        return "r1"


def tell(caller, **to):
    return services.enqueue(template="revoked", data={"name": "Marie", "at": caller.at}, to=Recipient(**to), caller=caller)


@pytest.mark.django_db
@pytest.mark.both_databases
def test_what_is_refused_waits_for_a_person_at_once_and_what_failed_is_tried_again(bind, caller):
    refused, failed = Carrier(Refused("sms_http_422")), Carrier(NotCarried("smtp_451"))
    bind(sms=refused, mail=failed)
    by_sms, by_mail = services.enqueue(template="sms_code", data=CODE, to=PHONE, caller=caller), tell(caller, email="a@b.c")
    assert services.deliver(at=caller.at) == services.Delivered(delivered=0, postponed=1, stuck=1)
    for message in (by_sms, by_mail):
        message.refresh_from_db()
    assert (by_sms.state, by_sms.attempts, by_sms.last_error) == ("stuck", 1, "sms_http_422")
    assert (by_mail.state, by_mail.next_attempt_at) == ("queued", caller.at + timedelta(minutes=1))
    assert Event.objects.get(code="notifications.message.stuck").facts["reason"] == "sms_http_422"
    services.deliver(at=caller.at + timedelta(days=1))
    assert len(refused.tried) == 1 and len(failed.tried) == 2


@pytest.mark.django_db
def test_a_carriers_own_pause_is_heeded_where_it_is_longer(bind, caller):
    bind(mail=Carrier(NotCarried("sms_http_429", after=timedelta(minutes=30))))
    message = tell(caller, email="a@b.c")
    services.deliver(at=caller.at)
    message.refresh_from_db()
    assert message.next_attempt_at == caller.at + timedelta(minutes=30)
    services.deliver(at=message.next_attempt_at - timedelta(microseconds=1))
    message.refresh_from_db()
    assert message.attempts == 1
    services.deliver(at=message.next_attempt_at)
    message.refresh_from_db()
    assert message.attempts == 2


@pytest.mark.django_db
def test_a_carrier_that_does_not_answer_is_left_alone_and_keeps_nobody_else_waiting(bind, caller):
    silent, good = Carrier(Unreachable("sms_timeout")), Carrier()
    bind(sms=silent, mail=good)
    codes = [services.enqueue(template="sms_code", data=CODE, to=PHONE, caller=caller) for _ in range(60)]
    tell(caller, email="a@b.c")
    assert services.deliver(at=caller.at) == services.Delivered(delivered=1, postponed=1, stuck=0)
    assert len(silent.tried) == 1 and len(good.tried) == 1
    services.deliver(at=caller.at + policy.SILENCE - timedelta(microseconds=1))
    assert len(silent.tried) == 1
    silent.failure = None
    assert services.deliver(at=caller.at + policy.SILENCE).delivered == 50
    assert services.deliver(at=caller.at + policy.SILENCE).delivered == 9
    assert Message.objects.filter(pk__in=[row.pk for row in codes], attempts=1).count() == 60, "waiting is no attempt"


@pytest.mark.django_db
def test_codes_go_first_and_a_run_ends_in_time(bind, caller):
    good, seconds = Carrier(), iter([0, 0, policy.RUN_SECONDS - 0.001, policy.RUN_SECONDS, *[0] * 20])
    bind(sms=good, mail=good)
    notices = [tell(caller, mobile="+352621123456") for _ in range(3)]
    code = services.enqueue(template="sms_code", data=CODE, to=PHONE, caller=caller)
    assert services.deliver(at=caller.at, steady=lambda: next(seconds)).delivered == 2
    assert good.tried == [str(code.id), str(notices[0].id)]


@pytest.mark.django_db
def test_a_message_is_its_deliverers_for_five_minutes(bind, caller):
    class Falls(Carrier):
        def send(self, message):
            super().send(message)
            raise KeyboardInterrupt

    falls = Falls()
    bind(mail=falls)
    tell(caller, email="a@b.c")
    with pytest.raises(KeyboardInterrupt):
        services.deliver(at=caller.at)
    again = Carrier()
    bind(mail=again)
    services.deliver(at=caller.at + policy.LEASE - timedelta(microseconds=1))
    assert not again.tried
    services.deliver(at=caller.at + policy.LEASE)
    assert again.tried == falls.tried, "the same id, by which a carrier knows it"


@pytest.mark.django_db
def test_a_code_leaves_the_database_with_the_gateways_yes(bind, gateway, caller):
    body = {"to": "{number}", "text": "{text}"}
    bind(sms=SMSGateway.described({"url": gateway.url, "body": body, "reference": "messages.0.id"}, secret=""))
    message = services.enqueue(template="sms_code", data=CODE, to=PHONE, caller=caller)
    gateway.answer = Answer(status=503)
    services.deliver(at=caller.at)
    message.refresh_from_db()
    assert "493817" in message.content["text"] and message.last_error == "sms_http_503"
    gateway.answer = Answer()
    services.deliver(at=message.next_attempt_at)
    message.refresh_from_db()
    assert (message.state, message.content, message.carrier_reference) == ("delivered", None, "sms-1")
    assert "493817" in gateway.json()["text"]
    assert "493817" not in repr(list(Event.objects.values()))


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_one_instant_carry_each_message_once(bind, gateway, caller):
    bind(sms=SMSGateway.described({"url": gateway.url, "body": {"to": "{number}", "text": "{text}"}}, secret=""))
    for _ in range(12):
        services.enqueue(template="sms_code", data=CODE, to=PHONE, caller=caller)
    start, done = threading.Barrier(8), []

    def work():
        try:
            start.wait()
            done.append(services.deliver(at=caller.at).delivered)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 12 and len(done) == 8
    assert len(gateway.asked) == len(gateway.sent) == 12
    assert Event.objects.filter(code="notifications.message.delivered").count() == 12


@pytest.mark.django_db
@pytest.mark.parametrize("failure", [None, NotCarried("smtp_451"), Unreachable("sms_timeout"), Refused("sms_http_422")])
def test_a_channel_is_tried_at_once_and_says_what_happened(bind, caller, failure):
    carrier = Carrier(failure)
    bind(sms=carrier)
    message = services.try_channel(channel="sms", to=PHONE, caller=caller)
    expected = ("stuck", failure.reason, "") if failure else ("delivered", "", "r1")
    assert (message.state, message.last_error, message.carrier_reference) == expected
    assert Event.objects.get(code="notifications.channel.tried").facts["result"] == (failure.reason if failure else "carried")
    services.deliver(at=caller.at + timedelta(days=1))
    assert len(carrier.tried) == 1


@pytest.mark.django_db
def test_a_channel_that_is_not_there_is_said_to_be_missing(bind, caller):
    bind()
    assert services.try_channel(channel="mail", to=Recipient(email="a@b.c"), caller=caller).last_error == "no_channel"
