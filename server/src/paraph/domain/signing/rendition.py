# SPDX-License-Identifier: Apache-2.0
"""Child program (kernel.confinement): the pages of a PDF as pictures and as text, made from the very bytes it is given."""

from io import BytesIO
from typing import Any

import pypdfium2

from paraph.kernel import confinement

# Wide enough to read small print on a telephone that zooms; the product bounds pages that claim to be posters.
WIDTH = 1400
MOST_PIXELS = 6_000_000
MOST_CHARACTERS = 100_000


def handle(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        return {"problem": "encrypted" if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD else "damaged"}, b""
    match request["action"]:
        case "count":
            return {"problem": "", "pages": len(document)}, b""
        case "picture":
            return picture(document, request["number"])
        case "text":
            return text(document, request["number"]), b""
    raise ValueError(request["action"])


def picture(document: pypdfium2.PdfDocument, number: int) -> tuple[dict[str, Any], bytes]:
    """Page `number` (from 1) as PNG."""
    document.init_forms()
    leaf = document[number - 1]
    _, _, scale = _size(leaf)
    drawn = leaf.render(scale=scale, may_draw_forms=True).to_pil()
    output = BytesIO()
    drawn.save(output, "PNG")
    return {"problem": ""}, output.getvalue()


def text(document: pypdfium2.PdfDocument, number: int) -> dict[str, Any]:
    """The text that stands on page `number`, in the order in which the file gives it, and the size of its picture."""
    leaf = document[number - 1]
    width, height, scale = _size(leaf)
    found = leaf.get_textpage().get_text_range()[:MOST_CHARACTERS]
    return {"problem": "", "text": found.replace("\r\n", "\n").replace("\x00", ""),
            "width": round(width * scale), "height": round(height * scale)}


def _size(leaf: pypdfium2.PdfPage) -> tuple[float, float, float]:
    width, height = leaf.get_size()
    return width, height, min(WIDTH / max(width, 1), (MOST_PIXELS / max(width * height, 1)) ** 0.5)


if __name__ == "__main__":
    confinement.serve(handle)
