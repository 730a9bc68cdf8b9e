# SPDX-License-Identifier: Apache-2.0
"""Child program (kernel.confinement): opens a foreign PDF, finds its signatures, and judges each with `ades`.

What is signed is hashed here, from the file's bytes, by a byte range that is checked first: it begins at 0, leaves out
exactly the signature's own hexadecimal string, and ends inside the file.
"""

import base64
import hashlib
import re
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Any

from asn1crypto import core
from pyhanko.pdf_utils import generic, misc
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from paraph.domain.validation import ades, cms, report
from paraph.domain.validation.ades import Embedded, World
from paraph.domain.validation.evidence import Archive
from paraph.domain.validation.paths import Pool
from paraph.kernel import confinement

# Comparing revisions costs more the more there are: beyond this nobody gets a promise about later changes.
MOST_COMPARED = 24
# What a library that reads foreign PDF may raise, besides its own errors.
BROKEN = (misc.PdfError, *cms.MALFORMED)
HEXADECIMAL = re.compile(rb"<[0-9A-Fa-f\s]*>")


def handle(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    at = datetime.fromisoformat(request["at"])
    found = {name: [base64.b64decode(text) for text in request[name]] for name in ("anchors", "certificates", "lists")}
    told = validate(content, at, **found)
    return told.as_dict(), b""


def validate(
    content: bytes, at: datetime, *, anchors: list[bytes], certificates: list[bytes], lists: list[bytes]
) -> report.Report:
    def answer(code: str, verdict: str = report.UNDETERMINED, **more: Any) -> report.Report:
        return report.Report(code=code, verdict=verdict, at=at.isoformat(), size=len(content),
                             sha256=hashlib.sha256(content).hexdigest(), **more)

    try:
        reader = PdfFileReader(BytesIO(content), strict=False)
        if reader.encrypted:
            return answer("encrypted")
        fields = list(enumerate_sig_fields(reader, filled_status=True))
    except BROKEN:
        return answer("damaged")
    if not fields:
        return answer("no_signature")
    compared = len(fields) <= MOST_COMPARED
    embedded = [_embedded(reader, content, *one, compared=compared) for one in fields]
    store = _store(reader)
    archive = Archive(
        answers=tuple(("document", one) for one in store["ocsps"]),
        lists=(*(("document", one) for one in store["crls"]), *(("live", one) for one in lists)),
        proven=at)
    world = World(Pool.of(anchors, [*certificates, *store["certs"]]), archive, at)
    stamps, world = ades.judge_stamps([one for one in embedded if one.is_stamp], world)
    signatures = [ades.judge(one, world, stamps) for one in embedded if not one.is_stamp]
    told = [stamp.told for stamp in stamps]
    if not signatures:
        return answer("no_signature", timestamps=told)
    return answer("signed", _together(signatures), signatures=signatures, timestamps=told)


def _together(signatures: list[report.Signature]) -> str:
    """The file is as good as its weakest signature."""
    verdicts = {signature.verdict for signature in signatures}
    return next(verdict for verdict in (report.NOT_VALID, report.UNDETERMINED, report.VALID) if verdict in verdicts)


def _embedded(
    reader: PdfFileReader, content: bytes, name: str, value: Any, reference: Any, *, compared: bool
) -> Embedded:
    """A signature field's content; whatever is wrong with it is told as its flaw."""
    nothing = partial(Embedded, field=str(name), container=b"", digest_of=lambda _: b"", end=0, covers_all=False)
    try:
        value = value.get_object() if isinstance(value, generic.IndirectObject) else value
        is_stamp = _entry(value, "/Type") == "/DocTimeStamp" or _entry(value, "/SubFilter") == "/ETSI.RFC3161"
        sealed = value.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW).original_bytes
        ranges = [int(number) for number in value.raw_get("/ByteRange").get_object()]
    except BROKEN:
        return nothing(is_stamp=False, flaw="unreadable")
    if not _is_sound(ranges, content, sealed):
        return nothing(is_stamp=is_stamp, flaw="byte_range", container=_without_padding(sealed))
    _, first, second, rest = ranges
    end = second + rest
    try:
        signature = EmbeddedPdfSignature(reader, reference, name)
        claimed = signature.self_reported_timestamp
        flaw, later = _later(signature, end == len(content), compared=compared)
    except BROKEN:
        claimed, flaw, later = None, "", "not_examined" if end < len(content) else "none"
    return Embedded(
        field=str(name), is_stamp=is_stamp, container=_without_padding(sealed),
        digest_of=lambda algorithm: cms.digest_of(algorithm, content[:first] + content[second:end]),
        end=end, covers_all=end == len(content), later_changes=later, flaw=flaw,
        claimed_at=claimed.astimezone(UTC) if claimed is not None and claimed.tzinfo else None)


def _entry(value: Any, key: str) -> Any:
    """What stands under a key, also where it stands in an object of its own; None where nothing does."""
    # get() would give the reference itself.
    return value[key] if key in value else None  # noqa: SIM401


def _is_sound(ranges: list[int], content: bytes, sealed: bytes) -> bool:
    if len(ranges) != 4 or ranges[0] != 0 or min(ranges) < 0:
        return False
    _, first, second, rest = ranges
    if not 0 < first < second <= second + rest <= len(content):
        return False
    gap = content[first:second]
    # The gap is one hexadecimal string and nothing else, and it is this signature's own.
    if not HEXADECIMAL.fullmatch(gap):
        return False
    digits = gap[1:-1].translate(None, b" \t\r\n\f\x00")
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()) == sealed


def _without_padding(sealed: bytes) -> bytes:
    """The container without the zeros behind it."""
    try:
        return core.Any.load(sealed, strict=False).dump()
    except cms.MALFORMED:
        return sealed


def _later(signature: EmbeddedPdfSignature, covers_all: bool, *, compared: bool) -> tuple[str, str]:
    """(flaw, what came after the signed revision): none, proofs, forms, suspicious, not_examined."""
    if covers_all:
        return "", "none"
    signature.coverage = signature.evaluate_signature_coverage()
    if signature.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return "partial_revision", "suspicious"
    if not compared:
        return "", "not_examined"
    found = signature.evaluate_modifications(DEFAULT_DIFF_POLICY)
    if not isinstance(found, DiffResult):
        return "", "suspicious"
    allowed = signature.docmdp_level
    if allowed is not None and found.modification_level.value > allowed.value:
        return "", "suspicious"
    levels = {ModificationLevel.NONE: "none", ModificationLevel.LTA_UPDATES: "proofs",
              ModificationLevel.FORM_FILLING: "forms", ModificationLevel.ANNOTATIONS: "forms"}
    return "", levels.get(found.modification_level, "suspicious")


def _store(reader: PdfFileReader) -> dict[str, list[bytes]]:
    """The raw content of the document security store; what can't be read is left out."""
    found: dict[str, list[bytes]] = {"certs": [], "ocsps": [], "crls": []}
    try:
        store = reader.root["/DSS"]
    except BROKEN:
        return found
    for name, key in (("certs", "/Certs"), ("ocsps", "/OCSPs"), ("crls", "/CRLs")):
        try:
            entries = list(_entry(store, key) or ())
        except BROKEN:
            continue
        for entry in entries:
            try:
                found[name].append(entry.get_object().data)
            except BROKEN:
                continue
    return found


if __name__ == "__main__":
    confinement.serve(handle)
