# SPDX-License-Identifier: Apache-2.0
"""What of a delivery is a fault, at the last good and the first bad of each measure."""

import pytest

from paraph.domain.devices.models import Device
from paraph.domain.devices.services import BadStock, ScanKey, TokenSeed, check_stock, import_stock
from paraph.signer import client

pytestmark = pytest.mark.django_db
SEED = bytes(range(20))


def token(serial="T-1", seed=SEED, **given):
    return TokenSeed(serial=serial, seed=seed, **given)


@pytest.mark.parametrize(("good", "bad", "code"), [
    (token(seed=bytes(16)), token(seed=bytes(15)), "bad_secret"),
    (token(seed=bytes(64)), token(seed=bytes(65)), "bad_secret"),
    (token(step_seconds=10), token(step_seconds=9), "bad_step"),
    (token(step_seconds=300), token(step_seconds=301), "bad_step"),
    (token(digits=6), token(digits=5), "bad_digits"), (token(digits=6), token(digits=7), "bad_digits"),
    (token(method="hotp"), token(method="hotp2"), "bad_method"),
    (token(serial="T" * 40), token(serial="T" * 41), "bad_serial"), (token(serial="T"), token(serial=""), "bad_serial"),
    (token(serial=" t-1\n"), token(serial="t 1"), "bad_serial"), (token(serial="T~!"), token(serial="Té"), "bad_serial"),
    (token(serial="T-1"), token(serial="T\x001"), "bad_serial"),
])
def test_each_measure_of_a_token(good, bad, code):
    assert check_stock(tokens=[good]) == []
    assert [(fault.number, fault.code) for fault in check_stock(tokens=[good, bad]) if fault.number == 2
            and fault.code not in ("serial_twice", "secret_twice")] == [(2, code)]


def test_a_scans_key_has_32_octets():
    given = [ScanKey(serial=f"S-{octets}", factory_key=bytes([octets]) * octets) for octets in (31, 32, 33)]
    assert [(fault.serial, fault.code) for fault in check_stock(scans=given)] == [("S-31", "bad_secret"), ("S-33", "bad_secret")]


def test_every_fault_of_a_delivery_is_told_and_nothing_is_taken(signer, system):
    """Serial numbers count as written in capitals, and a secret is one whatever kind of device has it."""
    tokens = [token("T-1"), token("t-1", bytes(20)), token("T-3", bytes(32)), token("T-4", b"x" * 20)]
    scans = [ScanKey(serial="S-1", factory_key=bytes(32))]
    found = [(1, "T-1", "serial_twice"), (2, "T-1", "serial_twice"), (3, "T-3", "secret_twice"), (5, "S-1", "secret_twice")]
    assert [(fault.number, fault.serial, fault.code) for fault in check_stock(tokens=tokens, scans=scans)] == found
    with pytest.raises(BadStock) as refused:
        import_stock(tokens=tokens, scans=scans, signer=client.bound(), caller=system)
    assert len(refused.value.faults) == len(found)
    assert not Device.objects.exists() and not signer.token_exists("T-4")
    import_stock(tokens=tokens[3:], scans=scans, signer=client.bound(), caller=system)
    assert sorted(Device.objects.values_list("serial", "state")) == [("S-1", "in_stock"), ("T-4", "in_stock")]
