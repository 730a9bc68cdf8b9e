# SPDX-License-Identifier: Apache-2.0
"""Child program (kernel.confinement): a holder's own picture drawn anew. Of the file that was sent nothing is kept: no
place, no date, no camera, no thumbnail, no bytes behind the end."""

from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from paraph.kernel import confinement

FORMATS = ("JPEG", "PNG", "WEBP")
# What it is made into: as large as it is shown on a telephone with a fine screen.
SIDE = 320
SMALLEST = 64
MOST_PIXELS = 50_000_000


def handle(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return {"problem": "too_large"}, b""
            if min(opened.size) < SMALLEST:
                return {"problem": "too_small"}, b""
            # A photograph is read at a fraction of its size where its format allows that.
            opened.draft("RGB", (SIDE * 2, SIDE * 2))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((SIDE, SIDE))
            drawn = Image.new("RGB", upright.size, "white")
            layered = upright.convert("RGBA")
            drawn.paste(layered, mask=layered.getchannel("A"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return {"problem": "unreadable"}, b""
    output = BytesIO()
    drawn.save(output, "JPEG", quality=82)
    return {"problem": ""}, output.getvalue()


if __name__ == "__main__":
    confinement.serve(handle)
