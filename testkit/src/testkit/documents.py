# SPDX-License-Identifier: Apache-2.0
"""Small PDF files written by hand, so that a test knows every byte: plain ones, and ones with something in them."""

from collections.abc import Iterable


def pdf(
    pages: Iterable[str] = ("Contrat de location",), *, catalog: str = "", page: str = "", extra: Iterable[str] = ()
) -> bytes:
    """One page per text, in Helvetica. `catalog` and `page` are added to those dictionaries; `extra` objects follow and
    are numbered from `first_extra(number of pages)` on."""
    texts = list(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(texts)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(texts):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * number} 0 R {page} >>")
        content = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return _file([*objects, *extra])


def first_extra(pages: int = 1) -> int:
    return 4 + 2 * pages


def with_script() -> bytes:
    return pdf(catalog=f"/OpenAction {first_extra()} 0 R", extra=["<< /S /JavaScript /JS (app.alert\\(1\\)) >>"])


def with_launch() -> bytes:
    """A link on the page that starts a program."""
    return pdf(page=f"/Annots [{first_extra()} 0 R]", extra=[
        "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /Launch /F (calc.exe) >> >>"])


def with_hidden_launch() -> bytes:
    """The same, with the action's name in an object of its own."""
    number = first_extra()
    return pdf(page=f"/Annots [{number} 0 R]", extra=[
        f"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S {number + 1} 0 R /F (calc.exe) >> >>", "/Launch"])


def with_dynamic_form() -> bytes:
    return pdf(catalog=f"/NeedsRendering true /AcroForm << /Fields [] /XFA {first_extra()} 0 R >>",
               extra=["<< /Length 9 >>\nstream\n<template\nendstream"])


def with_layers() -> bytes:
    return pdf(catalog=f"/OCProperties << /OCGs [{first_extra()} 0 R] /D << /OFF [{first_extra()} 0 R] >> >>",
               extra=["<< /Type /OCG /Name (Brouillon) >>"])


def encrypted() -> bytes:
    """Says that it is encrypted, with an empty user password unknown to anybody."""
    number = first_extra()
    content = pdf(extra=["<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + "00" * 32 + "> /U <" + "11" * 32 + "> >>"])
    return content.replace(b"/Root 1 0 R", f"/Encrypt {number} 0 R /ID [<00><00>] /Root 1 0 R".encode())


def _file(objects: list[str]) -> bytes:
    content = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, text in enumerate(objects, start=1):
        places.append(len(content))
        content += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    start = len(content)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return content + (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").encode()
