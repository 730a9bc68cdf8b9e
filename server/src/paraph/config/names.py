# SPDX-License-Identifier: Apache-2.0
"""python -m paraph.config.names > docs/names.md: the names that are stored or that others rely on, from the code.

They are frozen once released: a new one may come, none may change its meaning or go.
"""

import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from paraph.config import diagrams, environment
from paraph.pki import oids, profiles

PACKAGE = Path(__file__).resolve().parent.parent
HEAD = """<!-- SPDX-License-Identifier: Apache-2.0. Made by: python -m paraph.config.names > docs/names.md -->
# Fixed names

What is stored, signed or typed by others. Once released a name may be added; none changes its meaning or goes. The test
`server/tests/docs` compares this page with the code.
"""


def page() -> str:
    """Needs Django to be set up: the events stand beside models."""
    return "\n".join([
        HEAD,
        *_section("Apps", "The folders of `server/src/paraph/domain`; each is also the prefix of its tables.",
                  ("app", "what it is"), _apps()),
        *_section("Events of the audit log", "`events.py` of each app.", ("code", "app"), _events()),
        *_section("States", "`lifecycle.py` of each app; pictures: [lifecycles](lifecycles.md).",
                  ("app", "record", "states", "moves"), _states()),
        *_section("Settings", "Environment variables, also printed by `paraph check --settings`. A secret may be given "
                  "as a file: the same name with `_FILE`.", ("name", "secret", "meaning"), _settings()),
        *_section("Pages", "Names for `reverse()` and their addresses.", ("name", "address"), _addresses()),
        *_section("Certificate profiles", "`pki/profiles`. Every certificate's row keeps the name and the version. "
                  "A policy that begins with a dot stands under the operator's arc.",
                  ("profile", "version", "usage", "policies"), _profiles()),
        *_section("Object identifiers", "Our own, under the example arc 2.999 of ITU-T X.660; an operator's profile "
                  "replaces the arc. Those of standards stand in `pki/oids.py` with their clauses.", ("name", "arc"),
                  _identifiers()),
    ])


def _section(title: str, text: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"## {title}\n", f"{text}\n", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}",
            *(f"| {' | '.join(row)} |" for row in rows), ""]


def _apps() -> Iterator[tuple[str, str]]:
    for path in sorted((PACKAGE / "domain").glob("*/apps.py")):
        text = importlib.import_module(f"paraph.domain.{path.parent.name}").__doc__ or ""
        yield f"`{path.parent.name}`", " ".join(text.strip().split("\n\n")[0].split())


def _events() -> Iterator[tuple[str, str]]:
    for path in sorted((PACKAGE / "domain").glob("*/events.py")):
        module = importlib.import_module(f"paraph.domain.{path.parent.name}.events")
        codes = [str(code) for code in getattr(module, "Event", ())]
        yield from ((f"`{code}`", f"`{path.parent.name}`") for code in codes)


def _states() -> Iterator[tuple[str, str, str, str]]:
    for app, lifecycle in diagrams.lifecycles():
        yield (f"`{app}`", f"`{lifecycle.name}`", " ".join(f"`{state}`" for state in map(str, lifecycle.states)),
               " ".join(f"`{move}`" for move in lifecycle.moves))


def _settings() -> Iterator[tuple[str, str, str]]:
    for setting in environment.SETTINGS.values():
        yield f"`PARAPH_{setting.name}`", "yes" if setting.secret else "", setting.meaning.replace("|", "\\|")


def _addresses() -> Iterator[tuple[str, str]]:
    addresses = importlib.import_module("paraph.config.urls").ADDRESSES
    for prefix, name in [*addresses.items(), ("", "openid"), ("outbox/", "demo")]:
        urls = importlib.import_module(f"paraph.interfaces.{name}.urls")
        for pattern in urls.urlpatterns:
            yield f"`{urls.app_name}:{pattern.name}`", f"`/{prefix}{pattern.pattern}`"


def _profiles() -> Iterator[tuple[str, str, str, str]]:
    for profile in profiles.ALL:
        yield (f"`{profile.name}`", str(profile.version), profile.usage,
               " ".join(f"`{policy.oid}`" for policy in profile.policies))


def _identifiers() -> Iterator[tuple[str, str]]:
    for name, value in vars(oids).items():
        if isinstance(value, str) and value.startswith(oids.EXAMPLE_ARC):
            yield f"`{name}`", f"`{value}`"
    yield "`TIME_STAMP_POLICY`", f"`{profiles.TIME_STAMP_POLICY}` under the operator's arc"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paraph.config.settings")
    import django

    django.setup(set_prefix=False)
    sys.stdout.write(page())
