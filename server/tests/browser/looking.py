# SPDX-License-Identifier: Apache-2.0
"""A page is looked at when it is whole, and a clock of a page stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Error

# Chromium on a busy machine sometimes has no frame to show; a picture is no finding, and is taken again.
NO_FRAME = "Unable to capture screenshot"
ATTEMPTS = 5


def whole(page):
    """Returns when the page that the last deed led to is there, with all that belongs to it.

    Playwright's click returns as soon as the answer begins: what is counted or read at once could miss its end.
    """
    page.wait_for_load_state("load")
    return page


def picture(page, path=None):
    """The octets of a picture (PNG) of the whole page, kept at `path` too."""
    whole(page)
    for attempt in range(1, ATTEMPTS):
        try:
            return page.screenshot(path=path, full_page=True)
        except Error as error:
            if NO_FRAME not in str(error):
                raise
            page.wait_for_timeout(500 * attempt)
    return page.screenshot(path=path, full_page=True)


def stop_the_clock(page):
    """The clock of the next page stands still; it goes on only as far as `page.clock` is told to.

    One that only was installed goes on by itself: how far it is when a test looks, depends on the machine. Whatever waits
    in the page, as axe does, waits for ever until `page.clock.resume()`.
    """
    now = datetime.now(UTC)
    page.clock.install(time=now)
    page.clock.pause_at(now + timedelta(seconds=1))
