# SPDX-License-Identifier: Apache-2.0
"""Each page that has an address: French at 320 and 1280 px, German and English at 320."""

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("browser_pages", Path(__file__).parent / "pages.py")
pages = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pages)


@pytest.mark.parametrize("address", pages.PAGES, ids=lambda address: address.name)
def test_page_is_accessible(address, demonstration, open_context, inspect_page):
    for language, width in pages.VIEWS:
        page = open_context(language, width).new_page()
        answer = page.goto(f"{address.path}{'&' if '?' in address.path else '?'}language={language}")
        assert answer.status == address.status
        assert page.evaluate("document.documentElement.lang") == language
        inspect_page(page, f"{address.name}-{language}-{width}")
