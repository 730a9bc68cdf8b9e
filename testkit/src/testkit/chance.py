# SPDX-License-Identifier: Apache-2.0
"""What each run draws anew (identifiers, digests, secrets of forms) can hold any four digits by chance."""

import re

_DRAWN = re.compile(r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9A-Za-z_]{32,}\b)", re.IGNORECASE)


def without_chance(text: str) -> str:
    """The text without them: what a test does not find in it is not there."""
    return _DRAWN.sub("…", text)
