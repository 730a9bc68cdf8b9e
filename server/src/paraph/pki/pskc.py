# SPDX-License-Identifier: Apache-2.0
"""Portable Symmetric Key Containers (RFC 6030): the file in which a maker delivers the secrets of its devices.

Read strictly, because a file that was changed on its way would put known secrets into people's hands: no DTD, no
entities, sizes bounded, one key per device, no device and no secret twice. Protected files need a MAC on every secret
(section 6.2), checked before anything is decrypted; a plain secret in a protected file is refused. All keys or none:
`Report.keys` is empty as soon as one key has a problem.

Not read: keys encrypted with certificates (section 6.3), and what the profile below does not name. A signature on the
container is not judged; the MAC under the shared key is what counts.
"""

import base64
import binascii
import hmac
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import pbkdf2_hmac, sha256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from paraph.pki import ocra

_PSKC = "{urn:ietf:params:xml:ns:keyprov:pskc}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_XENC = "{http://www.w3.org/2001/04/xmlenc#}"
_XENC11 = "{http://www.w3.org/2009/xmlenc11#}"

_CIPHERS = {f"{_XENC[1:-1]}aes128-cbc": 16, f"{_XENC[1:-1]}aes256-cbc": 32}
_MACS = {f"{_DS[1:-1]}hmac-sha1": "sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha224": "sha224",
         "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256": "sha256",
         "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384": "sha384",
         "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512": "sha512"}
_DERIVATIONS = ("http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2", f"{_XENC11[1:-1]}pbkdf2")
_METHODS = {f"urn:ietf:params:xml:ns:keyprov:pskc:{name}": name for name in ("hotp", "totp", "ocra")}
# RFC 4226 section 4, R6, and the block of HMAC.
_SECRET_OCTETS = range(16, 65)
_TYPED_DIGITS, _STEPS = range(6, 9), range(10, 301)
_MOST_SERIAL_CHARACTERS = 64


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


class _Problem(Exception):
    """This key can't be taken. The message is the reason of its entry."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """One device's secret. `suite` is for "ocra" only, `step_seconds` for "totp" only, `counter` for "hotp"."""

    serial: str
    manufacturer: str
    method: str
    digits: int
    secret: bytes = field(repr=False)
    step_seconds: int | None = None
    counter: int = 0
    suite: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the report, without secrets. `problem` is "" for a good key, or: no_serial, bad_serial,
    duplicate_serial, duplicate_secret, unknown_algorithm, unknown_element, unsupported_suite, unsupported_format,
    bad_digits, bad_step, bad_counter, no_secret, plain_secret, no_mac, wrong_mac, unknown_cipher, not_decrypted,
    bad_secret, not_yet_valid, expired, unsupported_policy, not_for_codes, malformed."""

    place: int
    serial: str
    method: str
    digits: int | None
    step_seconds: int | None
    problem: str


@dataclass(frozen=True)
class Report:
    """`keys` in the file's order, or none at all."""

    entries: tuple[Entry, ...]
    keys: tuple[Key, ...]

    @property
    def good(self) -> bool:
        return bool(self.keys)


def read(
    document: bytes, *, at: datetime, pre_shared_key: bytes | None = None, password: str | None = None,
    plain_allowed: bool = False, limits: Limits = Limits(),  # noqa: B008  (frozen)
) -> Report:
    """All keys of the file, or what is wrong with each. Raises Refused for a file that is not read at all."""
    root = _tree(document, limits)
    protection = _protection(root, pre_shared_key, password, limits)
    if protection is None and not plain_allowed:
        raise Refused("plain_not_allowed")
    packages = root.findall(f"{_PSKC}KeyPackage")
    if not packages:
        raise Refused("no_keys")
    if len(packages) > limits.keys:
        raise Refused("too_many_keys")
    taken = [_package(package, place, protection, at) for place, package in enumerate(packages, 1)]
    taken = _without_duplicates(taken)
    entries = tuple(entry for entry, _ in taken)
    keys = tuple(key for _, key in taken if key is not None)
    return Report(entries, keys if len(keys) == len(entries) else ())


def _tree(document: bytes, limits: Limits) -> etree._Element:
    if len(document) > limits.octets:
        raise Refused("too_large")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
                             huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("not_xml") from error
    information = root.getroottree().docinfo
    if information.doctype or information.internalDTD is not None:
        raise Refused("doctype")
    deepest = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        deepest += 1 if event == "start" else -1
        if deepest > limits.depth:
            raise Refused("too_deep")
    if root.tag != f"{_PSKC}KeyContainer" or root.get("Version") != "1.0":
        raise Refused("not_pskc")
    names = Counter(child.tag for child in root)
    single = {f"{_PSKC}EncryptionKey", f"{_PSKC}MACMethod", f"{_DS}Signature"}
    if set(names) - single - {f"{_PSKC}KeyPackage"} or any(names[name] > 1 for name in single):
        raise Refused("unknown_element")
    return root


# --- protection -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Protection:
    key: bytes
    mac_algorithm: str
    mac_key: bytes


def _protection(
    root: etree._Element, pre_shared_key: bytes | None, password: str | None, limits: Limits
) -> _Protection | None:
    """How secrets are protected; None for a file without any protection."""
    encryption, mac_method = root.find(f"{_PSKC}EncryptionKey"), root.find(f"{_PSKC}MACMethod")
    encrypted = next(root.iter(f"{_PSKC}EncryptedValue", f"{_XENC}EncryptedData"), None) is not None
    if encryption is None and mac_method is None and not encrypted:
        return None
    if encryption is None:
        raise Refused("malformed")
    if mac_method is None:
        raise Refused("no_mac_method")
    derived = encryption.find(f"{_XENC11}DerivedKey")
    if derived is not None:
        if password is None:
            raise Refused("wrong_kind_of_key" if pre_shared_key else "no_key_given")
        key = _derived_key(derived, password, limits)
    elif encryption.find(f"{_DS}X509Data") is not None:
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
    sealed = mac_method.find(f"{_PSKC}MACKey")
    try:
        mac_key = key if sealed is None else _decrypt(sealed, key)
    except _Problem as problem:
        codes = {"unknown_cipher": "unknown_cipher", "not_decrypted": "wrong_key"}
        raise Refused(codes.get(str(problem), "malformed")) from problem
    return _Protection(key, algorithm, mac_key)


def _derived_key(derived: etree._Element, password: str, limits: Limits) -> bytes:
    """PBKDF2 (section 6.2, figure 7). Its parameters stand in several namespaces in files in use."""
    method = derived.find(f"{_XENC11}KeyDerivationMethod")
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
        salt = _octets(found["Specified"].text)
        iterations, length = (_number(found[name].text) for name in ("IterationCount", "KeyLength"))
    except (KeyError, ValueError) as error:
        raise Refused("malformed") from error
    if not 1 <= iterations <= limits.iterations:
        raise Refused("too_many_iterations")
    if length not in _CIPHERS.values() or not salt:
        raise Refused("key_length")
    return pbkdf2_hmac(algorithm, password.encode(), salt, iterations, length)


def _cipher_value(element: etree._Element) -> bytes:
    value = element.find(f"{_XENC}CipherData/{_XENC}CipherValue")
    if value is None:
        raise _Problem("malformed")
    try:
        return _octets(value.text)
    except ValueError as error:
        raise _Problem("malformed") from error


def _decrypt(element: etree._Element, key: bytes) -> bytes:
    """AES-CBC as XML Encryption has it: the initial block first, the last octet tells the padding."""
    method = element.find(f"{_XENC}EncryptionMethod")
    if method is None or _CIPHERS.get(method.get("Algorithm", "")) != len(key):
        raise _Problem("unknown_cipher")
    sealed = _cipher_value(element)
    if len(sealed) < 32 or len(sealed) % 16:
        raise _Problem("not_decrypted")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(sealed[:16])).decryptor()
    plain = decryptor.update(sealed[16:]) + decryptor.finalize()
    if not 1 <= plain[-1] <= 16:
        raise _Problem("not_decrypted")
    return plain[:-plain[-1]]


# --- one key --------------------------------------------------------------------------------------------------------------


def _package(
    package: etree._Element, place: int, protection: _Protection | None, at: datetime
) -> tuple[Entry, Key | None]:
    about: dict[str, str | int | None] = {"serial": "", "method": "", "digits": None, "step_seconds": None}
    try:
        key = _key(package, protection, at, about)
    except _Problem as problem:
        return Entry(place=place, problem=str(problem), **about), None
    except ValueError:
        return Entry(place=place, problem="malformed", **about), None
    return Entry(place=place, problem="", **about), key


def _key(
    package: etree._Element, protection: _Protection | None, at: datetime, about: dict[str, str | int | None]
) -> Key:
    """Fills `about` as far as it comes, for the report."""
    _only(package, "DeviceInfo", "CryptoModuleInfo", "Key", "Extensions")
    serial = (package.findtext(f"{_PSKC}DeviceInfo/{_PSKC}SerialNo") or "").strip()
    about["serial"] = serial[:_MOST_SERIAL_CHARACTERS] if serial.isprintable() else ""
    if not serial:
        raise _Problem("no_serial")
    if len(serial) > _MOST_SERIAL_CHARACTERS or not all("!" <= character <= "~" for character in serial):
        raise _Problem("bad_serial")
    key = package.find(f"{_PSKC}Key")
    if key is None:
        raise _Problem("no_secret")
    _only(key, "Issuer", "AlgorithmParameters", "KeyProfileId", "KeyReference", "FriendlyName", "Data", "UserId", "Policy",
          "Extensions")
    method = about["method"] = _METHODS.get(key.get("Algorithm", ""), "")
    if not method:
        raise _Problem("unknown_algorithm")
    suite = _parameters(key, method, about)
    _policy(key.find(f"{_PSKC}Policy"), method, at)
    data = key.find(f"{_PSKC}Data")
    if data is None:
        raise _Problem("no_secret")
    _only(data, "Secret", "Counter", "Time", "TimeInterval", "TimeDrift")
    step, counter = None, 0
    if method == "totp":
        step = about["step_seconds"] = _data_number(data, "TimeInterval", protection, "bad_step")
        if step not in _STEPS:
            raise _Problem("bad_step")
    if method == "hotp":
        counter = _data_number(data, "Counter", protection, "bad_counter") or 0
        if not 0 <= counter < 1 << 62:
            raise _Problem("bad_counter")
    secret = _secret(data, protection)
    manufacturer = (package.findtext(f"{_PSKC}DeviceInfo/{_PSKC}Manufacturer") or "").strip()
    return Key(serial=serial, manufacturer=manufacturer, method=method, digits=about["digits"], secret=secret,
               step_seconds=step, counter=counter, suite=suite)


def _parameters(key: etree._Element, method: str, about: dict[str, str | int | None]) -> str:
    """Fills in the digits; gives the suite of a challenge-response key."""
    parameters = key.find(f"{_PSKC}AlgorithmParameters")
    if parameters is None:
        raise _Problem("bad_digits")
    _only(parameters, "Suite", "ChallengeFormat", "ResponseFormat")
    suite = (parameters.findtext(f"{_PSKC}Suite") or "").strip()
    if method == "ocra":
        try:
            about["digits"] = ocra.suite(suite).digits
        except ValueError as error:
            raise _Problem("unsupported_suite") from error
        return suite
    if suite not in ("", "HMAC-SHA1"):
        raise _Problem("unsupported_suite")
    response = parameters.find(f"{_PSKC}ResponseFormat")
    if response is None:
        raise _Problem("bad_digits")
    if response.get("Encoding") != "DECIMAL" or response.get("CheckDigits", "false") not in ("false", "0"):
        raise _Problem("unsupported_format")
    about["digits"] = _number(response.get("Length"))
    if about["digits"] not in _TYPED_DIGITS:
        raise _Problem("bad_digits")
    return ""


def _policy(policy: etree._Element | None, method: str, at: datetime) -> None:
    """Section 5: a restriction that is not understood forbids the use of the key."""
    if policy is None:
        return
    usages = [(usage.text or "").strip() for usage in policy.findall(f"{_PSKC}KeyUsage")]
    if usages and ("CR" if method == "ocra" else "OTP") not in usages:
        raise _Problem("not_for_codes")
    for child in policy:
        if child.tag not in {f"{_PSKC}{name}" for name in ("StartDate", "ExpiryDate", "KeyUsage")}:
            raise _Problem("unsupported_policy")
    for name, too_early, problem in (("StartDate", True, "not_yet_valid"), ("ExpiryDate", False, "expired")):
        text = policy.findtext(f"{_PSKC}{name}")
        if text is None:
            continue
        instant = datetime.fromisoformat(text.strip())
        if instant.tzinfo is None:
            raise _Problem("malformed")
        if (at < instant) if too_early else (at > instant):
            raise _Problem(problem)


def _secret(data: etree._Element, protection: _Protection | None) -> bytes:
    element = data.find(f"{_PSKC}Secret")
    if element is None:
        raise _Problem("no_secret")
    plain = element.find(f"{_PSKC}PlainValue")
    if plain is not None:
        if protection is not None:
            raise _Problem("plain_secret")
        secret = _octets(plain.text)
    else:
        secret = _unprotected(element, protection)
    if len(secret) not in _SECRET_OCTETS:
        raise _Problem("bad_secret")
    return secret


def _unprotected(element: etree._Element, protection: _Protection | None) -> bytes:
    """An encrypted value, after its MAC was found right. The MAC covers initial block and ciphertext."""
    _only(element, "EncryptedValue", "ValueMAC")
    encrypted = element.find(f"{_PSKC}EncryptedValue")
    if encrypted is None or protection is None:
        raise _Problem("no_secret")
    mac = element.find(f"{_PSKC}ValueMAC")
    if mac is None:
        raise _Problem("no_mac")
    expected = hmac.digest(protection.mac_key, _cipher_value(encrypted), protection.mac_algorithm)
    if not hmac.compare_digest(expected, _octets(mac.text)):
        raise _Problem("wrong_mac")
    return _decrypt(encrypted, protection.key)


def _data_number(data: etree._Element, name: str, protection: _Protection | None, problem: str) -> int | None:
    element = data.find(f"{_PSKC}{name}")
    if element is None:
        return None
    plain = element.find(f"{_PSKC}PlainValue")
    try:
        if plain is not None:
            return _number(plain.text)
        octets = _unprotected(element, protection)
    except ValueError as error:
        raise _Problem(problem) from error
    if not 1 <= len(octets) <= 8:
        raise _Problem(problem)
    return int.from_bytes(octets, "big")


def _without_duplicates(taken: list[tuple[Entry, Key | None]]) -> list[tuple[Entry, Key | None]]:
    """Every one of several keys with one serial number or one secret has a problem: which is right, nobody can tell."""
    serials = Counter(entry.serial for entry, _ in taken)
    secrets = Counter(sha256(key.secret).digest() for _, key in taken if key is not None)
    checks: list[tuple[str, Callable[[Entry, Key], bool]]] = [
        ("duplicate_serial", lambda entry, key: serials[entry.serial] > 1),
        ("duplicate_secret", lambda entry, key: secrets[sha256(key.secret).digest()] > 1),
    ]
    checked = []
    for entry, key in taken:
        problem = next((name for name, applies in checks if key is not None and applies(entry, key)), "")
        if problem:
            facts = {name: getattr(entry, name) for name in ("place", "serial", "method", "digits", "step_seconds")}
            checked.append((Entry(problem=problem, **facts), None))
        else:
            checked.append((entry, key))
    return checked


def _only(element: etree._Element, *names: str) -> None:
    """Nothing but these, each once (extensions may come several times)."""
    counted = Counter(child.tag for child in element)
    for tag, count in counted.items():
        name = tag.removeprefix(_PSKC) if isinstance(tag, str) else ""
        if name not in names or (count > 1 and name != "Extensions"):
            raise _Problem("unknown_element")


def _octets(text: str | None) -> bytes:
    """Raises ValueError."""
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not base 64") from error


def _number(text: str | None) -> int:
    """Raises ValueError."""
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise ValueError("not a number")
    return int(digits)
