# SPDX-License-Identifier: Apache-2.0
"""Keys whose private half others can compute are found; good ones are not."""

from functools import cache
from math import prod

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from paraph.pki import key_quality, keys
from paraph.pki.keys import SoftwareKey

pytestmark = pytest.mark.requirement("CA/Browser Forum BR 6.1.1.3")


@cache
def good():
    return rsa.generate_private_key(public_exponent=65537, key_size=3072).private_numbers()


def encoded(n, e=65537):
    return rsa.RSAPublicNumbers(e, n).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def next_prime(number):
    number |= 1
    while pow(2, number - 1, number) != 1:
        number += 2
    return number


def infineon_prime(bits, factor):
    """A prime as the faulty library made it: k·M + (65537^a mod M)."""
    small = [p for p in range(3, 168) if all(p % q for q in range(2, int(p**0.5) + 1))]
    modulus = prod(small) * 2
    k = (1 << bits) // modulus + factor
    while True:
        candidate = k * modulus + pow(65537, factor, modulus)
        if pow(2, candidate - 1, candidate) == 1:
            return candidate
        k += 1


@pytest.mark.parametrize("algorithm", ["P-256", "P-384"])
def test_a_good_curve_key_passes(algorithm):
    assert key_quality.weaknesses(SoftwareKey.generate(algorithm).public_key_der) == []


def test_a_good_rsa_key_passes():
    public = encoded(good().public_numbers.n)
    assert keys.algorithm_of(public) == "RSA-3072" and key_quality.weaknesses(public) == []


def test_the_infineon_fault_is_recognised():
    p, q = infineon_prime(1535, 11), infineon_prime(1536, 77)
    assert key_quality.weaknesses(encoded(p * q)) == [key_quality.ROCA]
    assert key_quality.weaknesses(encoded(p * good().q)) == []


def test_primes_that_lie_close_are_found():
    p = good().p
    q = next_prime(p + (1 << 100))
    assert key_quality.weaknesses(encoded(p * q)) == [key_quality.CLOSE_PRIMES]
    assert key_quality.weaknesses(encoded(p * p)) == [key_quality.CLOSE_PRIMES]


@pytest.mark.parametrize(("factor", "found"), [(65521, [key_quality.SMALL_FACTOR]), (65537, [])])
def test_the_largest_small_factor_and_the_next_prime(factor, found):
    assert key_quality.weaknesses(encoded(factor * good().p * good().q)) == found


@pytest.mark.parametrize("exponent", [3, 65535])
def test_a_small_exponent_is_no_key_of_ours(exponent):
    with pytest.raises(keys.UnsupportedKey):
        keys.algorithm_of(encoded(good().public_numbers.n, exponent))


@pytest.mark.parametrize("bits", [2048, 3071])
def test_another_size_is_no_key_of_ours(bits):
    n = good().public_numbers.n >> (3072 - bits)
    with pytest.raises(keys.UnsupportedKey):
        keys.algorithm_of(encoded(n | 1))
