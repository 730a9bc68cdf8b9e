# SPDX-License-Identifier: Apache-2.0
"""python -m paraph.config.diagrams > docs/lifecycles.md: every lifecycle of the domain as a picture, from its table."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from paraph.kernel.lifecycle import Lifecycle

DOMAIN = Path(__file__).resolve().parent.parent / "domain"
HEAD = """<!-- SPDX-License-Identifier: Apache-2.0. Made by: python -m paraph.config.diagrams > docs/lifecycles.md -->
# Lifecycles

One table per record kind says which moves are legal (`lifecycle.py` of each app). Only `Lifecycle.advance()` writes the
state, and only where the old state still stands. Names of states are stored, so they are frozen once released. A picture
without a start begins in the state in which its row is written.
"""


def lifecycles() -> Iterator[tuple[str, Lifecycle]]:
    """Each lifecycle with the app that it belongs to, in a fixed order."""
    for path in sorted(DOMAIN.glob("*/lifecycle.py")):
        module = importlib.import_module(f"paraph.domain.{path.parent.name}.lifecycle")
        for value in vars(module).values():
            if isinstance(value, Lifecycle):
                yield path.parent.name, value


def page() -> str:
    parts = [HEAD]
    for app, lifecycle in lifecycles():
        parts.append(f"## {lifecycle.name.replace('_', ' ').capitalize()}\n\n`domain/{app}/lifecycle.py`\n\n"
                     f"```mermaid\n{lifecycle.diagram()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
