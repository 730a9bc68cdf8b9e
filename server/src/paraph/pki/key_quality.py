# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a public key that has the right kind and size: keys that others can compute the private half of.

EN 319 411-1 clause 6.3.1 and the Baseline Requirements 6.1.1.3 demand that such keys are refused at request. Each check
costs well under a millisecond for RSA-4096.
"""

from math import gcd, isqrt, prod

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

SMALL_FACTOR = "small_factor"
CLOSE_PRIMES = "close_primes"
ROCA = "roca"
EXPONENT = "exponent"

# How many steps of Fermat's method are tried: it finds primes whose difference is below about 2^(bits/4 + 5) (CVE-2022-26320).
_FERMAT_STEPS = 100
_BOUND = 1 << 16


def _primes(bound: int) -> list[int]:
    sieve = bytearray([1]) * bound
    sieve[0:2] = b"\x00\x00"
    for number in range(2, isqrt(bound) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, bound, number)))
    return [number for number in range(bound) if sieve[number]]


_PRIMES = _primes(_BOUND)
_PRODUCT = prod(_PRIMES)


def _powers(prime: int) -> frozenset[int]:
    """The subgroup that 65537 generates modulo a prime."""
    value, found = 1, set()
    while value not in found:
        found.add(value)
        value = value * 65537 % prime
    return frozenset(found)


# Infineon's library made primes of the form k·M + (65537^a mod M): modulo each prime of M such a modulus is a power of 65537
# (CVE-2017-15361). Primes whose subgroup is everything tell nothing.
_FINGERPRINT = [(prime, powers) for prime in _PRIMES[1:39] if len(powers := _powers(prime)) < prime - 1]


def weaknesses(public_key_der: bytes) -> list[str]:
    """Codes of what is wrong with a key that `keys.algorithm_of` accepted; empty when nothing is known against it."""
    key = load_der_public_key(public_key_der)
    if not isinstance(key, rsa.RSAPublicKey):
        # A point of a prime-order curve was checked to lie on it when it was read: there is no weaker one.
        return []
    numbers = key.public_numbers()
    found = []
    if numbers.e % 2 == 0:
        found.append(EXPONENT)
    if gcd(numbers.n, _PRODUCT) != 1:
        found.append(SMALL_FACTOR)
    if all(numbers.n % prime in powers for prime, powers in _FINGERPRINT):
        found.append(ROCA)
    if _has_close_primes(numbers.n):
        found.append(CLOSE_PRIMES)
    return found


def _has_close_primes(modulus: int) -> bool:
    """Fermat: modulus = a² − b² with a small b."""
    a = isqrt(modulus - 1) + 1
    for _step in range(_FERMAT_STEPS):
        square = a * a - modulus
        if isqrt(square) ** 2 == square:
            return True
        a += 1
    return False
