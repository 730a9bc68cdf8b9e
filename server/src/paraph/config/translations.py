# SPDX-License-Identifier: Apache-2.0
"""`python -m paraph.config.translations` compiles every django.po beside it; `--check` only compares."""

import sys
from pathlib import Path

import polib

PACKAGE = Path(__file__).resolve().parent.parent
WORKSPACE = PACKAGE.parents[2]


def catalogues() -> list[Path]:
    folders = (PACKAGE, WORKSPACE / "faces" / "src", WORKSPACE / "guichet" / "src")
    return sorted(path for folder in folders for path in folder.rglob("locale/*/LC_MESSAGES/django.po"))


def compiled(path: Path) -> bytes:
    return polib.pofile(str(path)).to_binary()


def main() -> int:
    stale = [path for path in catalogues()
             if not path.with_suffix(".mo").exists() or path.with_suffix(".mo").read_bytes() != compiled(path)]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path}: not compiled")
        return 1 if stale else 0
    for path in stale:
        path.with_suffix(".mo").write_bytes(compiled(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
