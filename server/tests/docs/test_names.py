# SPDX-License-Identifier: Apache-2.0
"""Pages that are made from the code agree with it."""

from pathlib import Path

import pytest

from paraph.config import diagrams, names

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize(("module", "page"), [(diagrams, "lifecycles.md"), (names, "names.md")])
def test_a_page_that_is_made_from_the_code_is_up_to_date(module, page):
    made = f"python -m paraph.config.{module.__name__.rpartition('.')[2]} > docs/{page}"
    assert (DOCS / page).read_text() == module.page(), f"the code has moved on: {made}"


def test_every_lifecycle_is_shown():
    shown = {(app, lifecycle.name) for app, lifecycle in diagrams.lifecycles()}
    assert shown >= {("orders", "order"), ("certification", "certificate"), ("signing", "signature_request")}
    assert diagrams.page().count("```mermaid") == len(shown)


def test_every_app_with_events_is_named():
    page = names.page()
    for path in (DOCS.parent / "server/src/paraph/domain").glob("*/apps.py"):
        assert f"| `{path.parent.name}` |" in page
    for code in ("orders.order.placed", "certification.certificate.revoked", "signing.key.used"):
        assert f"`{code}`" in page
