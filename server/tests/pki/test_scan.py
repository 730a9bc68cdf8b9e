# SPDX-License-Identifier: Apache-2.0
"""The service's side of the Scan's protocol: the shared vectors, outside judges, and what is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import oath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.pki import scan

VECTORS = json.loads((Path(__file__).parents[3] / "testkit/vectors/scan/vectors.json").read_text())
KEYS = scan.Keys(*(bytes.fromhex(VECTORS["operating_keys"][name]) for name in ("image", "code")))
STATEMENTS = pytest.mark.parametrize("vector", VECTORS["statements"], ids=lambda vector: vector["purpose"])

TRANSFER = scan.Statement(
    purpose=scan.Purpose.SIGN, partner="Banque", text="Virement de 1\u202f250,00\u00a0€ à LU28 0019 4006 4475 0000",
    documents=(scan.Document("virement.pdf", bytes(range(32))),), digits=8, at=datetime(2026, 11, 24, 9, tzinfo=UTC),
    nonce=bytes(16))


def test_keys_and_device_code_as_in_the_vectors():
    factory, server_random = bytes.fromhex(VECTORS["factory"]), bytes.fromhex(VECTORS["server_random"])
    first = scan.factory_keys(factory, VECTORS["serial"])
    assert {"image": first.image.hex(), "code": first.code.hex()} == VECTORS["factory_keys"]
    assert scan.operating_keys(factory, VECTORS["serial"], server_random, VECTORS["drawn"]) == KEYS
    opening = scan.payload_of(VECTORS["opening_image"])
    assert scan.open_sealed(first.image, scan.OPENING, opening) == server_random
    assert scan.device_code(first.code, server_random, VECTORS["drawn"]) == VECTORS["device_code"]


@STATEMENTS
def test_statements_as_in_the_vectors(vector):
    statement = scan.Statement(
        purpose=scan.Purpose[vector["purpose"]], partner=vector["partner"], text=vector["text"],
        documents=tuple(scan.Document(label, bytes.fromhex(digest)) for label, digest in vector["documents"]),
        digits=vector["digits"], at=datetime.fromisoformat(vector["at"]), nonce=bytes.fromhex(vector["nonce"]))
    octets = statement.encode()
    assert octets.hex() == vector["statement"] and scan.decode(octets) == statement
    assert scan.open_sealed(KEYS.image, scan.STATEMENT, scan.payload_of(vector["image"])) == octets
    assert scan.answer(KEYS.code, octets, vector["digits"]) == vector["code"]


@STATEMENTS
def test_an_outside_ocra_shows_the_same_code(vector):
    client = oath.OCRAChallengeResponseClient(KEYS.code, f"OCRA-1:HOTP-SHA256-{vector['digits']}:QH64")
    assert client.compute_response(sha256(bytes.fromhex(vector["statement"])).hexdigest()) == vector["code"]


@pytest.mark.requirement("R108")
def test_one_changed_octet_anywhere_gives_another_code():
    """Amount, IBAN, partner, purpose, instant: every bit of the statement counts."""
    octets = TRANSFER.encode()
    code = scan.answer(KEYS.code, octets, 8)
    for place in range(len(octets)):
        assert scan.answer(KEYS.code, octets[:place] + bytes((octets[place] ^ 1,)) + octets[place + 1:], 8) != code


@pytest.mark.parametrize("changed", [
    {"text": TRANSFER.text.replace("1\u202f250", "1\u202f350")}, {"text": TRANSFER.text.replace("0000", "0001")},
    {"partner": "Banques"}, {"purpose": scan.Purpose.LOGIN}, {"at": TRANSFER.at + timedelta(seconds=1)},
    {"nonce": bytes(15) + b"\1"}, {"documents": ()}, {"documents": (scan.Document("virement.pdf", bytes(32)),)},
    {"documents": (scan.Document("Virement.pdf", bytes(range(32))),)},
])
def test_each_part_of_a_statement_is_covered(changed):
    other = replace(TRANSFER, **changed).encode()
    assert other != TRANSFER.encode()
    assert scan.answer(KEYS.code, other, 8) != scan.answer(KEYS.code, TRANSFER.encode(), 8)


def test_an_image_opens_for_its_device_and_unchanged_only():
    payload = scan.seal(KEYS.image, scan.STATEMENT, TRANSFER.encode(), bytes(12))
    assert scan.decode(scan.open_sealed(KEYS.image, scan.STATEMENT, payload)) == TRANSFER
    with pytest.raises(scan.Unreadable):
        scan.open_sealed(KEYS.code, scan.STATEMENT, payload)
    with pytest.raises(scan.Unreadable):
        scan.open_sealed(KEYS.image, scan.OPENING, payload)
    for place in range(len(payload)):
        changed = payload[:place] + bytes((payload[place] ^ 1,)) + payload[place + 1:]
        with pytest.raises(scan.Unreadable):
            scan.open_sealed(KEYS.image, scan.STATEMENT, changed)
    for length in (0, 1, 2, 14, 29):
        with pytest.raises(scan.Unreadable):
            scan.open_sealed(KEYS.image, scan.STATEMENT, payload[:length])


@pytest.mark.parametrize("changed", [
    {"text": "x" * 601}, {"partner": "x" * 65}, {"text": "Payer\u202e0001"}, {"text": "a\x00b"}, {"text": "a\u200bb"},
    {"digits": 5}, {"digits": 11}, {"nonce": bytes(15)}, {"at": TRANSFER.at.replace(microsecond=1)},
    {"documents": (scan.Document("x", bytes(31)),)}, {"documents": (scan.Document("x" * 256, bytes(32)),)},
    {"documents": (scan.Document("", bytes(32)),) * 17}, {"documents": (scan.Document("x" * 200, bytes(32)),) * 4},
])
def test_what_a_device_cannot_show_is_no_statement(changed):
    with pytest.raises(ValueError, match=r".+"):
        replace(TRANSFER, **changed).encode()


def test_the_longest_statement_is_1000_octets():
    room = 1000 - len(replace(TRANSFER, documents=(), text="").encode()) - 600
    fits = replace(TRANSFER, text="x" * 600, documents=tuple(
        scan.Document("x" * length, bytes(32)) for length in (200, room - 200 - 2 * 33)))
    assert len(fits.encode()) == 1000
    with pytest.raises(ValueError, match="too long"):
        replace(fits, partner=fits.partner + "x").encode()


@settings(max_examples=200)
@given(octets=st.binary(max_size=80) | st.integers(0, 110).map(lambda count: TRANSFER.encode()[:count]))
def test_any_other_octets_are_refused_or_canonical(octets):
    try:
        statement = scan.decode(octets)
    except scan.Unreadable:
        return
    assert statement.encode() == octets


# RFC 9285 section 4.3 and 4.4
@pytest.mark.parametrize(("octets", "text"), [
    (b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")])
def test_base_45_as_in_its_rfc(octets, text):
    assert scan.image_text(octets) == "PARAPH:" + text
    assert scan.payload_of("PARAPH:" + text) == octets


@pytest.mark.parametrize("text", ["", "BB8", "paraph:BB8", "PARAPH:GGW", "PARAPH:A", "PARAPH:::", "PARAPH:bb8", "PARAPH:BB8\n"])
def test_other_texts_are_no_image(text):
    with pytest.raises(scan.Unreadable):
        scan.payload_of(text)
