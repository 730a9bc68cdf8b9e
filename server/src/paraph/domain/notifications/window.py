# SPDX-License-Identifier: Apache-2.0
"""How large an address is written, so that all of it shows in an envelope's window (DIN 5008 form B; formats DL and C5/6)."""

from collections.abc import Iterable
from textwrap import wrap

# What of the window an address may fill, in millimetres: it is 85 wide and 45 high, the sender stands in its first 12, and a
# letter lies 5 to the left or right in its envelope.
_WIDTH, _HEIGHT = 75, 32
_SIZES = (11, 10, 9, 8, 7, 6)
_POINT = 25.4 / 72
# Of DejaVu Sans, the widest of the fonts that letters are set in: a sign's mean width, in its size.
_SIGN = 0.6
LEADING = 1.25


def address_size(lines: Iterable[str]) -> int:
    """The largest size, in points, in which an address stands in the window with all its lines: at most 11, at least 6."""
    written = list(lines)

    def fits(size: int) -> bool:
        signs = int(_WIDTH / (_SIGN * size * _POINT))
        return sum(len(wrap(line, signs)) for line in written) * LEADING * size * _POINT <= _HEIGHT

    return next(filter(fits, _SIZES), _SIZES[-1])
