# SPDX-License-Identifier: Apache-2.0
"""docs/operate/limits.md names every limit with its numbers."""

import re

from paraph.domain.limits.policy import DEFAULTS

from .reading import ROOT


def test_every_limit_stands_there_with_its_numbers():
    page = (ROOT / "docs/operate/limits.md").read_text()
    shown = re.findall(r"^\| `([a-z_]+)` \| (\d+) \| (\d+) \|", page, re.MULTILINE)
    assert sorted(shown) == sorted((kind, str(limit.tries), str(limit.seconds)) for kind, limit in DEFAULTS.items())
