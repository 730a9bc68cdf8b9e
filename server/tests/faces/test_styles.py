# SPDX-License-Identifier: Apache-2.0
"""The compiled styles: ours by name, font and colour; readable; nothing fetched from elsewhere."""

import re
from pathlib import Path

import pytest

import faces

PACKAGE = Path(faces.__file__).parent
CSS = (PACKAGE / "static/faces/faces.css").read_text()
LOOK = dict(re.findall(r"^\$([a-z-]+): (#[0-9a-f]{6});", (PACKAGE.parents[1] / "sass/_look.scss").read_text(), re.M))


def luminance(colour):
    parts = [int(colour[start:start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize(("text", "ground"), [
    ("ink", "paper"), ("ink", "paper-shade"), ("ink", "focus"), ("ink", "white"),
    ("green", "paper"), ("green", "paper-shade"), ("green", "white"), ("green-deep", "green-mist"), ("green", "green-mist"),
    ("white", "green"), ("white", "green-deep"), ("white", "red"), ("white", "red-deep"), ("white", "ochre"),
    ("grey", "paper"), ("grey", "paper-shade"), ("grey", "white"),
    ("ochre", "paper"), ("red", "paper"), ("red", "white"), ("red-deep", "red-mist"), ("plum", "paper"), ("plum", "white"),
])
def test_text_has_the_contrast_of_level_aa(text, ground):
    assert contrast(LOOK[text], LOOK[ground]) >= 4.5


def test_focus_and_field_borders_stand_out():
    assert contrast(LOOK["ink"], LOOK["paper"]) >= 3
    assert contrast(LOOK["ink"], LOOK["focus"]) >= 3


def test_colours_of_the_look_are_the_compiled_ones():
    for name in ("green", "paper", "ink", "ochre", "focus", "red"):
        assert LOOK[name] in CSS


def test_no_state_s_font_or_name():
    lowered = CSS.lower()
    for word in ("gds transport", "gov.uk", "crown"):
        assert word not in lowered


def test_no_style_is_for_a_piece_that_no_page_has():
    root = PACKAGE.parents[2]
    pages = "".join(path.read_text() for folder in ("faces", "server", "guichet") for kind in ("html", "js", "py")
                    for path in (root / folder / "src").rglob(f"*.{kind}"))
    ours = set(re.findall(r"\.(faces-[a-z0-9_-]+)", CSS))
    assert len(ours) > 50
    # What stands behind two dashes is a kind, which a page may give to its piece.
    assert not {name for name in ours if name.partition("--")[0] not in pages}


def test_every_address_in_the_styles_is_a_file_of_ours():
    for address in re.findall(r'url\(["\']?([^)"\']+)', CSS):
        assert address.startswith("data:image/svg+xml") or (PACKAGE / "static/faces" / address).is_file(), address
