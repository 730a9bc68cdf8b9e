# SPDX-License-Identifier: Apache-2.0
"""Images of a Scan carried elsewhere: changed on their way, shown to another browser, shown too late."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from paraph.domain.authentication.models import Session
from paraph.pki import scan as protocol
from testkit import holders
from testkit.simulators.scan import NotForMe, look

DOOR = "/login/password?device=scan&next=/my/"
PAID = protocol.Statement(
    purpose=protocol.Purpose.SIGN, partner="Banque Exemple", digits=8, nonce=bytes(range(16)),
    text="Virement de 1\u202f250,00\u00a0€ à LU28 0019 4006 4475 0000", at=datetime(2026, 11, 24, 9, tzinfo=UTC),
    documents=(protocol.Document("virement.pdf", bytes(range(32))),))


class Browser(Client):
    """At the page of the code. `image` is what stands in its QR code."""

    def __init__(self, marie):
        super().__init__(HTTP_HOST="localhost")
        assert self.post(DOOR, {"user_id": marie.user_id, "password": holders.PASSWORD}).status_code == 302

    @property
    def image(self):
        return re.search(r"PARAPH:[^<]+", self.get("/login/code").content.decode())[0]

    def types(self, code):
        """302: in. A code that is not of this image ends the login, and the page says so."""
        answer = self.post("/login/code", {"code": code}, follow=True)
        return 302 if answer.redirect_chain[-1:] == [("/my/", 302)] else answer.status_code


@pytest.mark.requirement("R116", part="later: the app")
def test_every_other_digit_of_amount_and_iban_and_every_other_octet_makes_another_code():
    """All else is equal, the nonce too, which no image ever repeats."""
    key = bytes(range(32))
    awaited = protocol.answer(key, PAID.encode(), PAID.digits)
    others = [PAID.text[:place] + digit + PAID.text[place + 1:] for place, sign in enumerate(PAID.text)
              if sign.isdigit() for digit in "0123456789" if digit != sign]
    assert len(others) == 9 * (6 + 18)
    codes = {protocol.answer(key, replace(PAID, text=text).encode(), PAID.digits) for text in others}
    assert awaited not in codes and len(codes) >= len(others) - 1, "that two of them agree is chance: one in 10^8 a pair"
    octets = PAID.encode()
    assert awaited not in {protocol.answer(key, octets[:place] + bytes([octets[place] ^ 1 << bit]) + octets[place + 1:], 8)
                           for place in range(len(octets)) for bit in range(8)}


@pytest.mark.requirement("R108")
def test_an_image_with_a_changed_octet_shows_nothing(marie, scan):
    browser = Browser(marie)
    payload = protocol.payload_of(browser.image)
    for place in range(len(payload)):
        changed = payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1:]
        with pytest.raises(NotForMe):
            look(scan, protocol.image_text(changed))
    assert browser.types(look(scan, protocol.image_text(payload)).code) == 302


@pytest.mark.requirement("R108")
def test_relayed_in_either_direction_an_image_opens_nobody_elses_browser(marie, scan):
    """The thief has her password. He shows her his image, or takes hers away: each code opens its own browser alone."""
    hers, his = Browser(marie), Browser(marie)
    assert hers.image != his.image
    code_of_his, code_of_hers = look(scan, his.image).code, look(scan, hers.image).code
    assert hers.types(code_of_his) == his.types(code_of_hers) == 200
    assert not Session.objects.exists()
    again = Browser(marie)
    assert again.types(look(scan, again.image).code) == 302
    assert Session.objects.count() == 1


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("late", "status"), [(0, 302), (0.000001, 200), (3, 200)])
def test_three_seconds_too_late_is_too_late(marie, scan, clock, late, status):
    """180 s from the image, however quickly it was relayed, looked at and typed then."""
    browser = Browser(marie)
    relayed = browser.image
    clock.advance(seconds=180 + late)
    assert browser.types(look(scan, relayed).code) == status
    assert Session.objects.count() == (1 if status == 302 else 0)


def test_a_relayed_image_is_worth_nothing_once_the_page_has_a_new_one(marie, scan, clock):
    browser = Browser(marie)
    relayed = browser.image
    clock.advance(seconds=183)
    browser.post("/login/image")
    assert look(scan, relayed).code != look(scan, browser.image).code
    assert browser.types(look(scan, relayed).code) == 200
    browser = Browser(marie)
    assert browser.types(look(scan, browser.image).code) == 302
