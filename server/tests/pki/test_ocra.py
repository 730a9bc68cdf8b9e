# SPDX-License-Identifier: Apache-2.0
"""RFC 6287 (OCRA): the vectors of its appendix C, and an outside implementation as judge."""

import hashlib

import oath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.pki import ocra

KEY_20 = b"12345678901234567890"
KEY_32 = b"12345678901234567890123456789012"
KEY_64 = b"1234567890123456789012345678901234567890123456789012345678901234"
APPENDIX_C_MINUTE = 0x132D0B6

pytestmark = pytest.mark.requirement("RFC 6287")


def numbered(codes):
    return list(enumerate(codes.split()))


def shown(key, suite, question, **given):
    return ocra.code(key, ocra.suite(suite), question, **given)


# C.1, one-way challenge response -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("digit", "code"), numbered(
    "237653 243178 653583 740991 608993 388898 816933 224598 750600 294470"))
def test_sha1_6_digits_and_a_number(digit, code):
    assert shown(KEY_20, "OCRA-1:HOTP-SHA1-6:QN08", str(digit) * 8) == code


@pytest.mark.parametrize(("counter", "code"), numbered(
    "65347737 86775851 78192410 71565254 10104329 65983500 70069104 91771096 75011558 08522129"))
def test_sha256_with_counter_and_pin(counter, code):
    assert shown(KEY_32, "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", "12345678", counter=counter, pin="1234") == code


@pytest.mark.parametrize(("digit", "code"), numbered("83238735 01501458 17957585 86776967 86807031"))
def test_sha256_with_pin(digit, code):
    assert shown(KEY_32, "OCRA-1:HOTP-SHA256-8:QN08-PSHA1", str(digit) * 8, pin="1234") == code


@pytest.mark.parametrize(("digit", "code"), numbered(
    "07016083 63947962 70123924 25341727 33203315 34205738 44343969 51946085 20403879 31409299"))
def test_sha512_with_counter(digit, code):
    assert shown(KEY_64, "OCRA-1:HOTP-SHA512-8:C-QN08", str(digit) * 8, counter=digit) == code


@pytest.mark.parametrize(("digit", "code"), numbered("95209754 55907591 22048402 24218844 36209546"))
def test_sha512_with_time(digit, code):
    assert shown(KEY_64, "OCRA-1:HOTP-SHA512-8:QN08-T1M", str(digit) * 8, step=APPENDIX_C_MINUTE) == code


# C.2, mutual ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("digit", "code"), numbered("28247970 01984843 65387857 03351211 83412541"))
def test_the_servers_half_of_a_mutual_challenge(digit, code):
    assert shown(KEY_32, "OCRA-1:HOTP-SHA256-8:QA08", f"CLI2222{digit}SRV1111{digit}") == code


@pytest.mark.parametrize(("digit", "code"), numbered("15510767 90175646 33777207 95285278 28934924"))
def test_the_clients_half_of_a_mutual_challenge(digit, code):
    assert shown(KEY_32, "OCRA-1:HOTP-SHA256-8:QA08", f"SRV1111{digit}CLI2222{digit}") == code


# C.3, plain signature -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("digit", "code"), numbered("53095496 04110475 31331128 76028668 46554205"))
def test_a_signature(digit, code):
    assert shown(KEY_32, "OCRA-1:HOTP-SHA256-8:QA08", f"SIG1{digit}000") == code


@pytest.mark.parametrize(("digit", "code"), numbered("77537423 31970405 10235557 95213541 65360607"))
def test_a_signature_with_time(digit, code):
    assert shown(KEY_64, "OCRA-1:HOTP-SHA512-8:QA10-T1M", f"SIG1{digit}00000", step=APPENDIX_C_MINUTE) == code


# judged ---------------------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(transaction=st.binary(max_size=200), digits=st.integers(4, 10), key=st.binary(min_size=16, max_size=64))
def test_the_library_oath_shows_the_same_code_over_a_hash(transaction, digits, key):
    question = hashlib.sha256(transaction).hexdigest()
    suite = f"OCRA-1:HOTP-SHA256-{digits}:QH64"
    assert shown(key, suite, question) == oath.OCRAChallengeResponseClient(key, suite).compute_response(question)


@pytest.mark.parametrize("text", [
    "", "OCRA-2:HOTP-SHA256-8:QH64", "OCRA-1:HOTP-MD5-8:QH64", "OCRA-1:HOTP-SHA256-0:QH64", "OCRA-1:HOTP-SHA256-11:QH64",
    "OCRA-1:HOTP-SHA256-8:QH65", "OCRA-1:HOTP-SHA256-8:QH03", "OCRA-1:HOTP-SHA256-8:QX08", "OCRA-1:HOTP-SHA256-8:QH64-",
    "OCRA-1:HOTP-SHA256-8:QH64-T0S", "OCRA-1:HOTP-SHA256-8:QH64-T60M", "OCRA-1:HOTP-SHA256-8:QH64-T49H",
    "OCRA-1:HOTP-SHA256-8:QH64-S513", "ocra-1:hotp-sha256-8:qh64", "OCRA-1:HOTP-SHA256-8:QH64\n",
])
def test_what_is_no_suite_is_refused(text):
    with pytest.raises(ValueError, match="suite"):
        ocra.suite(text)


def test_exactly_what_the_suite_names_is_taken():
    bare, full = "OCRA-1:HOTP-SHA256-8:QN08", "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA256-S064-T30S"
    everything = {"counter": 1, "pin": "1234", "session": b"s", "step": 7}
    assert len(shown(KEY_32, bare, "12345678")) == len(shown(KEY_32, full, "12345678", **everything)) == 8
    for name, value in everything.items():
        with pytest.raises(ValueError, match=name):
            shown(KEY_32, bare, "12345678", **{name: value})
        with pytest.raises(ValueError, match=name):
            shown(KEY_32, full, "12345678", **{other: it for other, it in everything.items() if other != name})
    for question in ("123", "1234567A", "1" * 17, "١٢٣٤"):
        with pytest.raises(ValueError, match="question"):
            shown(KEY_32, bare, question)
    with pytest.raises(ValueError, match="octets"):
        shown(b"short", bare, "12345678")
