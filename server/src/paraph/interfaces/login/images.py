# SPDX-License-Identifier: Apache-2.0
"""The image that a Scan reads, as a QR code in the page itself: no script, nothing fetched."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import segno
from django.utils.safestring import SafeString, mark_safe

from paraph.pki import scan

# Light modules around the code, so that a camera finds it (ISO/IEC 18004, 9.1).
QUIET_ZONE = 4


@dataclass(frozen=True)
class Image:
    """`svg` is the code, `text` what stands in it, `until` the last instant at which its answer counts; `seconds` are
    left until then."""

    svg: SafeString
    text: str
    until: datetime
    seconds: int

    @property
    def is_over(self) -> bool:
        return self.seconds < 0


def image_of(payload: bytes, *, until: datetime, at: datetime) -> Image:
    text = scan.image_text(payload)
    drawn = segno.make_qr(text, error="l").svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff", dark="#000")
    left = until - at
    # Made of two colours and a path by the library; nothing that a person typed is in it.
    return Image(mark_safe(drawn), text, until, -1 if left < timedelta(0) else int(left.total_seconds()))  # noqa: S308
