# SPDX-License-Identifier: Apache-2.0
"""How a key container protects its secrets (RFC 6030 section 6): a key that both sides have, or one derived from a
password; a MAC on every secret, judged before anything is decrypted; AES in CBC mode as XML Encryption has it.
"""

import base64
import binascii
import hmac
from collections import Counter
from dataclasses import dataclass
from hashlib import pbkdf2_hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

PSKC = "{urn:ietf:params:xml:ns:keyprov:pskc}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
XENC = "{http://www.w3.org/2001/04/xmlenc#}"
XENC11 = "{http://www.w3.org/2009/xmlenc11#}"

_CIPHERS = {f"{XENC[1:-1]}aes128-cbc": 16, f"{XENC[1:-1]}aes256-cbc": 32}
_MACS = {f"{DS[1:-1]}hmac-sha1": "sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha224": "sha224",
         "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256": "sha256",
         "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384": "sha384",
         "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512": "sha512"}
_DERIVATIONS = ("http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2", f"{XENC11[1:-1]}pbkdf2")


@dataclass(frozen=True, kw_only=True)
class Limits:
    octets: int = 32 * 1024 * 1024
    depth: int = 16
    keys: int = 20_000
    iterations: int = 1_000_000


class Refused(ValueError):
    """The file as a whole is not read. `code` is stable: too_large, not_xml, doctype, too_deep, not_pskc,
    unknown_element, too_many_keys, no_keys, plain_not_allowed, no_key_given, wrong_kind_of_key, wrong_key, key_length,
    unknown_cipher, unknown_mac, unknown_derivation, too_many_iterations, no_mac_method, malformed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Problem(Exception):
    """This key can't be taken. The message is the reason of its entry."""


@dataclass(frozen=True)
class Protection:
    """The key that opens a container's secrets, and the one that vouches for each."""

    key: bytes
    mac_algorithm: str
    mac_key: bytes


def protection_of(
    root: etree._Element, pre_shared_key: bytes | None, password: str | None, limits: Limits
) -> Protection | None:
    """How secrets are protected; None for a file without any protection."""
    encryption, mac_method = root.find(f"{PSKC}EncryptionKey"), root.find(f"{PSKC}MACMethod")
    encrypted = next(root.iter(f"{PSKC}EncryptedValue", f"{XENC}EncryptedData"), None) is not None
    if encryption is None and mac_method is None and not encrypted:
        return None
    if encryption is None:
        raise Refused("malformed")
    if mac_method is None:
        raise Refused("no_mac_method")
    derived = encryption.find(f"{XENC11}DerivedKey")
    if derived is not None:
        if password is None:
            raise Refused("wrong_kind_of_key" if pre_shared_key else "no_key_given")
        key = _derived_key(derived, password, limits)
    elif encryption.find(f"{DS}X509Data") is not None:
        raise Refused("wrong_kind_of_key")
    elif pre_shared_key is None:
        raise Refused("wrong_kind_of_key" if password is not None else "no_key_given")
    else:
        key = pre_shared_key
    if len(key) not in _CIPHERS.values():
        raise Refused("key_length")
    algorithm = _MACS.get(mac_method.get("Algorithm", ""))
    if algorithm is None:
        raise Refused("unknown_mac")
    sealed = mac_method.find(f"{PSKC}MACKey")
    try:
        mac_key = key if sealed is None else _decrypt(sealed, key)
    except Problem as problem:
        codes = {"unknown_cipher": "unknown_cipher", "not_decrypted": "wrong_key"}
        raise Refused(codes.get(str(problem), "malformed")) from problem
    return Protection(key, algorithm, mac_key)


def _derived_key(derived: etree._Element, password: str, limits: Limits) -> bytes:
    """PBKDF2 (section 6.2, figure 7). Its parameters stand in several namespaces in files in use."""
    method = derived.find(f"{XENC11}KeyDerivationMethod")
    if method is None or method.get("Algorithm") not in _DERIVATIONS:
        raise Refused("unknown_derivation")
    found = {etree.QName(element).localname: element for element in method.iter()}
    function = found.get("PRF")
    algorithm = "sha1"
    if function is not None and function.get("Algorithm"):
        algorithm = _MACS.get(function.get("Algorithm"), "")
        if not algorithm:
            raise Refused("unknown_derivation")
    try:
        salt = octets_of(found["Specified"].text)
        iterations, length = (number_of(found[name].text) for name in ("IterationCount", "KeyLength"))
    except (KeyError, ValueError) as error:
        raise Refused("malformed") from error
    if not 1 <= iterations <= limits.iterations:
        raise Refused("too_many_iterations")
    if length not in _CIPHERS.values() or not salt:
        raise Refused("key_length")
    return pbkdf2_hmac(algorithm, password.encode(), salt, iterations, length)


def _cipher_value(element: etree._Element) -> bytes:
    value = element.find(f"{XENC}CipherData/{XENC}CipherValue")
    if value is None:
        raise Problem("malformed")
    try:
        return octets_of(value.text)
    except ValueError as error:
        raise Problem("malformed") from error


def _decrypt(element: etree._Element, key: bytes) -> bytes:
    """AES-CBC as XML Encryption has it: the initial block first, the last octet tells the padding."""
    method = element.find(f"{XENC}EncryptionMethod")
    if method is None or _CIPHERS.get(method.get("Algorithm", "")) != len(key):
        raise Problem("unknown_cipher")
    sealed = _cipher_value(element)
    if len(sealed) < 32 or len(sealed) % 16:
        raise Problem("not_decrypted")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(sealed[:16])).decryptor()
    plain = decryptor.update(sealed[16:]) + decryptor.finalize()
    if not 1 <= plain[-1] <= 16:
        raise Problem("not_decrypted")
    return plain[:-plain[-1]]


def unprotected(element: etree._Element, protection: Protection | None) -> bytes:
    """An encrypted value, after its MAC was found right. The MAC covers initial block and ciphertext."""
    only_these(element, "EncryptedValue", "ValueMAC")
    encrypted = element.find(f"{PSKC}EncryptedValue")
    if encrypted is None or protection is None:
        raise Problem("no_secret")
    mac = element.find(f"{PSKC}ValueMAC")
    if mac is None:
        raise Problem("no_mac")
    expected = hmac.digest(protection.mac_key, _cipher_value(encrypted), protection.mac_algorithm)
    if not hmac.compare_digest(expected, octets_of(mac.text)):
        raise Problem("wrong_mac")
    return _decrypt(encrypted, protection.key)


def only_these(element: etree._Element, *names: str) -> None:
    """Nothing but these, each once (extensions may come several times)."""
    counted = Counter(child.tag for child in element)
    for tag, count in counted.items():
        name = tag.removeprefix(PSKC) if isinstance(tag, str) else ""
        if name not in names or (count > 1 and name != "Extensions"):
            raise Problem("unknown_element")


def octets_of(text: str | None) -> bytes:
    """Raises ValueError."""
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not base 64") from error


def number_of(text: str | None) -> int:
    """Raises ValueError."""
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise ValueError("not a number")
    return int(digits)
