# SPDX-License-Identifier: Apache-2.0
"""Letters for a printing house: encrypted, in a folder from which it takes them, and its receipts back from another.

    ready/ID/                       one letter, complete from the instant that it is seen
        letter.pdf.p7m              the PDF, encrypted for the house's certificate
        manifest.json.p7m           SHA-256 and size of the PDF, address, postage; encrypted as well
    receipts/NAME.json              what the house says of a letter; gone when read, in .own/refused when it says nothing
    .own/                           ours alone

A letter appears once, however often it is handed over: what was released stands in a journal, written before the folder is
moved into place with one rename. All under a lock, so on one file system of one host (or one that locks).
"""

import fcntl
import json
import logging
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

from paraph.domain.notifications.channels import REFERENCE, Outcome, Outgoing, Receipt, Unreachable
from paraph.pki.cms import Recipient

LARGEST_RECEIPT = 4096
RECEIPTS_AT_ONCE = 200
_ENTRIES = {"folder", "certificate", "postage"}
_POSTAGE = re.compile(r"[a-z0-9-]{1,40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The printing house is another account, of the folder's group: it must be able to take the letters away.
_SHARED_FOLDER, _SHARED_FILE = 0o2770, 0o660
_FOLDERS = {".own": 0o700, ".own/staged": 0o700, ".own/journal": 0o700, ".own/refused": 0o700, "ready": _SHARED_FOLDER,
            "receipts": _SHARED_FOLDER}
logger = logging.getLogger("paraph.letters")


class NoReceipt(ValueError):
    """A file that says nothing about a letter."""


class NotOurs(PermissionError):
    """The folder belongs to another user: what this one wrote there, that one could neither read nor move."""


@dataclass(frozen=True, kw_only=True)
class LetterSpool:
    """`postage` are the house's names of the classes: of letters with codes ("codes") and of others ("notices")."""

    folder: Path
    recipient: Recipient
    postage: Mapping[str, str] = field(default_factory=lambda: {"codes": "registered", "notices": "standard"})
    keeps_codes: bool = False

    @classmethod
    def described(cls, table: Mapping[str, Any]) -> "LetterSpool":
        """The table [channels.letter] of an operator profile. Raises ValueError for what it must not say, in one sentence."""
        unknown = set(table) - _ENTRIES
        if unknown:
            raise ValueError(f"unknown entries of [channels.letter]: {', '.join(sorted(unknown))}")
        folder, certificate = Path(str(table.get("folder", ""))), Path(str(table.get("certificate", "")))
        if not folder.is_absolute() or not certificate.is_absolute():
            raise ValueError("[channels.letter]: folder and certificate are absolute paths")
        postage = {"codes": "registered", "notices": "standard", **table.get("postage", {})}
        if set(postage) != {"codes", "notices"} or not all(_POSTAGE.fullmatch(str(name)) for name in postage.values()):
            raise ValueError("[channels.letter]: postage names a class for codes and one for notices (a-z, 0-9 and -)")
        try:
            recipient = Recipient.read(certificate.read_bytes())
        except (OSError, ValueError) as error:
            raise ValueError(f"[channels.letter]: the certificate {certificate} can't be used: {error}") from error
        return cls(folder=folder, recipient=recipient, postage=postage)

    def send(self, message: Outgoing) -> str:
        """Returns the SHA-256 of the PDF, which a receipt has to name."""
        if not _ID.fullmatch(message.id):
            raise ValueError("a message's id names its folder")
        if not self.recipient.in_force(message.at):
            raise Unreachable("letter_certificate_not_in_force")
        try:
            with self._locked():
                known = self._journal(message.id)
                if known.exists():
                    digest = json.loads(known.read_bytes())["sha256"]
                else:
                    digest = self._stage(message)
                    _write(known, json.dumps({"sha256": digest}).encode(), 0o600)
                    _settle(known.parent)
                staged = self._staged(message.id)
                if staged.exists():
                    staged.rename(self.folder / "ready" / message.id)
                    _settle(self.folder / "ready")
                return digest
        except OSError as error:
            raise Unreachable(f"letter_{type(error).__name__}") from None

    def waiting(self) -> Iterable[Receipt]:
        with self._locked():
            paths = sorted((self.folder / "receipts").glob("*.json"))[:RECEIPTS_AT_ONCE]
        for path in paths:
            try:
                yield _receipt(path)
            except NoReceipt as error:
                self._put_aside(path, str(error))
            except OSError as error:
                self._put_aside(path, type(error).__name__)

    def settle(self, receipt: Receipt, *, known: bool) -> None:
        """The journal forgets a letter when its first receipt is written down: it will not be handed over again."""
        path = self.folder / "receipts" / receipt.name
        if known:
            self._journal(receipt.message_id).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        else:
            self._put_aside(path, "no letter of ours")

    def fault(self) -> str:
        """What keeps letters from being written here, or safe, in a few words; empty when nothing does. Writes nothing. Root, who
        may write everywhere, can't judge for another."""
        try:
            found = self.folder.stat()
        except OSError as error:
            return f"{self.folder}: {error.strerror}"
        if not S_ISDIR(found.st_mode):
            return f"{self.folder} is no folder"
        if found.st_mode & 0o022:
            return f"others than its owner may write in {self.folder} itself: they could move what is ours"
        if os.geteuid() not in (0, found.st_uid):
            return f"{self.folder} belongs to another user"
        return "" if os.access(self.folder, os.W_OK | os.X_OK) else f"{self.folder} can't be written"

    def _stage(self, message: Outgoing) -> str:
        """The letter stands complete beside the folder `ready`, on the disk. Returns the digest of its PDF."""
        document = import_module("paraph.domain.notifications.letters").pdf(message.html)
        digest = sha256(document).hexdigest()
        manifest = {
            "letter": message.id, "created": message.at.astimezone(UTC).isoformat(timespec="seconds"),
            "document": "letter.pdf.p7m", "sha256": digest, "bytes": len(document), "language": message.language,
            "address": message.address.splitlines(), "postage": self.postage["codes" if message.secret else "notices"]}
        staged = self._staged(message.id)
        shutil.rmtree(staged, ignore_errors=True)  # what a crash left half written
        staged.mkdir()
        _write(staged / "letter.pdf.p7m", self.recipient.encrypt(document), _SHARED_FILE)
        said = json.dumps(manifest, ensure_ascii=False).encode()
        _write(staged / "manifest.json.p7m", self.recipient.encrypt(said), _SHARED_FILE)
        staged.chmod(_SHARED_FOLDER)
        _settle(staged)
        _settle(staged.parent)
        return digest

    def _staged(self, message_id: str) -> Path:
        return self.folder / ".own" / "staged" / message_id

    def _journal(self, message_id: str) -> Path:
        return self.folder / ".own" / "journal" / f"{message_id}.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time. Makes the folders below the operator's, which must be there and this user's."""
        if self.folder.stat().st_uid != os.geteuid():
            raise NotOurs(f"{self.folder} belongs to another user")
        for name, mode in _FOLDERS.items():
            path = self.folder / name
            if not path.is_dir():
                path.mkdir(exist_ok=True)
                path.chmod(mode)
        with (self.folder / ".own" / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _put_aside(self, path: Path, fault: str) -> None:
        """To where the house can't write: a folder of its own making could lead anywhere."""
        logger.warning("a receipt says nothing", extra={"fields": {"fault": fault}})
        path.rename(self.folder / ".own" / "refused" / path.name)


def _write(path: Path, content: bytes, mode: int) -> None:
    """The file is whole and on the disk when this returns, or it is not there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    draft.rename(path)


def _settle(folder: Path) -> None:
    """What was renamed in the folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _receipt(path: Path) -> Receipt:
    """Foreign input: a small regular file. Raises NoReceipt, OSError."""
    # A link or a pipe in the place of a file is neither followed nor waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not S_ISREG(os.fstat(descriptor).st_mode):
            raise NoReceipt("no regular file")
        return read_receipt(path.name, file.read(LARGEST_RECEIPT + 1))


def read_receipt(name: str, content: bytes) -> Receipt:
    """What a file of this name says. Raises NoReceipt."""
    if len(content) > LARGEST_RECEIPT:
        raise NoReceipt("too large")
    try:
        said = json.loads(content)
        letter, digest, outcome, at = (said[name] for name in ("letter", "sha256", "outcome", "at"))
        instant = datetime.fromisoformat(at)
        aware = instant.tzinfo is not None and instant.astimezone(UTC)
        reference = said.get("reference", "")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise NoReceipt("no receipt") from None
    fits = (isinstance(letter, str) and _ID.fullmatch(letter) and isinstance(digest, str) and _DIGEST.fullmatch(digest)
            and outcome in list(Outcome) and aware and isinstance(reference, str)
            and (not reference or REFERENCE.fullmatch(reference)))
    if not fits:
        raise NoReceipt("no receipt")
    return Receipt(name=name, message_id=letter, digest=digest, outcome=Outcome(outcome), at=aware, reference=reference)
