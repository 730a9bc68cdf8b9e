# SPDX-License-Identifier: Apache-2.0
"""paraph channels: an operator tries each channel, sees what is stuck and what came back."""

import json
import re

import pytest

from paraph.domain.certification.models import Alarm
from paraph.domain.notifications import channels as bound
from paraph.domain.notifications import letters, services
from paraph.domain.notifications.channels import Refused
from paraph.domain.notifications.channels.letter_spool import LetterSpool
from paraph.domain.notifications.channels.outbox import OutboxChannel
from paraph.domain.notifications.channels.sms_gateway import SMSGateway
from paraph.domain.notifications.models import Message
from paraph.domain.notifications.policy import Recipient
from paraph.interfaces import cli
from paraph.interfaces.cli import channels
from paraph.interfaces.jobs import carrying
from paraph.interfaces.operations import wording
from testkit.gateway import Answer, Gateway
from testkit.printer import Printer

pytestmark = pytest.mark.django_db
POSTAL = ("Marie Weber", "12, rue du Fort", "L-1234 Luxembourg")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(letters, "pdf", lambda html: b"%PDF-" + html.encode())


@pytest.fixture
def gateway(tmp_path, clock):
    """SMS and letters have carriers, mail has none."""
    printer = Printer.founded(tmp_path, at=clock.now())
    (tmp_path / "letters").mkdir()
    spool = LetterSpool.described({"folder": str(tmp_path / "letters"), "certificate": str(printer.certificate)})
    with Gateway() as gateway:
        gateway.printer, gateway.spool = printer, spool.folder
        body = {"to": "{number}", "text": "{text}"}
        sms = SMSGateway.described({"url": gateway.url, "body": body, "reference": "messages.0.id"}, secret="")
        bound.bind({"sms": sms, "letter": spool}, spool)
        yield gateway
    outbox = OutboxChannel()
    bound.bind({"mail": outbox, "sms": outbox, "letter": outbox})


def paraph(capsys, *words):
    status = cli.main(["channels", *words])
    return status, capsys.readouterr().out


def test_each_channel_says_what_happened(gateway, capsys):
    status, said = paraph(capsys, "test", "--json", "--language", "en", "--mail", "a@b.example", "--sms", "+352621123456",
                          "--letter", *POSTAL)
    rows = {row["channel"]: row for row in json.loads(said)}
    assert status == 1
    assert rows["mail"]["reason"] == "no_channel" and "channels.md" in rows["mail"]["meaning"]
    assert (rows["sms"]["result"], rows["sms"]["reference"]) == ("carried", "sms-1")
    assert "this is a test" in gateway.json()["text"]
    (manifest, document), = gateway.printer.pick_up(gateway.spool).values()
    assert rows["letter"]["reference"] == manifest["sha256"] and b"Test of our letters" in document
    assert manifest["address"] == list(POSTAL)


def test_when_all_is_carried_the_status_is_0(gateway, capsys):
    status, said = paraph(capsys, "test", "--sms", "+352621123456")
    assert status == 0 and "carried" in said and "621123456" not in said


def test_a_dry_run_sends_nothing_and_nothing_named_is_an_error(gateway, capsys):
    assert paraph(capsys, "test", "--dry-run", "--sms", "+352621123456") == (0, "would try    sms\n")
    assert paraph(capsys, "test")[0] == 2
    assert not gateway.asked and not Message.objects.exists()


@pytest.mark.parametrize(("number", "held"), [
    ("+352621123456", True), ("+1234567", True), ("+123456", False), ("+123456789012345", True), ("+1234567890123456", False),
    ("352621123456", False), ("+0352621", False), ("+352 621 123 456", False), ("+35262112345٣", False)])
def test_a_number_is_an_international_one(gateway, capsys, number, held):
    if held:
        assert paraph(capsys, "test", "--dry-run", "--sms", number)[0] == 0
        return
    with pytest.raises(SystemExit):
        paraph(capsys, "test", "--dry-run", "--sms", number)


def test_what_is_stuck_is_an_alarm_and_can_be_tried_again(gateway, capsys, caller, clock):
    gateway.answer = Answer(status=422)
    message = services.enqueue(template="sms_code", data={"code": "493817", "minutes": 10}, caller=caller,
                               to=Recipient(mobile="+352621123456"))
    carrying.deliver(caller)
    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.about) == ("messages_stuck", "sms")
    assert alarm.code in wording.ALARMS and alarm.code in wording.NEXT
    status, said = paraph(capsys, "stuck", "--json")
    row, = json.loads(said)
    assert status == 1 and (row["message"], row["reason"]) == (str(message.id), "sms_http_422") and "never" in row["meaning"]
    assert "493817" not in said and "352621" not in said
    gateway.answer = Answer()
    assert paraph(capsys, "retry", str(message.id), "--dry-run")[0] == 0
    assert paraph(capsys, "stuck")[0] == 1
    assert paraph(capsys, "retry", str(message.id))[0] == 0
    carrying.deliver(caller)
    assert paraph(capsys, "stuck") == (0, "Nothing is stuck.\n")
    assert paraph(capsys, "retry", str(message.id))[0] == 1


def test_letters_that_came_back_are_listed_and_an_alarm(gateway, capsys, caller, clock):
    message = services.enqueue(template="revoked", data={"name": "Marie", "at": caller.at}, caller=caller,
                               to=Recipient(postal=POSTAL))
    carrying.deliver(caller)
    (manifest, _), = gateway.printer.pick_up(gateway.spool).values()
    clock.advance(days=3)
    assert paraph(capsys, "receipts") == (0, "Every letter was posted.\n")
    clock.advance(microseconds=1)
    row, = json.loads(paraph(capsys, "receipts", "--json")[1])
    assert (row["message"], row["said"]) == (str(message.id), "nothing")
    gateway.printer.receipt(gateway.spool, manifest)
    assert carrying.take_receipts(caller) == 1 and not Alarm.objects.exists()
    assert paraph(capsys, "receipts") == (0, "Every letter was posted.\n")
    gateway.printer.receipt(gateway.spool, manifest, "returned")
    carrying.take_receipts(caller)
    assert Alarm.objects.get().code == "letter_returned"
    assert json.loads(paraph(capsys, "receipts", "--json")[1])[0]["said"] == "returned"


@pytest.mark.parametrize(("reason", "words"), [
    ("sms_http_401", "secret"), ("sms_http_302", "address"), ("sms_http_418", "fault of its own"), ("sms_ReadTimeout", "reached"),
    ("smtp_535", "password"), ("smtp_550", "never"), ("smtp_451", "now"), ("SSLCertVerificationError", "certificate"),
    ("ConnectionRefusedError", "relay can't"), ("letter_FileNotFoundError", "folder")])
def test_each_reason_has_its_sentence(reason, words):
    assert words in channels.meaning(reason)


def test_every_alarm_of_carriers_has_its_words():
    for code in (*carrying.LETTER_ALARMS.values(), "messages_stuck"):
        assert re.search(r"\w", str(wording.ALARMS[code])) and code in wording.NEXT


def test_a_refusal_of_one_channel_keeps_no_other_waiting(gateway, caller):
    class Refusing:
        keeps_codes = False

        def send(self, message):
            raise Refused("smtp_550")

    bound.bind({"mail": Refusing()})
    services.enqueue(template="revoked", data={"name": "M", "at": caller.at}, caller=caller, to=Recipient(email="a@b.c"))
    assert carrying.deliver(caller) == 0
    assert Alarm.objects.get().about == "mail"
