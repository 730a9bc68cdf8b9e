# SPDX-License-Identifier: Apache-2.0
"""Portable Symmetric Key Containers (RFC 6030): the file in which a maker delivers the secrets of its devices.

Read strictly, because a file that was changed on its way would put known secrets into people's hands: no DTD, no
entities, sizes bounded, one key per device, no device and no secret twice. Protected files need a MAC on every secret
(section 6.2), checked before anything is decrypted; a plain secret in a protected file is refused. All keys or none:
`Report.keys` is empty as soon as one key has a problem.

Not read: keys encrypted with certificates (section 6.3), and what the profile below does not name. A signature on the
container is not judged; the MAC under the shared key is what counts.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from lxml import etree

from paraph.pki import ocra
from paraph.pki.pskc_protection import (
    DS,
    PSKC,
    Limits,
    Problem,
    Protection,
    Refused,
    number_of,
    octets_of,
    only_these,
    protection_of,
    unprotected,
)

_METHODS = {f"urn:ietf:params:xml:ns:keyprov:pskc:{name}": name for name in ("hotp", "totp", "ocra")}
# RFC 4226 section 4, R6, and the block of HMAC.
_SECRET_OCTETS = range(16, 65)
_TYPED_DIGITS, _STEPS = range(6, 9), range(10, 301)
_MOST_SERIAL_CHARACTERS = 64


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
    protection = protection_of(root, pre_shared_key, password, limits)
    if protection is None and not plain_allowed:
        raise Refused("plain_not_allowed")
    packages = root.findall(f"{PSKC}KeyPackage")
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
    if root.tag != f"{PSKC}KeyContainer" or root.get("Version") != "1.0":
        raise Refused("not_pskc")
    names = Counter(child.tag for child in root)
    single = {f"{PSKC}EncryptionKey", f"{PSKC}MACMethod", f"{DS}Signature"}
    if set(names) - single - {f"{PSKC}KeyPackage"} or any(names[name] > 1 for name in single):
        raise Refused("unknown_element")
    return root


# --- one key --------------------------------------------------------------------------------------------------------------


def _package(
    package: etree._Element, place: int, protection: Protection | None, at: datetime
) -> tuple[Entry, Key | None]:
    about: dict[str, str | int | None] = {"serial": "", "method": "", "digits": None, "step_seconds": None}
    try:
        key = _key(package, protection, at, about)
    except Problem as problem:
        return Entry(place=place, problem=str(problem), **about), None
    except ValueError:
        return Entry(place=place, problem="malformed", **about), None
    return Entry(place=place, problem="", **about), key


def _key(
    package: etree._Element, protection: Protection | None, at: datetime, about: dict[str, str | int | None]
) -> Key:
    """Fills `about` as far as it comes, for the report."""
    only_these(package, "DeviceInfo", "CryptoModuleInfo", "Key", "Extensions")
    serial = (package.findtext(f"{PSKC}DeviceInfo/{PSKC}SerialNo") or "").strip()
    about["serial"] = serial[:_MOST_SERIAL_CHARACTERS] if serial.isprintable() else ""
    if not serial:
        raise Problem("no_serial")
    if len(serial) > _MOST_SERIAL_CHARACTERS or not all("!" <= character <= "~" for character in serial):
        raise Problem("bad_serial")
    key = package.find(f"{PSKC}Key")
    if key is None:
        raise Problem("no_secret")
    only_these(key, "Issuer", "AlgorithmParameters", "KeyProfileId", "KeyReference", "FriendlyName", "Data", "UserId", "Policy",
          "Extensions")
    method = about["method"] = _METHODS.get(key.get("Algorithm", ""), "")
    if not method:
        raise Problem("unknown_algorithm")
    suite = _parameters(key, method, about)
    _policy(key.find(f"{PSKC}Policy"), method, at)
    data = key.find(f"{PSKC}Data")
    if data is None:
        raise Problem("no_secret")
    only_these(data, "Secret", "Counter", "Time", "TimeInterval", "TimeDrift")
    step, counter = None, 0
    if method == "totp":
        step = about["step_seconds"] = _data_number(data, "TimeInterval", protection, "bad_step")
        if step not in _STEPS:
            raise Problem("bad_step")
    if method == "hotp":
        counter = _data_number(data, "Counter", protection, "bad_counter") or 0
        if not 0 <= counter < 1 << 62:
            raise Problem("bad_counter")
    secret = _secret(data, protection)
    manufacturer = (package.findtext(f"{PSKC}DeviceInfo/{PSKC}Manufacturer") or "").strip()
    return Key(serial=serial, manufacturer=manufacturer, method=method, digits=about["digits"], secret=secret,
               step_seconds=step, counter=counter, suite=suite)


def _parameters(key: etree._Element, method: str, about: dict[str, str | int | None]) -> str:
    """Fills in the digits; gives the suite of a challenge-response key."""
    parameters = key.find(f"{PSKC}AlgorithmParameters")
    if parameters is None:
        raise Problem("bad_digits")
    only_these(parameters, "Suite", "ChallengeFormat", "ResponseFormat")
    suite = (parameters.findtext(f"{PSKC}Suite") or "").strip()
    if method == "ocra":
        try:
            about["digits"] = ocra.suite(suite).digits
        except ValueError as error:
            raise Problem("unsupported_suite") from error
        return suite
    if suite not in ("", "HMAC-SHA1"):
        raise Problem("unsupported_suite")
    response = parameters.find(f"{PSKC}ResponseFormat")
    if response is None:
        raise Problem("bad_digits")
    if response.get("Encoding") != "DECIMAL" or response.get("CheckDigits", "false") not in ("false", "0"):
        raise Problem("unsupported_format")
    about["digits"] = number_of(response.get("Length"))
    if about["digits"] not in _TYPED_DIGITS:
        raise Problem("bad_digits")
    return ""


def _policy(policy: etree._Element | None, method: str, at: datetime) -> None:
    """Section 5: a restriction that is not understood forbids the use of the key."""
    if policy is None:
        return
    usages = [(usage.text or "").strip() for usage in policy.findall(f"{PSKC}KeyUsage")]
    if usages and ("CR" if method == "ocra" else "OTP") not in usages:
        raise Problem("not_for_codes")
    for child in policy:
        if child.tag not in {f"{PSKC}{name}" for name in ("StartDate", "ExpiryDate", "KeyUsage")}:
            raise Problem("unsupported_policy")
    for name, too_early, problem in (("StartDate", True, "not_yet_valid"), ("ExpiryDate", False, "expired")):
        text = policy.findtext(f"{PSKC}{name}")
        if text is None:
            continue
        instant = datetime.fromisoformat(text.strip())
        if instant.tzinfo is None:
            raise Problem("malformed")
        if (at < instant) if too_early else (at > instant):
            raise Problem(problem)


def _secret(data: etree._Element, protection: Protection | None) -> bytes:
    element = data.find(f"{PSKC}Secret")
    if element is None:
        raise Problem("no_secret")
    plain = element.find(f"{PSKC}PlainValue")
    if plain is not None:
        if protection is not None:
            raise Problem("plain_secret")
        secret = octets_of(plain.text)
    else:
        secret = unprotected(element, protection)
    if len(secret) not in _SECRET_OCTETS:
        raise Problem("bad_secret")
    return secret


def _data_number(data: etree._Element, name: str, protection: Protection | None, problem: str) -> int | None:
    element = data.find(f"{PSKC}{name}")
    if element is None:
        return None
    plain = element.find(f"{PSKC}PlainValue")
    try:
        if plain is not None:
            return number_of(plain.text)
        octets = unprotected(element, protection)
    except ValueError as error:
        raise Problem(problem) from error
    if not 1 <= len(octets) <= 8:
        raise Problem(problem)
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
