# SPDX-License-Identifier: Apache-2.0
"""The two images of a staff Scan's first login, for a thief: of the password, of a browser, of an image, of a photograph."""

import pytest

from paraph.domain.devices import queries as devices
from paraph.domain.devices.models import Device, Joining
from paraph.domain.staff import services
from paraph.pki.scan import image_text
from testkit.races import at_once
from testkit.simulators.scan import NotForMe, SimulatedScan, look

from .test_pages import browser, text  # noqa: F401  (browser is a fixture)
from .test_scan import SERIAL, code, first_step, luc, scan  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor(luc, browser):  # noqa: F811
    """A browser in which Luc's password was right, and his Scan's first image stands."""
    visitor = browser()
    assert first_step(visitor, luc)["Location"] == "/login/scan"
    return visitor


def is_set_up(signer):
    return Device.objects.get(serial=SERIAL).state == "active" or signer.device(SERIAL).ready


@pytest.mark.parametrize("answered", [0, 1])
def test_a_member_who_is_suspended_meanwhile_sets_nothing_up(office, luc, scan, visitor, signer, answered):  # noqa: F811
    """His Scan was stolen with his password, and he has called."""
    for _ in range(answered):
        visitor.post("/login/scan", {"code": code(scan)})
    digits = code(scan)
    services.suspend(member_id=luc.id, caller=office.caller(office.anna))
    assert visitor.post("/login/scan/image")["Location"].startswith("/login/password?")
    first_step(visitor, luc)
    assert visitor.post("/login/scan", {"code": digits})["Location"] in ("/login/", "/login/code")
    assert not is_set_up(signer)


def test_suspended_while_the_last_digits_are_typed(office, luc, scan, visitor, signer):  # noqa: F811
    visitor.post("/login/scan", {"code": code(scan)})
    digits = code(scan)
    services.suspend(member_id=luc.id, caller=office.caller(office.anna))
    assert visitor.post("/login/scan", {"code": digits})["Location"].startswith("/login/password?")
    assert not is_set_up(signer)


def test_the_image_in_another_browser_is_nobodys(scan, visitor, browser, signer):  # noqa: F811
    """Photographed or relayed: whoever answers it elsewhere has begun nothing there."""
    digits = code(scan)
    for thief in (browser(), browser()):
        thief.get("/login/password?device=scan")
        for address in ("/login/scan", "/login/scan/image"):
            assert thief.post(address, {"code": digits})["Location"] == "/login/"
        assert thief.get("/login/scan")["Location"] == "/login/"
    assert visitor.post("/login/scan", {"code": digits})["Location"] == "/login/scan", "and nothing was used up"


def test_another_scan_reads_neither_image(scan, visitor):  # noqa: F811
    other = SimulatedScan(SERIAL, "ab" * 32)
    for _ in range(2):
        shown = image_text(bytes(Joining.objects.get().image))
        with pytest.raises(NotForMe):
            look(other, shown)
        visitor.post("/login/scan", {"code": code(scan)})


def test_looked_at_again_it_is_the_same_image_and_asked_anew_the_one_before_is_worth_nothing(scan, visitor):  # noqa: F811
    first = bytes(Joining.objects.get().image)
    for _ in range(3):
        assert image_text(first) in text(visitor.get("/login/scan"))
    visitor.post("/login/scan", {"code": code(scan)})
    old = code(scan)
    visitor.post("/login/scan/image")
    assert code(scan) != old
    assert visitor.post("/login/scan", {"code": old}).status_code == 422


def test_the_digits_of_one_image_are_nothing_at_the_other(scan, visitor, signer):  # noqa: F811
    digits = code(scan)
    assert visitor.post("/login/scan", {"code": digits[:8]}).status_code == 422
    visitor.post("/login/scan", {"code": digits})
    for wrong in (digits, digits[:8], digits[2:]):
        assert visitor.post("/login/scan", {"code": wrong}).status_code == 422
    assert not is_set_up(signer)


def test_what_is_set_up_is_not_set_up_again(office, luc, scan, visitor, signer):  # noqa: F811
    visitor.post("/login/scan", {"code": code(scan)})
    digits = code(scan)
    visitor.post("/login/scan", {"code": digits})
    assert is_set_up(signer)
    for address in ("/login/scan", "/login/scan/image"):
        assert visitor.post(address, {"code": digits})["Location"] == "/login/"
    assert visitor.get("/login/scan")["Location"] == "/login/"
    # The password alone shows no setting up any more, and its digits are none of a login.
    assert first_step(visitor, luc)["Location"] == "/login/code"
    assert visitor.post("/login/code", {"code": digits})["Location"].endswith("&refused=1")
    assert visitor.get("/helpdesk/").status_code == 302


def test_lost_before_it_was_set_up_it_never_is(office, luc, scan, visitor, signer):  # noqa: F811
    digits = code(scan)
    _, secret = office.renewal(luc, new="44-4444444-4")
    assert visitor.post("/login/scan", {"code": digits})["Location"].startswith("/login/password?"), "from the asking on"
    office.renew(secret)
    assert first_step(visitor, luc)["Location"] == "/login/code"
    assert devices.by_serial(SERIAL).state == "retired" and not is_set_up(signer)


def test_a_hundred_wrong_digits_stop_it(scan, visitor, signer, clock):  # noqa: F811
    """Ten in twelve hours: then the signer judges no more, right ones neither."""
    right = code(scan)
    wrong = f"{(int(right) + 1) % 10 ** 10:010d}"
    answers = [text(visitor.post("/login/scan", {"code": wrong})) for _ in range(11)]
    assert "bloqué pour plusieurs heures" in answers[-1]
    assert "bloqué pour plusieurs heures" in text(visitor.post("/login/scan", {"code": right}))
    assert not is_set_up(signer)


def test_sixteen_last_answers_set_it_up_once(office, luc, scan, visitor, signer):  # noqa: F811
    visitor.post("/login/scan", {"code": code(scan)})
    digits, held = code(scan), visitor.cookies

    def last(_):
        one = type(visitor)(HTTP_HOST="localhost", raise_request_exception=True)
        one.cookies = held
        return one.post("/login/scan", {"code": digits}).status_code

    answers = at_once(last)
    assert set(answers) <= {302, 409, 422} and is_set_up(signer)
    assert Joining.objects.filter(state="joined").count() == 1
