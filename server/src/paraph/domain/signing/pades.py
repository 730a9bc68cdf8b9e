# SPDX-License-Identifier: Apache-2.0
"""PAdES B-LTA (EN 319 142-1) in three steps, so that the signature itself can be made elsewhere and at another time.

`inspect` is what a document must pass before anybody signs it, `page_text` and `page_picture` what its reader sees; `place`
fixes the bytes that will be signed; `complete` adds the released signature with its time-stamp, the validation material, and
the document time-stamp. Foreign PDF is only ever parsed in the child programs `pdf` and `rendition`.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext_noop as _

from paraph.domain.signing import cades
from paraph.kernel import confinement, rules
from paraph.kernel.confinement import ChildFailed, Limits, TooBusy
from paraph.kernel.errors import Refusal
from paraph.pki import keys
from paraph.pki.x509 import subject_and_key

PDF = "paraph.domain.signing.pdf"
RENDITION = "paraph.domain.signing.rendition"
MEGABYTE = 1024 * 1024
LIMITS = Limits(cpu_seconds=20, seconds=40, memory_megabytes=1024, answer_megabytes=160)


class UnsuitableDocument(Refusal):
    """Base of what speaks against signing a file."""

    status = 422


class NothingSent(UnsuitableDocument):
    code = "document_empty"
    sentence = _("Choisissez un fichier PDF : celui-ci est vide.")


class NotPDF(UnsuitableDocument):
    code = "document_not_pdf"
    sentence = _("Ce fichier n’est pas un PDF. "
                 "Enregistrez votre document au format PDF et recommencez.")


class TooLarge(UnsuitableDocument):
    code = "document_too_large"
    sentence = _("Ce fichier dépasse %(megabytes)s Mo. Choisissez un fichier plus petit.")


class TooManyPages(UnsuitableDocument):
    code = "document_too_many_pages"
    sentence = _("Ce document a plus de %(pages)s pages. Divisez-le en plusieurs fichiers.")


class Encrypted(UnsuitableDocument):
    code = "document_encrypted"
    sentence = _("Ce PDF est protégé par un mot de passe ou chiffré. Enregistrez-le sans protection et recommencez.")


class Damaged(UnsuitableDocument):
    code = "document_damaged"
    sentence = _("Ce PDF est endommagé ou incomplet. "
                 "Ouvrez-le dans votre lecteur, enregistrez-le de nouveau et recommencez.")


class Launches(UnsuitableDocument):
    code = "document_launches_programs"
    sentence = _("Ce PDF peut lancer un programme sur l’ordinateur de son lecteur. "
                 "Par sécurité, il ne peut pas être signé ici.")


class DynamicForm(UnsuitableDocument):
    code = "document_dynamic_form"
    sentence = _("Ce PDF est un formulaire dynamique : ce qu’il montre peut changer après la signature. "
                "Imprimez-le dans un nouveau PDF et signez celui-ci.")


class TwoReadings(UnsuitableDocument):
    code = "document_two_readings"
    sentence = _("La structure de ce PDF permet deux lectures différentes du même fichier. "
                "Imprimez-le dans un nouveau PDF et signez celui-ci.")


class Locked(UnsuitableDocument):
    code = "document_locked"
    sentence = _("Une signature précédente interdit toute modification de ce document : "
                 "une autre signature la rendrait non valable.")


class CannotExamineNow(Refusal):
    code = "documents_busy"
    sentence = _("Le service examine beaucoup de documents en ce moment. Réessayez dans une minute : rien n’est perdu.")
    status = 503


class NotTheHoldersSignature(Exception):
    """The signature that came back does not fit the certificate and the attributes: nothing is assembled from it."""


_PROBLEMS = {
    "encrypted": Encrypted, "damaged": Damaged, "launches": Launches, "dynamic_form": DynamicForm,
    "two_readings": TwoReadings, "locked": Locked,
}


@dataclass(frozen=True)
class Findings:
    """A document that can be signed. `remarks` are codes of what its reader must know first: script, attachments, layers,
    moving, sends, form, irregular."""

    pages: int
    signatures: int
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class PageText:
    """What stands on a page, for whoever can't see its picture, and the picture's size in pixels."""

    text: str
    width: int
    height: int


@dataclass(frozen=True)
class Placed:
    """The bytes that will be signed: everything but the gap between `start` and `end`."""

    content: bytes
    start: int
    end: int
    attributes: bytes

    @property
    def digest(self) -> bytes:
        """The SHA-256 that the signer signs, and nothing else."""
        return sha256(self.attributes).digest()


@dataclass(frozen=True)
class Material:
    """What lets anybody check the signature later without asking us: certificates, OCSP answers, lists, in DER."""

    certificates: list[bytes]
    answers: list[bytes] = field(default_factory=list)
    lists: list[bytes] = field(default_factory=list)


def inspect(content: bytes) -> Findings:
    """Refuses with a subclass of UnsuitableDocument, each with its own code, or CannotExamineNow."""
    limits = rules.current()
    if not content:
        raise NothingSent()
    if len(content) > limits.document_megabytes * MEGABYTE:
        raise TooLarge(megabytes=limits.document_megabytes)
    # ISO 32000-1 annex H: readers accept a header within the first 1024 bytes; a signed file must begin with it.
    if not content.startswith(b"%PDF-"):
        raise Damaged() if b"%PDF-" in content[:1024] else NotPDF()
    counted, _ = _child(RENDITION, {"action": "count"}, content)
    _refuse(counted["problem"])
    if counted["pages"] < 1:
        raise Damaged()
    if counted["pages"] > limits.document_pages:
        raise TooManyPages(pages=limits.document_pages)
    examined, _ = _child(PDF, {"action": "examine"}, content)
    _refuse(examined["problem"])
    return Findings(counted["pages"], examined["signatures"], tuple(examined["remarks"]))


def page_text(content: bytes, number: int) -> PageText:
    """The text of page `number`, from 1. Refuses Damaged, CannotExamineNow."""
    read, _ = _child(RENDITION, {"action": "text", "number": number}, content)
    _refuse(read["problem"])
    return PageText(read["text"], read["width"], read["height"])


def page_picture(content: bytes, number: int) -> bytes:
    """Page `number`, from 1, as PNG. Refuses Damaged when the page can't be drawn, CannotExamineNow."""
    drawn, png = _child(RENDITION, {"action": "picture", "number": number}, content)
    _refuse(drawn["problem"])
    return png


def place(content: bytes, *, certificate: bytes, name: str, at: datetime) -> Placed:
    """Append the empty signature and fix what is signed. `name` is the signer's, `at` the claimed time."""
    answer, placed = _child(PDF, {"action": "place", "name": name, "at": at.isoformat()}, content)
    start, end = _gap(answer, content, placed)
    return Placed(placed, start, end, cades.signed_attributes(_digest(placed, start, end), certificate))


def complete(
    placed: Placed, *, signature: bytes, chain: list[bytes], stamp: Callable[[bytes], bytes],
    material: Callable[[], Material],
) -> bytes:
    """The signed document. `chain` begins with the signer's certificate; `stamp` turns a SHA-256 into a TimeStampToken;
    `material` is asked after the first stamp, so that it says the status after the proven time.

    Raises NotTheHoldersSignature before anything is made of a signature that does not verify.
    """
    public_key_der = subject_and_key(chain[0])[1]
    if not keys.verifies(public_key_der, signature, placed.attributes):
        raise NotTheHoldersSignature()
    container = cades.assemble(
        attributes=placed.attributes, signature=signature, algorithm=keys.algorithm_of(public_key_der), chain=chain,
        timestamp=stamp(sha256(signature).digest()))
    signed = _fill(placed.content, placed.start, placed.end, container)
    proof = material()
    answer, extended = _child(PDF, {
        "action": "extend",
        "certs": _texts(proof.certificates), "ocsps": _texts(proof.answers), "crls": _texts(proof.lists),
    }, signed)
    start, end = _gap(answer, signed, extended)
    return _fill(extended, start, end, stamp(_digest(extended, start, end)))


def _child(module: str, request: dict, content: bytes) -> tuple[dict, bytes]:
    try:
        return confinement.run(module, request, content, LIMITS)
    except ChildFailed as error:
        raise Damaged() from error
    except TooBusy as error:
        raise CannotExamineNow() from error


def _refuse(problem: str) -> None:
    if problem:
        raise _PROBLEMS[problem]()


def _gap(answer: dict, before: bytes, after: bytes) -> tuple[int, int]:
    """Where the child left room. The child saw a foreign file, so its answer is checked, not believed: what was read stands
    unchanged at the beginning, and the gap is one empty hexadecimal string behind it."""
    start, end = int(answer["start"]), int(answer["end"])
    gap = after[start:end]
    if not after.startswith(before) or not len(before) <= start < end <= len(after) \
            or gap[:1] != b"<" or gap[-1:] != b">" or gap[1:-1].strip(b"0"):
        raise Damaged()
    return start, end


def _digest(content: bytes, start: int, end: int) -> bytes:
    return sha256(content[:start] + content[end:]).digest()


def _fill(content: bytes, start: int, end: int, value: bytes) -> bytes:
    digits = value.hex().encode().ljust(end - start - 2, b"0")
    if len(digits) != end - start - 2:
        raise ValueError("the signature does not fit into the room that was left for it")
    return content[: start + 1] + digits + content[end - 1 :]


def _texts(values: list[bytes]) -> list[str]:
    return [base64.b64encode(value).decode() for value in values]
