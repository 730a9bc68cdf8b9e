# SPDX-License-Identifier: Apache-2.0
"""The Scan at the signer: keys that device and signer agree upon by two images, each good for 180 s, once."""

import pytest

from paraph.signer.client import Outcome, SignerRefusal
from testkit.simulators import scan as simulated

from .scanning import activated, scan_holder
from .test_sessions import refused


@pytest.fixture
def anna(signer):
    return activated(signer, "anna", "S-ANNA")


@pytest.fixture
def carl(signer):
    return scan_holder(signer, "carl", "S-CARL")


def test_an_activation_by_two_images(carl, signer):
    session = carl.open("activate")
    ten = carl.look(carl.opening(session))
    assert len(ten) == 10 and carl.device_code(session, ten) is Outcome.ACCEPTED
    assert not signer.device("S-CARL").ready and signer.device("S-CARL").holder is None
    eight = carl.look(carl.challenge(session, "Activer ce Scan"))
    assert len(eight) == 8 and carl.answer(session, eight) is Outcome.ACCEPTED
    assert signer.device("S-CARL").ready and signer.device("S-CARL").holder == "carl"
    carl.make_keys(session)
    use = carl.open("sign")
    assert carl.answer(use, carl.look(carl.challenge(use))) is Outcome.ACCEPTED


def test_nothing_is_skipped_in_an_activation(carl):
    session = carl.open("activate")
    with refused("not_activated"):
        carl.challenge(session)
    with refused("no_challenge"):
        carl.device_code(session, "0" * 10)
    ten = carl.look(carl.opening(session))
    with refused("not_activated"):
        carl.challenge(session)
    with refused("no_challenge"):
        carl.answer(session, "0" * 8)
    assert carl.device_code(session, ten) is Outcome.ACCEPTED
    assert carl.device_code(session, ten) is Outcome.WRONG
    with refused("not_authorised"):
        carl.make_keys(session)
    assert carl.answer(session, carl.look(carl.challenge(session))) is Outcome.ACCEPTED
    assert carl.make_keys(session)


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("seconds", "good"), [(180, True), (181, False)])
def test_each_image_of_an_activation_is_good_for_180_seconds(carl, clock, seconds, good):
    session = carl.open("activate")
    ten = carl.look(carl.opening(session))
    clock.advance(seconds=seconds)
    assert carl.device_code(session, ten) is (Outcome.ACCEPTED if good else Outcome.EXPIRED_SESSION)
    if not good:
        assert carl.device_code(session, carl.look(carl.opening(session))) is Outcome.ACCEPTED
    eight = carl.look(carl.challenge(session))
    clock.advance(seconds=seconds)
    assert carl.answer(session, eight) is (Outcome.ACCEPTED if good else Outcome.EXPIRED_SESSION)


def test_an_activation_ends_with_its_half_hour(carl, clock):
    session = carl.open("activate")
    assert carl.device_code(session, carl.look(carl.opening(session))) is Outcome.ACCEPTED
    clock.advance(minutes=30)
    eight = carl.look(carl.challenge(session))
    clock.advance(seconds=1)
    assert carl.answer(session, eight) is Outcome.EXPIRED_SESSION


def test_wrong_ten_digits_count_as_failures(carl):
    session = carl.open("activate")
    ten = carl.look(carl.opening(session))
    changed = [ten[:4] + f"{(int(ten[4:]) + 1) % 10**6:06d}", f"{(int(ten[:4]) + 1) % 10**4:04d}" + ten[4:], ten[:9],
               ten + "0", "", "abcdefghij", "1" * 9 + "٣"]
    for other in (*changed, *changed[:3]):
        assert carl.device_code(session, other) is Outcome.WRONG
    assert carl.device_code(session, ten) is Outcome.TOO_MANY


def test_a_recorded_activation_cannot_be_played_again(carl, signer):
    """Somebody films both images and shows them to the device later: it has drawn anew, so the second does not open."""
    session = carl.open("activate")
    first = carl.opening(session)
    assert carl.device_code(session, carl.look(first, draw="1111")) is Outcome.ACCEPTED
    second = carl.challenge(session)
    assert carl.answer(session, carl.look(second)) is Outcome.ACCEPTED
    in_use = carl.scan.keys
    carl.look(first, draw="2222")
    carl.scan.keys = ""  # even a device that has forgotten its keys
    with pytest.raises(simulated.NotForMe):
        carl.look(second)
    carl.scan.keys = in_use
    carl.make_keys(session)
    use = carl.open("sign")
    assert carl.answer(use, carl.look(carl.challenge(use))) is Outcome.ACCEPTED


def test_a_session_of_another_kind_activates_nothing(anna):
    for kind in ("login", "sign"):
        with refused("wrong_purpose"):
            anna.opening(anna.open(kind))


def test_the_holder_can_activate_his_device_again(anna):
    """Its memory was lost, or a renewal: new keys, and the old ones serve no more."""
    before = anna.scan.keys
    session = anna.open("activate")
    assert anna.both_images(session) is Outcome.ACCEPTED
    assert anna.scan.keys != before
    use = anna.open("sign")
    assert anna.answer(use, anna.look(anna.challenge(use))) is Outcome.ACCEPTED


def test_a_renewal_with_the_keys_in_use_needs_one_image(anna):
    before = anna.scan.keys
    session = anna.open("activate")
    assert anna.answer(session, anna.look(anna.challenge(session, "Renouveler"))) is Outcome.ACCEPTED
    assert anna.make_keys(session) and anna.scan.keys == before
    use = anna.open("sign")
    assert anna.answer(use, anna.look(anna.challenge(use))) is Outcome.ACCEPTED


def test_an_interrupted_activation_leaves_the_keys_in_use(anna):
    session = anna.open("activate")
    assert anna.device_code(session, anna.look(anna.opening(session))) is Outcome.ACCEPTED
    use = anna.open("sign")
    assert anna.answer(use, anna.look(anna.challenge(use))) is Outcome.ACCEPTED


def test_a_factory_key_has_32_octets(signer):
    for octets in (31, 33):
        with pytest.raises(SignerRefusal, match="bad_argument"):
            signer.import_scan(attempt=f"{octets}", serial="S-1", factory_key=bytes(octets))
