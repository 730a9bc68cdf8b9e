# SPDX-License-Identifier: Apache-2.0
"""docs/operate/stock.md: its commands take a delivery that python-pskc wrote, and its table names every fault of one."""

import io
import re
from pathlib import Path

import pytest
from pskc import PSKC

from paraph.domain.devices.models import Device
from paraph.domain.devices.services import StockFault
from paraph.domain.organisations.models import Organisation
from paraph.interfaces import cli
from paraph.pki import pskc, pskc_protection
from paraph.signer.client import bound

from .reading import ROOT, blocks, commands

PAGE = ROOT / "docs/operate/stock.md"
KEY, PASSWORD = bytes(range(32)), "Schlüssel 7"
RAISED = re.compile(r'(?:Refused|Problem)\(\s*"([a-z_]+)"')
BY_ANOTHER_WAY = {"bad_step", "bad_counter", "duplicate_serial", "duplicate_secret", "wrong_kind_of_key", "no_key_given",
                  "wrong_key", "unknown_cipher", "not_decrypted", "not_yet_valid", "expired"}


def delivery(serial, octet, by_password):
    file, stream = PSKC(), io.BytesIO()
    if by_password:
        file.encryption.setup_pbkdf2(PASSWORD, iterations=1000, algorithm="aes256-cbc")
    else:
        file.encryption.setup_preshared_key(key=KEY, algorithm="aes256-cbc", key_name="Key")
    file.mac.setup(algorithm="hmac-sha256")
    file.add_key(id="1", serial=serial, manufacturer="Maker", secret=bytes([octet]) * 20, time_interval=30,
                 algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp", response_length=6, response_encoding="DECIMAL")
    file.write(stream)
    return stream.getvalue()


@pytest.mark.django_db
@pytest.mark.requirement("RFC 6030")
def test_its_commands_take_a_delivery(signer, tmp_path, monkeypatch):
    Organisation.objects.create(slug="desk", name="Desk", roles=["registration_authority"])
    monkeypatch.chdir(tmp_path)
    Path("delivery.password").write_text(f"{PASSWORD}\n")
    Path("delivery.key").write_text(f"{KEY.hex()}\n")
    typed = [words for block in blocks(PAGE) for words in commands(block)]
    assert len(typed) == 3
    for number, (program, *words) in enumerate(typed, 1):
        Path("delivery.pskcxml").write_bytes(delivery(f"T-{number}", number, "--password-file" in words))
        assert program == "paraph" and cli.main(words) == 0
        assert Device.objects.filter(serial=f"T-{number}").exists() is bound().token_exists(f"T-{number}") is (number > 1)
    assert Device.objects.get(serial="T-3").organisation.slug == "desk"


def test_its_table_names_every_fault():
    reader = Path(pskc.__file__).read_text() + Path(pskc_protection.__file__).read_text()
    explained = re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| (`.+?) \|", PAGE.read_text(), re.MULTILINE)))
    assert len(explained) == len(set(explained))
    of_stock = set(re.findall(r"[a-z]+_[a-z_]+", StockFault.__doc__))
    assert len(of_stock) == 11 and all(f'"{code}"' in reader for code in BY_ANOTHER_WAY)
    assert set(explained) == set(RAISED.findall(reader)) | BY_ANOTHER_WAY | of_stock
