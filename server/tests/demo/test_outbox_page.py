# SPDX-License-Identifier: Apache-2.0
"""/outbox/: newest first, for people and programs, on this computer only."""

import pypdfium2
import pytest

from testkit import applications
from testkit.applications import Application

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.requirement("R018", "R091")
def test_a_program_reads_the_codes_as_their_receiver_would(client, prepared):
    messages = client.get("/outbox/?format=json").json()["messages"]
    assert [message["at"] for message in messages] == sorted((m["at"] for m in messages), reverse=True)
    [codes] = [message for message in messages if message["template"] == "codes"]
    assert codes["codes"] == prepared.codes and codes["channel"] == "sms" and codes["to"] == "+352621123456"
    assert all("codes" not in message for message in messages if message is not codes)
    page = client.get("/outbox/").content.decode()
    assert prepared.codes["initial_password"] in page and "/outbox/?" not in page


def test_the_letter_is_there_as_pdf(client, scene, clock):
    prepared = Application.prepared(scene, clock.now(), applicant=applications.applicant(mobile="", email=""))
    [letter] = [message for message in client.get("/outbox/?format=json").json()["messages"] if "codes" in message]
    response = client.get(letter["pdf"])
    assert response["Content-Type"] == "application/pdf"
    text = pypdfium2.PdfDocument(response.content)[0].get_textpage().get_text_range()
    assert prepared.codes["challenge"] in text and "2, rue du Fossé" in text


@pytest.mark.parametrize("elsewhere", [{"REMOTE_ADDR": "192.0.2.7"}, {"REMOTE_ADDR": "::ffff:192.0.2.7"},
                                       {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}])
def test_for_everybody_else_there_is_no_such_page(client, prepared, elsewhere):
    for address in ("/outbox/", "/outbox/?format=json", "/outbox/0199aaaa-0000-7000-8000-000000000000.pdf"):
        assert client.get(address, **elsewhere).status_code == 404


def test_outside_the_demonstration_it_shows_nothing(client, prepared, settings):
    settings.DEMO = False
    assert client.get("/outbox/").status_code == 404


def test_only_looking(client):
    assert client.post("/outbox/").status_code == 405


def test_what_is_no_letter_is_no_pdf(client, prepared):
    message = client.get("/outbox/?format=json").json()["messages"][0]
    assert client.get(f"/outbox/{message['id']}.pdf").status_code == 404
