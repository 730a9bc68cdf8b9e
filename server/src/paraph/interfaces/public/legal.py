# SPDX-License-Identifier: Apache-2.0
"""A legal text as blocks: lines that begin with # are headings, the others paragraphs."""


def blocks(body: str) -> list[tuple[str, str]]:
    return [("heading", line[2:]) if line.startswith("# ") else ("paragraph", line)
            for line in body.splitlines() if line.strip()]
