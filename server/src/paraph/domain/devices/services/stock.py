# SPDX-License-Identifier: Apache-2.0
"""Stock: Tokens and Scans as their maker delivers them. All of a delivery, or nothing of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.devices.events import Event
from paraph.domain.devices.methods.token import TOKEN
from paraph.domain.devices.models import Device
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.signer.client import Signer
from paraph.signer.errors import SignerRefusal

LONGEST_SERIAL = 40
SEED_OCTETS, SCAN_KEY_OCTETS = range(16, 65), range(32, 33)


@dataclass(frozen=True, kw_only=True)
class TokenSeed:
    """One Token as its maker delivers it."""

    serial: str
    seed: bytes = field(repr=False)
    method: str = "totp"
    digits: int = 6
    step_seconds: int = 30
    counter: int = 0


@dataclass(frozen=True, kw_only=True)
class ScanKey:
    """One Scan as its maker delivers it: the key that opens the images of its activation."""

    serial: str
    factory_key: bytes = field(repr=False)


@dataclass(frozen=True)
class StockFault:
    """What is wrong with one entry of a delivery. `code`: bad_serial, serial_twice, secret_twice, bad_secret,
    bad_digits, bad_step, bad_method, in_stock_already; from the signer, which alone knows the secrets that it has:
    device_exists, seed_in_use, attempt_reused."""

    number: int
    serial: str
    code: str


class BadStock(Refusal):
    """The delivery has faults; nothing of it was taken. `faults` lists every one."""

    code = "bad_stock"
    sentence = "Cette livraison contient des erreurs. Rien n’a été mis en stock."
    status = 422

    def __init__(self, faults: Sequence[StockFault]) -> None:
        super().__init__(count=len(faults))
        self.faults = list(faults)


def name_of(serial: str) -> str:
    """A serial number as it is stored and asked for."""
    return serial.strip().upper()


def import_attempt(serial: str) -> UUID:
    """The name of a device's import at the signer: importing it again after an interruption is the same attempt."""
    return uuid5(NAMESPACE_OID, f"paraph devices import {name_of(serial)}")


def check_stock(
    tokens: Iterable[TokenSeed] = (), scans: Iterable[ScanKey] = (), *, may_be_there: bool = False
) -> list[StockFault]:
    """Every fault of a delivery, numbered from 1 in the order Tokens, Scans. `may_be_there`: what is in stock already is
    none (the signer still refuses another secret for it)."""
    entries = [*tokens, *scans]
    names = Counter(name_of(entry.serial) for entry in entries)
    secrets = Counter(_secret(entry) for entry in entries)
    known = set() if may_be_there else set(
        Device.objects.filter(serial__in=list(names)).values_list("serial", flat=True))
    faults = []
    for number, entry in enumerate(entries, 1):
        serial = name_of(entry.serial)
        found = {
            "bad_serial": not _is_serial(serial),
            "serial_twice": names[serial] > 1,
            "secret_twice": secrets[_secret(entry)] > 1,
            "in_stock_already": serial in known,
            **_faults_of_kind(entry),
        }
        faults += [StockFault(number, serial, code) for code, holds in found.items() if holds]
    return faults


def import_stock(
    *, tokens: Iterable[TokenSeed] = (), scans: Iterable[ScanKey] = (), organisation_id: object = None, signer: Signer,
    caller: Caller
) -> list[Device]:
    """The devices are in stock and their secrets in the signer. Importing the same again changes nothing.

    The signer takes the secrets first, each under an attempt that follows from the serial number; then all rows are
    written at once. An interruption between leaves secrets that nobody can hand out, and importing again mends it.
    Refuses: BadStock, also with the entry that the signer refuses; SignerUnavailable.
    """
    tokens, scans = list(tokens), list(scans)
    if faults := check_stock(tokens, scans, may_be_there=True):
        raise BadStock(faults)
    for number, entry in enumerate((*tokens, *scans), 1):
        try:
            _give(signer, entry)
        except SignerRefusal as refusal:
            raise BadStock([StockFault(number, name_of(entry.serial), refusal.code)]) from refusal
    stocked = []
    with transaction.atomic():
        for entry in (*tokens, *scans):
            device, created = Device.objects.get_or_create(serial=name_of(entry.serial), defaults={
                "type": _type(entry), "organisation_id": organisation_id, "state_since": caller.at})
            if created:
                audit.record(Event.DEVICE_STOCKED, about=("device", device.id), caller=caller,
                             facts={"type": device.type, "serial": device.serial, "organisation": organisation_id})
            stocked.append(device)
    return stocked


def _give(signer: Signer, entry: TokenSeed | ScanKey) -> None:
    attempt, serial = str(import_attempt(entry.serial)), name_of(entry.serial)
    if isinstance(entry, ScanKey):
        signer.import_scan(attempt=attempt, serial=serial, factory_key=entry.factory_key)
    else:
        signer.import_token(attempt=attempt, serial=serial, seed=entry.seed, method=entry.method, digits=entry.digits,
                            step_seconds=entry.step_seconds, counter=entry.counter)


def _type(entry: TokenSeed | ScanKey) -> str:
    return "token" if isinstance(entry, TokenSeed) else "scan"


def _secret(entry: TokenSeed | ScanKey) -> bytes:
    return entry.seed if isinstance(entry, TokenSeed) else entry.factory_key


def _is_serial(serial: str) -> bool:
    return 0 < len(serial) <= LONGEST_SERIAL and serial.isascii() and serial.isprintable() and " " not in serial


def _faults_of_kind(entry: TokenSeed | ScanKey) -> dict[str, bool]:
    """R107: a Token shows six digits. RFC 4226 section 4, R6: a seed has at least 128 bits."""
    if isinstance(entry, ScanKey):
        return {"bad_secret": len(entry.factory_key) not in SCAN_KEY_OCTETS}
    return {"bad_secret": len(entry.seed) not in SEED_OCTETS, "bad_digits": entry.digits != TOKEN.answer_length,
            "bad_method": entry.method not in ("totp", "hotp"), "bad_step": not 10 <= entry.step_seconds <= 300}
