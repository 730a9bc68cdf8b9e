# SPDX-License-Identifier: Apache-2.0
"""Content for one recipient: OpenSSL, which shares no code with us, opens it; nobody else does, and a changed octet is seen."""

import subprocess
from datetime import UTC, datetime

import pytest
from asn1crypto import cms as judge

from paraph.pki import cms, oids
from testkit.printer import Printer

CONTENT = b"%PDF-1.7 initial password abK7mnqP2r" * 50
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=["P-256", "P-384", "RSA-3072"])
def printer(request, tmp_path_factory):
    return Printer.founded(tmp_path_factory.mktemp("printer"), kind=request.param, at=AT)


def test_openssl_opens_it(printer):
    assert printer.decrypt(cms.Recipient.read(printer.pem).encrypt(CONTENT)) == CONTENT


def test_nothing_of_it_can_be_read_and_no_two_are_equal(printer):
    recipient = cms.Recipient.read(printer.pem)
    first, second = recipient.encrypt(CONTENT), recipient.encrypt(CONTENT)
    assert b"abK7mnqP2r" not in first and first != second


def test_a_changed_octet_is_seen(printer):
    sealed = bytearray(cms.Recipient.read(printer.pem).encrypt(CONTENT))
    sealed[-40] ^= 1
    with pytest.raises(subprocess.CalledProcessError):
        printer.decrypt(bytes(sealed))


def test_another_printer_can_not_open_it(printer, tmp_path):
    stranger = Printer.founded(tmp_path, kind="P-256", at=AT)
    with pytest.raises(subprocess.CalledProcessError):
        stranger.decrypt(cms.Recipient.read(printer.pem).encrypt(CONTENT))


def test_another_reader_of_the_structure_agrees(printer):
    content = judge.ContentInfo.load(cms.Recipient.read(printer.pem).encrypt(CONTENT), strict=True)
    assert content["content_type"].native == "authenticated_enveloped_data"
    information = content["content"]["auth_encrypted_content_info"]
    assert information["content_type"].native == "data"
    assert information["content_encryption_algorithm"]["algorithm"].dotted == oids.AES256_GCM
    assert len(content["content"]["mac"].native) == 16


def test_a_certificate_is_good_from_its_first_to_its_last_second(printer):
    recipient = cms.Recipient.read(printer.pem)
    begin, end = printer.begin, recipient.ends_at
    assert recipient.in_force(begin) and recipient.in_force(end)
    assert not recipient.in_force(begin - printer.second) and not recipient.in_force(end + printer.second)


@pytest.mark.parametrize(("changes", "why"), [
    ({"kind": "RSA-2048"}, "neither"), ({"kind": "P-521"}, "neither"), ({"kind": "Ed25519"}, "neither"),
    ({"kind": "P-256", "usage": "digital_signature"}, "key usage"), ({"kind": "RSA-3072", "usage": "key_agreement"}, "key usage"),
])
def test_a_certificate_that_is_not_for_this_is_refused_with_its_reason(tmp_path, changes, why):
    with pytest.raises(cms.UnfitRecipient, match=why):
        cms.Recipient.read(Printer.founded(tmp_path, at=AT, **changes).pem)


@pytest.mark.parametrize("pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(pem):
    with pytest.raises(cms.UnfitRecipient, match="PEM"):
        cms.Recipient.read(pem)
