# SPDX-License-Identifier: Apache-2.0
"""Makers' files (RFC 6030) between strangers: python-pskc writes what we read and reads what our tests write, pskctool
reads both, and a Token's secret that came that way shows what oathtool shows."""

import io
import re
import subprocess
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pskc import PSKC
from pskc.exceptions import DecryptionError, KeyDerivationError

from paraph.pki import pskc

from ..pki.pskc_writer import HMAC_SHA256, Vault, container, package, plain

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
PASSWORD = "Schlüssel 7"
SECRETS = {f"T-{number}": bytes([number]) * 20 for number in range(1, 4)}
ALGORITHM = "urn:ietf:params:xml:ns:keyprov:pskc:{}"
pytestmark = pytest.mark.requirement("RFC 6030")


def written(protect=lambda file: None, method="hotp") -> bytes:
    """A file of python-pskc with three Tokens."""
    file = PSKC()
    protect(file)
    given = {"hotp": {"counter": 7}, "totp": {"time_interval": 30}}[method]
    for number, (serial, secret) in enumerate(SECRETS.items()):
        file.add_key(id=str(number), serial=serial, manufacturer="Maker", secret=secret, algorithm=ALGORITHM.format(method),
                     response_length=6, response_encoding="DECIMAL", **given)
    stream = io.BytesIO()
    file.write(stream)
    return stream.getvalue()


def pre_shared(octets, mac="hmac-sha1"):
    def protect(file):
        file.encryption.setup_preshared_key(key=bytes(range(octets)), algorithm=f"aes{octets * 8}-cbc", key_name="Key")
        file.mac.setup(algorithm=mac)
    return protect


def by_password(file):
    file.encryption.setup_pbkdf2(PASSWORD, iterations=20_000, algorithm="aes256-cbc")
    file.mac.setup(algorithm="hmac-sha256")


@pytest.mark.parametrize("method", ["hotp", "totp"])
@pytest.mark.parametrize(("protect", "given"), [
    (pre_shared(16), {"pre_shared_key": bytes(range(16))}), (pre_shared(32), {"pre_shared_key": bytes(range(32))}),
    (pre_shared(16, "hmac-sha256"), {"pre_shared_key": bytes(range(16))}),
    (pre_shared(32, "hmac-sha512"), {"pre_shared_key": bytes(range(32))}), (by_password, {"password": PASSWORD}),
    (lambda file: None, {"plain_allowed": True})])
def test_what_python_pskc_writes_is_read(protect, given, method):
    report = pskc.read(written(protect, method), at=AT, **given)
    assert report.good and {key.serial: key.secret for key in report.keys} == SECRETS
    assert {(key.method, key.digits, key.counter, key.step_seconds) for key in report.keys} == {
        (method, 6, 7 if method == "hotp" else 0, 30 if method == "totp" else None)}


@pytest.mark.parametrize(("protect", "given", "problem"), [
    (pre_shared(16), {"pre_shared_key": bytes(16)}, "wrong_key"), (by_password, {"password": "Schlüssel 8"}, "wrong_key")])
def test_a_wrong_key_is_wrong_for_both(protect, given, problem):
    file = written(protect)
    try:
        report = pskc.read(file, at=AT, **given)
    except pskc.Refused as refused:
        assert problem in str(refused)
    else:
        # One wrong key in 256 leaves padding that looks right; then the MAC says so of each Token.
        assert not report.good and {entry.problem for entry in report.entries} <= {"wrong_mac", "not_decrypted"}
    judge = PSKC(io.BytesIO(file))
    with pytest.raises((DecryptionError, KeyDerivationError)):
        if "password" in given:
            judge.encryption.derive_key(given["password"])
        else:
            judge.encryption.key = given["pre_shared_key"]
        assert judge.keys[0].secret


class Padded(Vault):
    """XML Encryption (5.2) leaves the padding's octets open but the last; python-pskc wants them all alike."""

    def cbc(self, octets, start=b"initial vector 1"):
        padding = 16 - len(octets) % 16
        encryptor = Cipher(algorithms.AES(self.key), modes.CBC(start)).encryptor()
        return start + encryptor.update(octets + bytes((padding,)) * padding) + encryptor.finalize()


@pytest.mark.parametrize("vault", [
    Padded(bytes(range(16))), Padded(bytes(range(32)), mac=HMAC_SHA256), Padded(bytes(range(16)), mac_key=None)])
def test_what_we_take_for_right_python_pskc_takes_for_right(vault):
    file = vault.file(*(package(serial, vault.value(secret)) for serial, secret in SECRETS.items()))
    judge = PSKC(io.BytesIO(file))
    judge.encryption.key = vault.key
    assert {key.serial: key.secret for key in judge.keys} == SECRETS
    assert {key.serial: key.secret for key in pskc.read(file, at=AT, pre_shared_key=vault.key).keys} == SECRETS


@pytest.mark.parametrize("file", [written(), container(*(package(serial, plain(secret)) for serial, secret in SECRETS.items()))])
def test_pskctool_reads_the_same_secrets(file, tmp_path):
    path = tmp_path / "file.pskcxml"
    path.write_bytes(file)
    told = subprocess.run(["pskctool", "--info", path], capture_output=True, text=True, check=True).stdout
    pairs = zip(re.findall(r"SerialNo: (\S+)", told), re.findall(r"Key Secret \(base64\): (\S+)", told), strict=True)
    assert {serial: b64decode(secret) for serial, secret in pairs} == SECRETS
    assert {key.serial: key.secret for key in pskc.read(file, at=AT, plain_allowed=True).keys} == SECRETS


def test_a_token_of_such_a_file_shows_what_oathtool_shows(signer):
    report = pskc.read(written(by_password), at=AT, password=PASSWORD)
    for key in report.keys:
        signer.import_token(attempt=key.serial, serial=key.serial, seed=key.secret, method="hotp", counter=key.counter)
        session = signer.open_session(attempt=f"open-{key.serial}", kind="login", holder=f"holder-{key.serial}",
                                      key_id=None, hashes=[], labels=[], device_serial=key.serial)
        code = subprocess.run(["oathtool", "--hotp", f"--counter={key.counter}", SECRETS[key.serial].hex()],
                              capture_output=True, text=True, check=True).stdout.strip()
        assert signer.authorise_with_code(attempt=f"code-{key.serial}", session_id=session.session_id,
                                          device_serial=key.serial, code=code) == "accepted"


def test_the_judges_read_the_letters_of_the_file_and_not_each_other():
    """The secrets are where RFC 6030 puts them: a change there is seen by all three."""
    file = written().replace(b64encode(SECRETS["T-2"]), b64encode(b"another secret, 20 b"))
    assert pskc.read(file, at=AT, plain_allowed=True).keys[1].secret == b"another secret, 20 b"
    assert PSKC(io.BytesIO(file)).keys[1].secret == b"another secret, 20 b"
