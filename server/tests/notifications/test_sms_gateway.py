# SPDX-License-Identifier: Apache-2.0
"""SMS by HTTP against a real server on a socket of this machine: what arrives, what a failure is called, what never leaks."""

import base64
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from paraph.domain.notifications.channels import NotCarried, Outgoing, Refused, Unreachable
from paraph.domain.notifications.channels import sms_gateway as carrier
from paraph.domain.notifications.channels.sms_gateway import SMSGateway
from testkit import loopback
from testkit.gateway import Answer, Gateway

TEXT = "Paraph UserID K7M2QXRT / Challenge 493817 « {secret} »"
MESSAGE = Outgoing(id="01a2102c-1353-7c87-90b2-32a395ece644", channel="sms", address="+352621123456", language="fr", subject="",
                   text=TEXT, html="", at=datetime(2026, 11, 24, 9, tzinfo=UTC), secret=True)
SECRET = "s3cr3t-of-the-gateway"
BODY = {"messages": [{"to": "{number}", "from": "Paraph", "text": "{text}", "reference": "{id}", "ttl": 600}]}
TABLE = {"headers": {"Authorization": "Bearer {secret}"}, "body": BODY, "reference": "messages.0.id", "timeout_seconds": 2}


def described(gateway, secret=SECRET, **changes):
    return SMSGateway.described({"url": gateway.url, **TABLE, **changes}, secret=secret)


def test_json_arrives_as_the_profile_describes_it(gateway):
    assert described(gateway).send(MESSAGE) == "sms-1"
    assert gateway.json() == {"messages": [{
        "to": "+352621123456", "from": "Paraph", "text": TEXT, "reference": MESSAGE.id, "ttl": 600}]}
    headers, _ = gateway.asked[0]
    assert headers["Authorization"] == f"Bearer {SECRET}" and headers["Idempotency-Key"] == MESSAGE.id
    assert headers["Content-Type"] == "application/json"


def test_a_form_arrives_with_its_own_names_and_http_basic(gateway):
    described(gateway, format="form", user="paraph", headers={"Authorization": "Basic {basic}", "idempotency-key": "p-{id}"},
              body={"msisdn": "{digits}", "message": "{text}", "lang": "{language}", "key": "{secret}"}).send(MESSAGE)
    assert gateway.form() == {"msisdn": ["352621123456"], "message": [TEXT], "lang": ["fr"], "key": [SECRET]}
    headers, _ = gateway.asked[0]
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == f"paraph:{SECRET}"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert list(gateway.sent) == [f"p-{MESSAGE.id}"], "one key, the operator's"


@pytest.mark.parametrize(("status", "kind", "after"), [
    (200, None, 0), (202, None, 0), (204, None, 0), (400, Refused, 0), (410, Refused, 0), (413, Refused, 0), (422, Refused, 0),
    (401, Unreachable, 0), (403, Unreachable, 0), (404, Unreachable, 0), (302, Unreachable, 0), (409, NotCarried, 0),
    (429, NotCarried, 90), (500, NotCarried, 0), (503, NotCarried, 90)])
def test_a_refusal_is_told_from_a_failure(gateway, status, kind, after):
    headers = {"Retry-After": str(after)} if after else {}
    gateway.answer = Answer(status=status, body=b"{}", headers=headers | ({"Location": gateway.url} if status == 302 else {}))
    if kind is None:
        assert described(gateway).send(MESSAGE) == ""
        return
    with pytest.raises(NotCarried) as failure:
        described(gateway).send(MESSAGE)
    assert type(failure.value) is kind and failure.value.reason == f"sms_http_{status}"
    assert failure.value.after == timedelta(seconds=after)
    assert len(gateway.asked) == 1, "nothing is followed or repeated here"


@pytest.mark.parametrize(("header", "seconds"), [
    ("21600", 21600), ("21601", 21600), ("-5", 0), ("1e9", 0), ("Wed, 25 Nov 2026 10:00:00 GMT", 0), ("٣", 0), ("1" * 30, 0)])
def test_a_wanted_pause_is_at_most_six_hours(header, seconds):
    assert carrier._pause(header) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("body", "kind", "reason"), [
    (b'{"messages": [{"id": "a", "status": "queued"}]}', None, ""),
    (b'{"messages": [{"id": "a", "status": "invalid-number"}]}', Refused, "sms_refused"),
    (b'{"messages": [{"id": "a", "status": "later"}]}', NotCarried, "sms_not_accepted"),
    (b'{"messages": []}', NotCarried, "sms_not_accepted"), (b"<html>", NotCarried, "sms_not_accepted"),
    (b"[" * 60000, NotCarried, "sms_not_accepted"), (b"", NotCarried, "sms_not_accepted")])
def test_a_gateway_that_always_says_200_is_read(gateway, body, kind, reason):
    gateway.answer = Answer(status=200, body=body)
    channel = described(gateway, status="messages.0.status", accepted=["queued"], refused=["invalid-number"])
    if kind is None:
        assert channel.send(MESSAGE) == "a"
        return
    with pytest.raises(NotCarried) as failure:
        channel.send(MESSAGE)
    assert (type(failure.value), failure.value.reason) == (kind, reason)


@pytest.mark.parametrize("name", ['"a b"', '"<script>"', '"' + "x" * 121 + '"', "null", "true1", '{"a": 1}'])
def test_a_reference_that_is_none_is_left_out(gateway, name):
    gateway.answer = Answer(body=f'{{"messages": [{{"id": {name}}}]}}'.encode())
    assert described(gateway).send(MESSAGE) == ""


@pytest.mark.parametrize("answer", [
    Answer(silent=30), Answer(drip=0.2, body=b"x" * 1000), Answer(status=200, headers={"Content-Length": "999"})])
def test_no_gateway_holds_us_longer_than_its_time(gateway, answer):
    gateway.answer = answer
    began = time.monotonic()
    with pytest.raises(Unreachable) as failure:
        described(gateway, timeout_seconds=1).send(MESSAGE)
    assert time.monotonic() - began < 15, "each of these gateways would hold us for half a minute or more"
    assert failure.value.reason in ("sms_timeout", "sms_RemoteProtocolError")


def test_an_endless_answer_is_read_to_its_bound(gateway):
    gateway.answer = Answer(status=200, body=b"x" * 5_000_000)
    assert described(gateway).send(MESSAGE) == ""


def test_what_went_wrong_on_the_way_is_a_reason_to_ask_again_with_the_same_key(gateway):
    gateway.answer = Answer(cut=True)
    with pytest.raises(Unreachable, match="sms_RemoteProtocolError"):
        described(gateway).send(MESSAGE)
    gateway.answer = Answer()
    for _ in range(2):
        described(gateway).send(MESSAGE)
    assert {headers["Idempotency-Key"] for headers, _ in gateway.asked} == {MESSAGE.id} and len(gateway.sent) == 1


def test_a_gateway_that_is_away():
    with Gateway() as closed:
        url = closed.url
    with pytest.raises(Unreachable, match="sms_ConnectError"):
        SMSGateway.described({"url": url, **TABLE}, secret=SECRET).send(MESSAGE)


def test_neither_codes_nor_secret_stand_in_errors_logs_or_descriptions(gateway, caplog):
    caplog.set_level(logging.DEBUG)
    gateway.answer = Answer(status=400, body=f"{MESSAGE.address} {TEXT} {SECRET}".encode())
    channel, said = described(gateway), []
    for answer in (gateway.answer, Answer(cut=True), Answer(status=500)):
        gateway.answer = answer
        with pytest.raises(NotCarried) as failure:
            channel.send(MESSAGE)
        error = failure.value
        said += [str(error), repr(error), error.reason, repr(error.__cause__)]
        assert error.__context__ is None or error.__suppress_context__
    said += [repr(channel), caplog.text]
    for private in ("493817", "K7M2QXRT", "621123456", SECRET):
        assert private not in " ".join(said)


def test_https_is_demanded_elsewhere_and_its_certificate_is_checked(tmp_path, monkeypatch):
    chain = loopback.certificate(tmp_path)
    with Gateway(certificate=chain) as gateway:
        with pytest.raises(Unreachable, match="sms_ConnectError"):
            described(gateway).send(MESSAGE)
        assert not gateway.asked
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        assert described(gateway).send(MESSAGE) == "sms-1"
        elsewhere = replace(described(gateway), url=gateway.url.replace("localhost", "127.0.0.1"))
        with pytest.raises(Unreachable, match="sms_ConnectError"):
            elsewhere.send(MESSAGE)


@pytest.mark.parametrize(("changes", "why"), [
    ({"url": "http://gateway.example/"}, "https"), ({"url": "https://a:b@gateway.example/"}, "https"), ({"url": ""}, "https"),
    ({"url": "https:///x"}, "https"), ({"url": "file:///etc/passwd"}, "https"), ({"format": "xml"}, "json or form"),
    ({"body": {"to": "{number}"}}, "text"), ({"body": {"text": "{text}"}}, "number"), ({"body": "x"}, "tables"),
    ({"body": {"to": "{number}", "text": "{text} {password}"}}, "places"), ({"headers": {"X": "{text}"}}, "places"),
    ({"headers": {"X": "a\r\nY: b"}}, "header"), ({"headers": {"X Y": "a"}}, "header"), ({"format": "form"}, "texts"),
    ({"timeout_seconds": 0.9}, "timeout"), ({"timeout_seconds": 30.1}, "timeout"), ({"accepted": ["x"]}, "status"),
    ({"method": "GET"}, "unknown entries")])
def test_what_a_profile_must_not_say_is_refused_with_its_reason(changes, why):
    table = {"url": "https://gateway.example/", **TABLE}
    SMSGateway.described({**table, "timeout_seconds": 30}, secret=SECRET)
    with pytest.raises(ValueError, match=why):
        SMSGateway.described({**table, **changes}, secret=SECRET)


def test_a_secret_that_is_named_must_be_there():
    with pytest.raises(ValueError, match="PARAPH_SMS_SECRET"):
        SMSGateway.described({"url": "https://gateway.example/", **TABLE}, secret="")
