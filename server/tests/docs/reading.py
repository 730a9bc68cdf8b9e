# SPDX-License-Identifier: Apache-2.0
"""Reads commands out of the documents: the fenced blocks that are marked as sh."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"<!-- run: ([\w-]+) -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    return [*sorted(ROOT.glob("[A-Z]*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text())


def named_blocks(page: Path) -> dict[str, str]:
    """The blocks that a test runs as they stand, by the name in the comment before them."""
    return dict(NAMED.findall(page.read_text()))


def commands(block: str) -> Iterator[list[str]]:
    """Each simple command of a block as its words, without assignments, redirections and what only connects."""
    joined = block.replace("\\\n", " ")
    for line in joined.splitlines():
        for part in re.split(r"&&|\|\||;|\|(?!\|)|\$\(|\)", line.split(" # ")[0]):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:
                continue
            while words and re.fullmatch(r"[A-Z_0-9]+=.*", words[0]):
                words.pop(0)
            words = [word for word in words if not re.match(r"\d?[<>]", word)]
            if words:
                yield words
