# SPDX-License-Identifier: Apache-2.0
"""The key containers with which python-pskc tests itself (python-pskc/ORIGIN.md): figures of RFC 6030, sample files of
makers, and wrong ones. What we take, it reads the same; what we do not take is named here with the reason."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pskc import PSKC

from paraph.pki import pskc

FILES = Path(__file__).with_name("python-pskc")
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
pytestmark = pytest.mark.requirement("RFC 6030")
SHORT, LONG = bytes.fromhex("12345678901234567890123456789012"), bytes.fromhex("1234567890" * 6 + "1234")
# The key that its tests give for each file; a folder's files have the folder's.
KEYS = {
    "encryption/": SHORT, "encryption/aes256-cbc.pskcxml": LONG, "rfc6030/figure6.pskcxml": SHORT,
    "rfc6030/figure7.pskcxml": "qwerty", "invalid/incomplete-derivation.pskcxml": "qwerty", "invalid/mac-": SHORT,
    "invalid/missing-": SHORT, "invalid/no-mac": SHORT, "nagraid/": bytes.fromhex("4A057F6AB6FCB57AB5408E46A9835E68"),
    "multiotp/": SHORT, "multiotp/pskc-hotp-pbe": "qwerty", "multiotp/pskc-totp-pbe": "qwerty",
    "multiotp/tokens_hotp_pbe": "qwerty", "multiotp/tokens_ocra_pbe": "qwerty", "multiotp/tokens_totp_pbe": "qwerty",
    "misc/SampleFullyQualifiedNS.xml": "3FCA3158035072D6"}
GOOD = {
    "feitian/file1.pskcxml", "multiotp/pskc-hotp-aes.txt", "multiotp/pskc-hotp-pbe.txt", "multiotp/pskc-totp-pbe.txt",
    "multiotp/tokens_hotp_pbe.pskc", "multiotp/tokens_ocra_pbe.pskc", "multiotp/tokens_totp_pbe.pskc",
    "nagraid/file1.pskcxml", *(f"rfc6030/figure{number}.pskcxml" for number in (3, 6, 7, 9))}
# Of the file as a whole, and of its keys. A folder's name stands for all its files that are not named.
REFUSED = {
    "not_xml": ["invalid/notxml.pskcxml"],
    # Drafts before the standard, another namespace, another version.
    "not_pskc": ["actividentity/", "draft-hoyer", "draft-ietf-keyprov-pskc-02/figure7", "draft-ietf-keyprov-pskc-02/figure8",
                 "draft-ietf-keyprov-pskc-02/figure9", "invalid/wrong"],
    "unknown_element": ["draft-ietf-keyprov-pskc-02/"],
    # Section 6.2 demands a MAC on what is encrypted by a mode that does not check itself; we demand it always.
    "no_mac_method": ["encryption/kw-", "invalid/missing-encryption.", "invalid/no-mac-method", "invalid/unknown-encryption",
                      "misc/integers", "rfc6030/figure8"],
    "unknown_mac": ["encryption/no-mac-key", "invalid/mac-algorithm"],
    "unknown_cipher": ["encryption/aes192", "encryption/camellia", "encryption/tripledes", "invalid/missing-encryption-method"],
    "malformed": ["invalid/incomplete-derivation"],
}
PROBLEMS = {
    "wrong_mac": ["invalid/mac-value"],
    "no_serial": ["encryption/", "invalid/not-", "misc/", "rfc6030/figure2"],
    "no_secret": ["rfc6030/figure4"],
    "unknown_algorithm": ["multiotp/tokens_ocra_aes", "rfc6030/figure5", "yubico/"],
    # No Token of ours computes with SHA-256 or SHA-512.
    "unsupported_suite": ["misc/SampleFullyQualifiedNS", "multiotp/pskc-totp-aes", "multiotp/tokens_hotp_aes",
                          "multiotp/tokens_totp_aes"],
    "expired": ["feitian/20120919", "rfc6030/figure10"],
}
NAMES = sorted(str(path.relative_to(FILES)) for path in FILES.rglob("*") if path.is_file() and path.parent != FILES)


def longest(name: str, table: dict):
    fitting = [prefix for prefix in table if name.startswith(prefix)]
    return table[max(fitting, key=len)] if fitting else None


def given(name: str) -> dict:
    key = longest(name, KEYS)
    return {"plain_allowed": True} if key is None else {"password": key} if isinstance(key, str) else {"pre_shared_key": key}


def verdict(name: str) -> str:
    if name in GOOD:
        return "good"
    reasons = {prefix: reason for table in (REFUSED, PROBLEMS) for reason, prefixes in table.items() for prefix in prefixes}
    return longest(name, reasons)


def judged(name: str, at: datetime = AT) -> pskc.Report:
    return pskc.read((FILES / name).read_bytes(), at=at, **given(name))


def judge_of(name: str) -> PSKC:
    judge, key = PSKC(io.BytesIO((FILES / name).read_bytes())), longest(name, KEYS)
    if isinstance(key, str):
        judge.encryption.derive_key(key)
    elif key is not None:
        judge.encryption.key = key
    return judge


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_taken_or_refused_for_its_reason(name):
    expected = verdict(name)
    if expected in REFUSED:
        with pytest.raises(pskc.Refused, match=f"^{expected}$"):
            judged(name)
        return
    report = judged(name)
    assert report.good == (expected == "good")
    assert expected == "good" or expected in {entry.problem for entry in report.entries}


@pytest.mark.parametrize(("name", "at"), [
    *((name, AT) for name in sorted(GOOD)), ("feitian/20120919-test001-4282.xml", datetime(2013, 1, 1, tzinfo=UTC))])
def test_what_is_taken_python_pskc_reads_the_same(name, at):
    judge = {(key.serial, bytes(key.secret), key.response_length, key.counter or 0, key.time_interval)
             for key in judge_of(name).keys}
    report = judged(name, at)
    assert report.good and judge == {
        (key.serial, key.secret, key.digits, key.counter, key.step_seconds) for key in report.keys}


def test_every_file_is_judged():
    assert len(NAMES) > 70 and len(GOOD & set(NAMES)) == len(GOOD)
