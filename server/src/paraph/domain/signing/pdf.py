# SPDX-License-Identifier: Apache-2.0
"""Child program (kernel.confinement): takes a foreign PDF apart and appends to it. Nothing else of ours parses PDF to sign.

Actions: `examine` says what the file is and what speaks against signing it; `place` appends an empty signature field with
room for the CMS bytes; `extend` appends the validation material and an empty document time-stamp. What was there before is
never changed: the parent checks that the answer begins with the bytes that it handed in.
"""

import base64
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils import generic, misc
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PdfSignedData, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from paraph.kernel import confinement

# The hexadecimal digits kept free: 16 KiB of CMS hold the chain and a time-stamp with its own, also with 4096-bit keys.
ROOM = 2 * 16 * 1024
FIELD = "Paraph"

ACTIONS = {"/Launch": "launches", "/JavaScript": "script", "/SubmitForm": "sends", "/ImportData": "sends"}
MOVING = frozenset({"/RichMedia", "/3D", "/Movie", "/Screen"})


def handle(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    match request["action"]:
        case "examine":
            return examine(content), b""
        case "place":
            return place(content, name=request["name"], at=datetime.fromisoformat(request["at"]))
        case "extend":
            material = {kind: [base64.b64decode(text) for text in request[kind]] for kind in ("certs", "ocsps", "crls")}
            return extend(content, **material)
    raise ValueError(request["action"])


# --- examine ----------------------------------------------------------------------------------------------------------


def examine(content: bytes) -> dict[str, Any]:
    """`problem` is why it can't be signed (empty: it can), `remarks` what the reader must know before he signs."""
    reader, strict = _open(content)
    if reader.encrypted:
        return {"problem": "encrypted"}
    if reader.xrefs.hybrid_xrefs_present:
        return {"problem": "two_readings"}
    found = _findings(reader)
    certification = read_certification_data(reader)
    if certification is not None and certification.permission is MDPPerm.NO_CHANGES:
        return {"problem": "locked"}
    for problem in ("dynamic_form", "launches"):
        if problem in found:
            return {"problem": problem}
    signatures = sum(1 for _ in enumerate_sig_fields(reader, filled_status=True))
    remarks = sorted(found) + ([] if strict else ["irregular"])
    return {"problem": "", "remarks": remarks, "signatures": signatures}


def _open(content: bytes) -> tuple[PdfFileReader, bool]:
    try:
        return PdfFileReader(BytesIO(content), strict=True), True
    except misc.PdfReadError:
        return PdfFileReader(BytesIO(content), strict=False), False


def _findings(reader: PdfFileReader) -> set[str]:
    """What can change how the document looks, or does something when it is opened, wherever it hangs in the file."""
    found: set[str] = set()
    root = reader.root
    form = _entry(root, "/AcroForm", {})
    if "/XFA" in form:
        # With fields beside it the XFA form is static and the pages show it; without, a viewer makes the pages itself.
        found.add("dynamic_form" if _entry(root, "/NeedsRendering") or not _entry(form, "/Fields") else "form")
    waiting: list[Any] = [root]
    seen: set[tuple[int, int]] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, generic.IndirectObject):
            place_of = (value.idnum, value.generation)
            if place_of in seen:
                continue
            seen.add(place_of)
            value = value.get_object()
        if isinstance(value, generic.DictionaryObject):
            found |= _speaking(value)
            waiting.extend(value.raw_get(key) for key in value)
        elif isinstance(value, generic.ArrayObject):
            waiting.extend(value.raw_get(index) for index in range(len(value)))
    return found


def _entry(value: Any, key: str, otherwise: Any = None) -> Any:
    """What stands under a key, also where it stands in an object of its own."""
    # get() would give the reference itself.
    return value[key] if key in value else otherwise  # noqa: SIM401


def _speaking(value: generic.DictionaryObject) -> set[str]:
    found = set()
    action = _entry(value, "/S")
    if isinstance(action, str) and action in ACTIONS:
        found.add(ACTIONS[action])
    if "/JS" in value or "/JavaScript" in value:
        found.add("script")
    if _entry(value, "/Type") == "/EmbeddedFile" or "/EmbeddedFiles" in value:
        found.add("attachments")
    if "/OCProperties" in value:
        found.add("layers")
    kind = _entry(value, "/Subtype")
    if isinstance(kind, str) and kind in MOVING:
        found.add("moving")
    return found


# --- place, extend ----------------------------------------------------------------------------------------------------


def place(content: bytes, *, name: str, at: datetime) -> tuple[dict[str, Any], bytes]:
    """Append a signature field whose /Contents is empty. `name` is the signer's, `at` the claimed time of signing."""
    writer = _writer(content)
    signature = SignatureObject(timestamp=at, subfilter=SigSeedSubFilter.PADES, name=name, bytes_reserved=ROOM)
    return _append(writer, signature)


def extend(
    content: bytes, *, certs: list[bytes], ocsps: list[bytes], crls: list[bytes]
) -> tuple[dict[str, Any], bytes]:
    """Append the document security store (PAdES B-LT) and in the next revision the empty document time-stamp (B-LTA).

    No VRI dictionary: EN 319 142-1 clause 5.4.2.3 lets validators ignore it, and one store serves all signatures.
    """
    output = BytesIO(content)
    DocumentSecurityStore.add_dss(
        output,
        sig_contents=None,
        certs=[x509.Certificate.load(certificate) for certificate in certs],
        ocsps=[ocsp.OCSPResponse.load(answer) for answer in ocsps],
        crls=[crl.CertificateList.load(entry) for entry in crls],
        force_write=True,
        strict=False,
    )
    return _append(_writer(output.getvalue()), DocumentTimestamp(bytes_reserved=ROOM))


def _writer(content: bytes) -> IncrementalPdfFileWriter:
    _, strict = _open(content)
    return IncrementalPdfFileWriter(BytesIO(content), strict=strict)


def _append(writer: IncrementalPdfFileWriter, placeholder: PdfSignedData) -> tuple[dict[str, Any], bytes]:
    taken = {field[0] for field in enumerate_sig_fields(writer.prev)}
    name = next(f"{FIELD}{number}" for number in range(1, len(taken) + 2) if f"{FIELD}{number}" not in taken)
    steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec(name)).write_cms(name, writer)
    next(steps)
    steps.send(SigObjSetup(placeholder))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    return {"start": prepared.reserved_region_start, "end": prepared.reserved_region_end}, output.getvalue()


if __name__ == "__main__":
    confinement.serve(handle)
