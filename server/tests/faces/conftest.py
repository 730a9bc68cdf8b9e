# SPDX-License-Identifier: Apache-2.0
"""HTML as a tree that two writers of the same page agree on: attributes in order, white space collapsed."""

from html.parser import HTMLParser

import pytest

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


class _Reader(HTMLParser):
    def __init__(self, ignored):
        super().__init__(convert_charrefs=True)
        self.ignored = ignored
        self.lines = []
        self.open = []

    def handle_starttag(self, tag, attributes):
        kept = {}
        for name, value in attributes:
            if name in self.ignored:
                continue
            value = value or ""
            if name == "class":
                value = " ".join(sorted(part for part in value.split() if not part.startswith("govuk-js-")))
            kept[name] = " ".join(value.split())
        self.lines.append("  " * len(self.open) + tag + "".join(f" {name}={kept[name]!r}" for name in sorted(kept)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        text = " ".join(data.split())
        if text:
            self.lines.append("  " * len(self.open) + repr(text))


def _tree(html, ignored=()):
    """One line per element and text, indented. Fails when an element is closed in the wrong place or not at all."""
    reader = _Reader(frozenset(ignored))
    reader.feed(html)
    reader.close()
    assert not reader.open, f"not closed: {reader.open}"
    return reader.lines


@pytest.fixture(scope="session")
def tree():
    """The function `tree(html, ignored=())`."""
    return _tree
