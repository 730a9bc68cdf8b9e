# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.kernel import sealing, secrets


@pytest.fixture
def ring():
    before = sealing.ring()
    fresh = sealing.KeyRing.fresh()
    sealing.use(fresh)
    yield fresh
    sealing.use(before)


def test_an_envelope_opens_only_in_its_own_context(ring):
    envelope = sealing.seal(b"Marie", b"accounts_person.name")
    assert sealing.unseal(envelope, b"accounts_person.name") == b"Marie"
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(envelope, b"accounts_person.other")


@pytest.mark.parametrize("position", [0, 1, 6, 20, -1])
def test_a_changed_byte_is_seen(ring, position):
    envelope = bytearray(sealing.seal(b"Marie", b"x"))
    envelope[position] ^= 1
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(bytes(envelope), b"x")


def test_rotation_keeps_old_envelopes_and_indexes(ring):
    envelope, index = sealing.seal(b"Marie", b"x"), sealing.blind_index("Marie", "x")
    newer = sealing.KeyRing.fresh()
    sealing.use(sealing.KeyRing(keys={**ring.keys, **newer.keys}, current=newer.current))
    assert sealing.unseal(envelope, b"x") == b"Marie"
    assert sealing.blind_index("Marie", "x") == index
    assert sealing.seal(b"Marie", b"x")[1:5].hex() == newer.current
    again = sealing.KeyRing.parse(sealing.ring().serialise())
    assert again == sealing.ring()


def test_a_blind_index_differs_by_context(ring):
    assert sealing.blind_index("Marie", "a") != sealing.blind_index("Marie", "b")


@pytest.mark.requirement("R293", part="later: the other personal data")
def test_a_hash_of_one_kind_never_matches_another():
    stored = secrets.hash_secret("Abc123", "password")
    assert secrets.verify_secret("Abc123", stored, "password")
    assert not secrets.verify_secret("Abc124", stored, "password")
    assert not secrets.verify_secret("Abc123", stored, "challenge")
    assert "Abc123" not in stored


def test_a_hash_under_an_unknown_pepper_does_not_verify():
    stored = secrets.hash_secret("Abc123", "password")
    assert not secrets.verify_secret("Abc123", "00000000" + stored[8:], "password")
