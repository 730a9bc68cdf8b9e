# SPDX-License-Identifier: Apache-2.0
"""A simulated Scan: a device with a button, a camera and a screen, and no connection to anything.

`paraph-scan SERIAL` opens it in a window, `paraph-scan SERIAL IMAGE` aims it at a picture and prints what it shows. It
has its own copy of the factory key, in DATA/simulators/scans.json, and its own lines of the protocol of
docs/standards/scan.md: it imports nothing of the server, so that the two can only agree by following the same page.
"""

import argparse
import fcntl
import hashlib
import hmac
import importlib
import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from PIL import Image

PURPOSES = ("LOGIN", "SIGN", "ACTIVATE", "UNBLOCK", "GRANT", "JOIN", "CONFIRM", "NAME")
_SETTING_UP = ("ACTIVATE", "JOIN")
_BASE_45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

WORDS = {
    "fr": {"LOGIN": "Connexion", "SIGN": "Signature", "ACTIVATE": "Activation", "UNBLOCK": "Déblocage",
           "GRANT": "Autoriser un autre appareil", "JOIN": "Ajout de ce Scan",
           "CONFIRM": "Confirmation", "NAME": "Enregistrer une personne", "OPENING": "Première image d’activation",
           "not_for_me": "Cette image n’est pas destinée à ce Scan, ou elle est abîmée.",
           "nothing_seen": "Aucune image lisible. Visez l’image entière, d’un peu plus près.",
           "code": "Votre code", "document": "Empreinte"},
    "de": {"LOGIN": "Anmeldung", "SIGN": "Signatur", "ACTIVATE": "Aktivierung", "UNBLOCK": "Entsperrung",
           "GRANT": "Ein weiteres Gerät zulassen", "JOIN": "Diesen Scan hinzufügen",
           "CONFIRM": "Bestätigung", "NAME": "Eine Person registrieren",
           "OPENING": "Erstes Bild der Aktivierung",
           "not_for_me": "Dieses Bild ist nicht für diesen Scan bestimmt oder beschädigt.",
           "nothing_seen": "Kein lesbares Bild. Nehmen Sie das ganze Bild auf, etwas näher.",
           "code": "Ihr Code", "document": "Fingerabdruck"},
    "en": {"LOGIN": "Login", "SIGN": "Signature", "ACTIVATE": "Activation", "UNBLOCK": "Unblocking",
           "GRANT": "Allow another device", "JOIN": "Add this Scan",
           "CONFIRM": "Confirmation", "NAME": "Register a person", "OPENING": "First image of the activation",
           "not_for_me": "This image is not meant for this Scan, or it is damaged.",
           "nothing_seen": "No readable image. Aim at the whole image, a little closer.",
           "code": "Your code", "document": "Fingerprint"},
}


@dataclass
class SimulatedScan:
    """All in hex. `keys` are in use; `opening` and `drawn` are kept between the two images of an activation."""

    serial: str
    factory: str
    keys: str = ""
    opening: str = ""
    drawn: str = ""


@dataclass(frozen=True)
class Screen:
    """What stands on the device's screen. `purpose` is one of PURPOSES, or OPENING for the first image."""

    purpose: str
    code: str
    partner: str = ""
    text: str = ""
    documents: tuple[tuple[str, bytes], ...] = ()
    at: datetime | None = None

    def lines(self, language: str = "fr") -> list[str]:
        """For people, from top to bottom; the last line is the code alone."""
        words = WORDS[language]
        shown = [words[self.purpose]]
        shown += [self.partner] if self.partner else []
        shown += [self.at.astimezone(ZoneInfo("Europe/Luxembourg")).strftime("%d.%m.%Y %H:%M")] if self.at else []
        shown += self.text.split("\n") if self.text else []
        for label, digest in self.documents:
            # What would stand twice stands once, and a digest where the page shows its beginning too.
            shown += [label] if label != self.partner else []
            shown += [f"{words['document']} {digest[:8].hex(' ', 2).upper()}"] if self.purpose == "SIGN" else []
        return [*shown, self.code]


class UnknownScan(LookupError):
    """No Scan of this serial number lies in this folder."""


class NotForMe(ValueError):
    """The image was made for another device, was changed, or is none of ours."""


class NothingSeen(ValueError):
    """There is no readable QR code in the picture."""


# --- the device -----------------------------------------------------------------------------------------------------------


def aim(data: Path, serial: str, image: str, draw: str | None = None) -> Screen:
    """What the Scan shows when it is aimed at the QR code with this text. `draw`: the four digits that it draws for a
    first image (by default random). Raises UnknownScan, NotForMe."""
    with _scans(Path(data)) as scans:
        if serial not in scans:
            raise UnknownScan(serial)
        return look(scans[serial], image, draw)


def aim_at_picture(data: Path, serial: str, picture: Path | Image.Image) -> Screen:
    """The same, with a picture that has one QR code in it. Raises UnknownScan, NotForMe, NothingSeen."""
    return aim(data, serial, read(picture))


def read(picture: Path | Image.Image) -> str:
    """The text of the QR code in a picture. Raises NothingSeen; ImportError without zxing-cpp, the camera's reader."""
    try:
        opened = picture if isinstance(picture, Image.Image) else Image.open(picture)
        grey = opened.convert("L")
    except OSError as error:
        raise NothingSeen(str(error)) from error
    reader = importlib.import_module("zxingcpp")
    seen = reader.read_barcodes(grey, formats=reader.BarcodeFormat.QRCode)
    ours = [code.text for code in seen if code.text.startswith("PARAPH:")] or [code.text for code in seen]
    if not ours:
        raise NothingSeen("no QR code")
    return ours[0]


def look(scan: SimulatedScan, image: str, draw: str | None = None) -> Screen:
    """As `aim`, with the device in hand; changes its memory."""
    payload = _payload(image)
    if payload[:2] == b"\x01\x01":
        return _opening(scan, payload, draw)
    if payload[:2] != b"\x01\x02":
        raise NotForMe("another version or kind")
    if scan.opening:
        fresh = _operating(scan)
        statement = _decrypt(fresh, payload)
        if statement is not None:
            shown = _screen(statement, fresh[32:])
            if shown.purpose not in _SETTING_UP:
                raise NotForMe("these keys are not in use yet")
            scan.keys, scan.opening, scan.drawn = fresh.hex(), "", ""
            return shown
    if scan.keys:
        keys = bytes.fromhex(scan.keys)
        statement = _decrypt(keys, payload)
        if statement is not None:
            return _screen(statement, keys[32:])
    raise NotForMe("no key of this device opens it")


def _opening(scan: SimulatedScan, payload: bytes, draw: str | None) -> Screen:
    factory = _derive(scan, b"", b"factory", b"")
    server_random = _decrypt(factory, payload)
    if server_random is None or len(server_random) != 32:
        raise NotForMe("the factory key does not open it")
    if scan.opening != server_random.hex():
        scan.opening = server_random.hex()
        scan.drawn = draw if draw is not None else f"{secrets.randbelow(10_000):04d}"
    proof = _ocra(factory[32:], b"paraph scan 1 device code\0" + server_random + scan.drawn.encode(), 6)
    return Screen("OPENING", scan.drawn + proof)


def _operating(scan: SimulatedScan) -> bytes:
    return _derive(scan, bytes.fromhex(scan.opening), b"operating", scan.drawn.encode())


def _derive(scan: SimulatedScan, salt: bytes, stage: bytes, drawn: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869): 32 octets for images, 32 for codes."""
    name = scan.serial.encode()
    information = b"paraph scan 1\0" + stage + b"\0" + bytes([len(name)]) + name + drawn
    extracted = hmac.digest(salt or bytes(32), bytes.fromhex(scan.factory), "sha256")
    first = hmac.digest(extracted, information + b"\x01", "sha256")
    return first + hmac.digest(extracted, first + information + b"\x02", "sha256")


def _decrypt(keys: bytes, payload: bytes) -> bytes | None:
    try:
        return AESGCM(keys[:32]).decrypt(payload[2:14], payload[14:], payload[:2])
    except (InvalidTag, ValueError):
        return None


def _ocra(key: bytes, covered: bytes, digits: int) -> str:
    """RFC 6287 with the suite OCRA-1:HOTP-SHA256-<digits>:QH64, the question being the SHA-256 of what is covered."""
    suite = f"OCRA-1:HOTP-SHA256-{digits}:QH64".encode()
    mac = hmac.digest(key, suite + b"\0" + hashlib.sha256(covered).digest() + bytes(96), "sha256")
    start = mac[-1] & 15
    return str((int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF) % 10**digits).rjust(digits, "0")


def _screen(statement: bytes, code_key: bytes) -> Screen:
    """Reads a statement to its last octet: what the code covers is what is shown."""
    try:
        version, purpose, digits = statement[:3]
        at, place = int.from_bytes(statement[3:11], "big"), 27  # behind the nonce

        def text(octets: int) -> str:
            nonlocal place
            start = place + octets
            end = start + int.from_bytes(statement[place:start], "big")
            if end > len(statement):
                raise NotForMe("it ends too early")
            place = end
            shown = statement[start:end].decode("utf-8")
            if not all(sign.isprintable() or sign in "\n\u00a0\u202f" for sign in shown):
                raise NotForMe("it cannot be shown as it is")
            return shown

        partner, words = text(1), text(2)
        count, place = statement[place], place + 1
        documents = []
        for _ in range(count):
            digest, place = statement[place : place + 32], place + 32
            documents.append((text(1), digest))
        if version != 1 or not 1 <= purpose <= len(PURPOSES) or not 6 <= digits <= 10 or place != len(statement):
            raise NotForMe("not a statement")
        moment = datetime.fromtimestamp(at, UTC)
    except (IndexError, ValueError, OverflowError, OSError) as error:
        raise NotForMe("not a statement") from error
    return Screen(PURPOSES[purpose - 1], _ocra(code_key, statement, digits), partner, words, tuple(documents), moment)


def _payload(image: str) -> bytes:
    """Base 45 (RFC 9285) after the prefix."""
    if not image.startswith("PARAPH:"):
        raise NotForMe("none of ours")
    octets, body = bytearray(), image[7:]
    for start in range(0, len(body), 3):
        group = body[start : start + 3]
        if len(group) == 1 or any(sign not in _BASE_45 for sign in group):
            raise NotForMe("not base 45")
        number = sum(_BASE_45.index(sign) * 45**power for power, sign in enumerate(group))
        if number >= 256 ** (len(group) - 1):
            raise NotForMe("not base 45")
        octets += number.to_bytes(len(group) - 1, "big")
    return bytes(octets)


# --- its memory -----------------------------------------------------------------------------------------------------------


def write_scans(data: Path, scans: Iterable[SimulatedScan]) -> None:
    """These Scans lie in DATA/simulators from now on, beside those already there. Readable by this user only."""
    with _scans(Path(data), make=True) as stored:
        for scan in scans:
            stored[scan.serial] = scan


@contextmanager
def _scans(data: Path, make: bool = False) -> Iterator[dict[str, SimulatedScan]]:
    """All Scans of the folder, under a lock; what was changed inside is stored at the end."""
    folder = data / "simulators"
    path = folder / "scans.json"
    if make:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    elif not path.exists():
        raise UnknownScan(f"there is no {path}")
    with open(os.open(folder / "scans.lock", os.O_RDWR | os.O_CREAT, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = json.loads(path.read_text()) if path.exists() else []
        scans = {entry["serial"]: SimulatedScan(**entry) for entry in before}
        yield scans
        after = [asdict(scan) for scan in scans.values()]
        if after != before:
            draft = folder / "scans.draft"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(after, file, indent=1)
            draft.replace(path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="paraph-scan", description="A simulated Scan: it reads the image of a page and "
                                     "shows what the page asks, with a code for exactly that.")
    parser.add_argument("serial", metavar="SERIAL", help="the number on its back")
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="a picture of the page's image; without it, a window")
    parser.add_argument("--data", metavar="DIR", default=os.environ.get("PARAPH_DATA", "data"),
                        help="the folder of the demonstration (default: data)")
    parser.add_argument("--language", choices=sorted(WORDS), default="fr", help="the language of its screen (default: fr)")
    given = parser.parse_args(arguments)
    words = WORDS[given.language]
    try:
        if given.image is None:
            return _open_window(Path(given.data), given.serial, given.language)
        print("\n".join(aim_at_picture(Path(given.data), given.serial, Path(given.image)).lines(given.language)))
    except UnknownScan:
        return _say(f"There is no simulated Scan {given.serial} in {given.data}.")
    except NotForMe:
        return _say(words["not_for_me"])
    except NothingSeen:
        return _say(words["nothing_seen"])
    except ImportError:
        return _say("Reading pictures needs the library zxing-cpp (pip install zxing-cpp).")
    return 0


def _open_window(data: Path, serial: str, language: str) -> int:
    with _scans(data) as scans:
        if serial not in scans:
            raise UnknownScan(serial)
    try:
        window = importlib.import_module("testkit.simulators.scan_window")
    except ImportError:
        return _say("The window needs Tk (on Debian: apt install python3-tk); with an IMAGE no window is needed.")
    return window.show(data, serial, language)


def _say(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
