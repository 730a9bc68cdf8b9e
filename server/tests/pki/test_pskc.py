# SPDX-License-Identifier: Apache-2.0
"""Makers' files (RFC 6030): what is read, and everything that must not be."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from paraph.pki import pskc

from .pskc_writer import (
    HMAC_SHA256,
    PRE_SHARED,
    Vault,
    base64_of,
    container,
    encrypted,
    mac_method,
    package,
    password_based,
    plain,
)

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
SECRET = b"12345678901234567890"
KEY = bytes.fromhex("12345678901234567890123456789012")
pytestmark = pytest.mark.requirement("RFC 6030")


def read(document, **given):
    given = {"at": AT, "pre_shared_key": KEY, **given}
    return pskc.read(document, **given)


def problems(document, **given):
    report = read(document, **given)
    assert not report.good and report.keys == ()
    return [entry.problem for entry in report.entries]


@pytest.fixture
def vault():
    return Vault(KEY)


# --- figures of the RFC: their values, in files of our writer ---------------------------------------------------------

FIGURE_6 = container(
    PRE_SHARED, mac_method(encrypted("ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX")),
    package("987654321", f"<EncryptedValue>{encrypted('AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv')}"
            "</EncryptedValue><ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=</ValueMAC>", method="hotp", digits=8))


def test_figure_6_a_pre_shared_key():
    report = read(FIGURE_6)
    [key] = report.keys
    assert (key.serial, key.manufacturer, key.method, key.digits, key.secret, key.counter) == (
        "987654321", "Maker", "hotp", 8, SECRET, 0)
    [entry] = report.entries
    assert (entry.place, entry.serial, entry.method, entry.digits, entry.problem) == (1, "987654321", "hotp", 8, "")
    assert repr(SECRET) not in repr(report)


def figure_7(iterations=1000, length=16, salt="Ej7/PEpyEpw=", prf=""):
    return container(
        password_based(salt, iterations, length, prf),
        mac_method(encrypted("2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx")),
        package("987654321", f"<EncryptedValue>{encrypted('oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f')}"
                "</EncryptedValue><ValueMAC>LP6xMvjtypbfT9PdkJhBZ+D6O4w=</ValueMAC>", method="hotp", digits=8))


@pytest.mark.parametrize("prf", ["", "<PRF/>", '<PRF Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"/>'])
def test_figure_7_a_password(prf):
    [key] = read(figure_7(prf=prf), pre_shared_key=None, password="qwerty").keys
    assert key.secret == SECRET


def test_a_plain_file_is_read_only_where_that_was_allowed():
    document = container(package("987654321", plain(SECRET), method="hotp", digits=8))
    with pytest.raises(pskc.Refused, match="plain_not_allowed"):
        read(document)
    [key] = read(document, plain_allowed=True).keys
    assert key.secret == SECRET


# --- what else is read ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vault", [
    Vault(KEY), Vault(KEY, None), Vault(KEY, mac=HMAC_SHA256), Vault(KEY * 2), Vault(KEY * 2, None, HMAC_SHA256)])
def test_aes_128_and_256_with_both_macs(vault):
    document = vault.file(
        package("T-1", vault.value(SECRET)), package("T-2", vault.value(SECRET + b"2"), digits=8),
        package("T-3", vault.value(SECRET + b"3"), method="hotp", data=f"<Counter>{vault.value(bytes(7) + b'*')}</Counter>"),
        package("S-1", vault.value(bytes(range(32))), method="ocra", parameters="<Suite>OCRA-1:HOTP-SHA256-8:QH64</Suite>"))
    report = read(document, pre_shared_key=vault.key)
    assert [(key.serial, key.method, key.digits, key.step_seconds, key.counter, key.suite) for key in report.keys] == [
        ("T-1", "totp", 6, 30, 0, ""), ("T-2", "totp", 8, 30, 0, ""), ("T-3", "hotp", 6, None, 42, ""),
        ("S-1", "ocra", 8, None, 0, "OCRA-1:HOTP-SHA256-8:QH64")]
    assert [key.secret for key in report.keys] == [SECRET, SECRET + b"2", SECRET + b"3", bytes(range(32))]


def test_another_writing_of_the_same_file(vault):
    document = vault.file(package("T-1", vault.value(SECRET), more="<Extensions/>")).decode()
    document = document.replace("<SerialNo>", "<!-- the number --><SerialNo>\n  ").replace("Version=", 'Id="X" Version=')
    assert read(document.encode()).good
    assert read(document.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")).good


# --- all or nothing ---------------------------------------------------------------------------------------------------


def test_one_bad_key_and_no_key_is_taken(vault):
    document = vault.file(*(package(f"T-{n}", vault.value(SECRET + bytes((n,)))) for n in range(5)),
                          package("T-BAD", vault.value(SECRET, damage=20)))
    report = read(document)
    assert report.keys == () and not report.good
    assert [entry.problem for entry in report.entries] == [""] * 5 + ["wrong_mac"]
    assert report.entries[5].serial == "T-BAD" and report.entries[5].place == 6


def test_a_changed_octet_of_secret_or_vector_is_seen(vault):
    for place in range(48):
        assert problems(vault.file(package("T-1", vault.value(SECRET, damage=place)))) == ["wrong_mac"]


def test_a_missing_mac_is_refused_though_the_secret_could_be_read(vault):
    assert problems(vault.file(package("T-1", vault.value(SECRET, mac=False)))) == ["no_mac"]
    with pytest.raises(pskc.Refused, match="no_mac_method"):
        read(container(PRE_SHARED, package("T-1", vault.value(SECRET))))
    with pytest.raises(pskc.Refused, match="no_mac_method"):
        read(container(PRE_SHARED, package("T-1", vault.value(SECRET, mac=False))))


def test_a_plain_secret_in_a_protected_file_is_refused(vault):
    document = vault.file(package("T-1", vault.value(SECRET)), package("T-2", plain(SECRET + b"2")))
    assert problems(document, plain_allowed=True) == ["", "plain_secret"]
    with pytest.raises(pskc.Refused, match="malformed"):
        read(container(vault.method(), package("T-2", plain(SECRET))), plain_allowed=True)


def test_the_mac_is_one_of_its_own_key(vault):
    other = Vault(KEY, b"another mac key!")
    assert problems(vault.file(package("T-1", other.value(SECRET)))) == ["wrong_mac"]


def test_devices_and_secrets_come_once(vault):
    packages = [package("T-1", vault.value(SECRET)), package("T-2", vault.value(SECRET + b"2")),
                package("T-1", vault.value(SECRET + b"3"))]
    assert problems(vault.file(*packages)) == ["duplicate_serial", "", "duplicate_serial"]
    packages[2] = package("T-3", vault.value(SECRET))
    assert problems(vault.file(*packages)) == ["duplicate_secret", "", "duplicate_secret"]
    packages[2] = package("T-3", vault.value(SECRET + b"3"))
    assert len(read(vault.file(*packages)).keys) == 3


@pytest.mark.parametrize(("given", "problem"), [
    ({"serial": None}, "no_serial"), ({"serial": " "}, "no_serial"), ({"serial": "a b"}, "bad_serial"),
    ({"serial": "é"}, "bad_serial"), ({"serial": "x" * 65}, "bad_serial"), ({"method": "pin"}, "unknown_algorithm"),
    ({"digits": 5}, "bad_digits"), ({"digits": 9}, "bad_digits"), ({"digits": "٦"}, "malformed"), ({"digits": ""}, "malformed"),
    ({"parameters": ""}, "bad_digits"), ({"parameters": '<ResponseFormat Length="6" Encoding="HEXADECIMAL"/>'},
                                         "unsupported_format"),
    ({"parameters": '<ResponseFormat Length="6" Encoding="DECIMAL" CheckDigits="true"/>'}, "unsupported_format"),
    ({"parameters": '<Suite>HMAC-SHA256</Suite><ResponseFormat Length="6" Encoding="DECIMAL"/>'}, "unsupported_suite"),
    ({"method": "ocra", "parameters": "<Suite>OCRA-1:HOTP-MD5-8:QH64</Suite>"}, "unsupported_suite"),
    ({"data": ""}, "bad_step"), ({"data": "<TimeInterval><PlainValue>9</PlainValue></TimeInterval>"}, "bad_step"),
    ({"data": "<TimeInterval><PlainValue>x</PlainValue></TimeInterval>"}, "bad_step"),
    ({"method": "hotp", "data": "<Counter><PlainValue>-1</PlainValue></Counter>"}, "bad_counter"),
    ({"data": "<Surprise/>"}, "unknown_element"), ({"more": "<Surprise/>"}, "unknown_element"),
    ({"policy": "<Policy><NumberOfTransactions>5</NumberOfTransactions></Policy>"}, "unsupported_policy"),
    ({"policy": "<Policy><KeyUsage>Encrypt</KeyUsage></Policy>"}, "not_for_codes"),
    ({"policy": "<Policy><ExpiryDate>2026-11-24T09:00:00</ExpiryDate></Policy>"}, "malformed"),
])
def test_each_key_is_judged(vault, given, problem):
    given = {"serial": "T-1", "secret": vault.value(SECRET), **given}
    assert problems(vault.file(package(**given))) == [problem]
    assert read(vault.file(package("T-1", vault.value(SECRET)))).good


@pytest.mark.parametrize("secret", [b"", bytes(15), bytes(65)])
def test_a_secret_has_16_to_64_octets(vault, secret):
    [problem] = problems(vault.file(package("T-1", vault.value(secret))))
    assert problem == "bad_secret"
    assert len(read(vault.file(package("T-1", vault.value(bytes(16))), package("T-2", vault.value(bytes(64))))).keys) == 2


def test_a_key_is_for_its_time(vault):
    def used(at, **dates):
        policy = "".join(f"<{name}>{date}</{name}>" for name, date in dates.items())
        document = vault.file(package("T-1", vault.value(SECRET), policy=f"<Policy>{policy}<KeyUsage>OTP</KeyUsage></Policy>"))
        return read(document, at=at).entries[0].problem

    limit = "2026-11-24T09:00:00Z"
    assert (used(AT, ExpiryDate=limit), used(AT + timedelta(seconds=1), ExpiryDate=limit)) == ("", "expired")
    assert (used(AT, StartDate=limit), used(AT - timedelta(seconds=1), StartDate=limit)) == ("", "not_yet_valid")


# --- files that are not read at all -----------------------------------------------------------------------------------


def refused(code):
    return pytest.raises(pskc.Refused, match=f"^{code}$")


def test_no_dtd_and_no_entity(vault, tmp_path):
    good = vault.file(package("T-1", vault.value(SECRET))).decode()
    body = good.split("\n", 1)[1]
    (tmp_path / "secret").write_text("T-9")
    for doctype in ("<!DOCTYPE KeyContainer>", '<!DOCTYPE KeyContainer [<!ENTITY serial "T-9">]>',
                    f'<!DOCTYPE KeyContainer [<!ENTITY serial SYSTEM "file://{tmp_path}/secret">]>',
                    '<!DOCTYPE KeyContainer SYSTEM "http://192.0.2.1/pskc.dtd">'):
        with refused("doctype"):
            read((doctype + body.replace("T-1", "&serial;" if "ENTITY" in doctype else "T-1")).encode())
        with refused("doctype"):
            read((doctype + body).encode("utf-16"))
    with refused("not_xml"):
        read(body.replace("T-1", "&serial;").encode())


def test_a_thousand_million_laughs_are_not_laughed():
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    started = time.thread_time()
    with pytest.raises(pskc.Refused):
        read(f'<!DOCTYPE KeyContainer [<!ENTITY l0 "ha">{lines}]><KeyContainer>&l9;</KeyContainer>'.encode())
    assert time.thread_time() - started < 2


@pytest.mark.parametrize("document", [b"", b"no xml", b"<a/>", b"<KeyContainer Version='1.0'/>", b"\xff\xfe\x00", b"<a><b></a>"])
def test_what_is_no_container_is_refused(document):
    with pytest.raises(pskc.Refused) as refusal:
        read(document)
    assert refusal.value.code in ("not_xml", "not_pskc")


def test_versions_and_elements(vault):
    good = package("T-1", vault.value(SECRET))
    with refused("not_pskc"):
        read(container(PRE_SHARED, vault.method(), good, version="2.0"))
    with refused("no_keys"):
        read(vault.file())
    with refused("unknown_element"):
        read(vault.file(good, "<Surprise/>"))
    with refused("unknown_element"):
        read(vault.file(good, PRE_SHARED))


def test_caps(vault):
    two = vault.file(package("T-1", vault.value(SECRET)), package("T-2", vault.value(SECRET + b"2")))
    assert len(read(two, limits=pskc.Limits(octets=len(two), keys=2, depth=8)).keys) == 2
    for limits, code in (({"octets": len(two) - 1}, "too_large"), ({"keys": 1}, "too_many_keys"), ({"depth": 7}, "too_deep")):
        with refused(code):
            read(two, limits=pskc.Limits(**limits))
    with pytest.raises(pskc.Refused) as refusal:
        read(container("<Extensions>" * 300 + "</Extensions>" * 300))
    assert refusal.value.code in ("too_deep", "not_xml")


def test_the_password_costs_no_more_than_allowed():
    limits = pskc.Limits(iterations=1000)
    assert read(figure_7(), pre_shared_key=None, password="qwerty", limits=limits).good
    with refused("too_many_iterations"):
        read(figure_7(), pre_shared_key=None, password="qwerty", limits=pskc.Limits(iterations=999))
    for iterations in (0, 1_000_001, 10**12):
        with refused("too_many_iterations"):
            read(figure_7(iterations), pre_shared_key=None, password="qwerty")
    for length in (8, 24, 64, 10**9):
        with refused("key_length"):
            read(figure_7(length=length), pre_shared_key=None, password="qwerty")
    for given in ({"iterations": ""}, {"iterations": "-1"}, {"salt": "*"}):
        with refused("malformed"):
            read(figure_7(**given), pre_shared_key=None, password="qwerty")
    with refused("unknown_derivation"):
        read(figure_7(prf='<PRF Algorithm="urn:x"/>'), pre_shared_key=None, password="qwerty")


def test_the_right_kind_of_key_and_the_right_key(vault):
    with refused("no_key_given"):
        read(FIGURE_6, pre_shared_key=None)
    with refused("wrong_kind_of_key"):
        read(FIGURE_6, pre_shared_key=None, password="qwerty")
    with refused("wrong_kind_of_key"):
        read(figure_7())
    with refused("no_key_given"):
        read(figure_7(), pre_shared_key=None)
    with refused("key_length"):
        read(FIGURE_6, pre_shared_key=b"short")
    with refused("unknown_cipher"):
        read(FIGURE_6, pre_shared_key=KEY * 2)
    for wrong in (bytes(16), KEY[::-1]):
        with refused("wrong_key"):
            read(FIGURE_6, pre_shared_key=wrong)
    assert problems(Vault(KEY, None).file(package("T-1", Vault(KEY, None).value(SECRET))), pre_shared_key=bytes(16)) == [
        "wrong_mac"]


def test_unknown_ways_of_protection_are_refused(vault):
    good = package("T-1", vault.value(SECRET))
    with refused("unknown_mac"):
        read(container(PRE_SHARED, mac_method("", "urn:x"), good))
    document = vault.file(good).decode()
    with refused("unknown_cipher"):
        read(document.replace("aes128-cbc", "tripledes-cbc", 1).encode())
    first, _, rest = document.partition("<KeyPackage>")
    assert problems((first + "<KeyPackage>" + rest.replace("aes128-cbc", "kw-aes128")).encode()) == ["unknown_cipher"]


def test_broken_base_64_is_a_problem_of_its_key(vault):
    document = vault.file(package("T-1", vault.value(SECRET))).decode()
    value = base64_of(vault.cbc(SECRET))
    for other in ("", "*", value[:-1], value[:-8]):
        [problem] = problems(document.replace(value, other).encode())
        assert problem in ("malformed", "wrong_mac")
