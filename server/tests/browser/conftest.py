# SPDX-License-Identifier: Apache-2.0
"""Debian's Chromium, driven by Playwright against a live server; axe-core; screenshots in artifacts/screenshots."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import sync_playwright

from paraph.config import seeds
from paraph.config.preparing import free_port, wait_for

from .looking import picture, whole

HERE = Path(__file__).parent
SCREENSHOTS = HERE.parents[2] / "artifacts" / "screenshots"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]
AXE = (HERE / "vendor" / "axe.min.js").read_text()
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# Seconds after which something is held to hang, on a machine that does much else: never how long it may take.
PATIENCE, FOR_A_PAGE, FOR_THE_PROGRAMS, FOR_A_TEST = 30, 90, 300, 400


@dataclass(frozen=True)
class Service:
    """Running programs: where they answer, and what demo.json tells."""

    url: str
    guichet_url: str
    data: Path
    entries: dict


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(FOR_A_TEST))


@pytest.fixture(scope="session")
def browser():
    # Playwright's loop runs in this thread; Django would take it for a view under ASGI and refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS,
                                              timeout=FOR_THE_PROGRAMS * 1000)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def contexts_for(browser, address):
    """Gives `make(language, width, **more)`: a fresh browser context. No page of it may speak to another host."""
    contexts, strangers, refused = [], [], []
    own = {urlsplit(address).netloc}

    def heard(message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            refused.append(message.text)

    def make(language="fr", width=1280, *, hosts=(), **more):
        own.update(hosts)
        context = browser.new_context(base_url=address, viewport={"width": width, "height": 900},
                                      locale=language, reduced_motion="reduce", **more)
        context.set_default_timeout(PATIENCE * 1000)
        context.set_default_navigation_timeout(FOR_A_PAGE * 1000)
        context.on("request", lambda request: strangers.append(request.url)
                   if urlsplit(request.url).scheme not in ("data", "blob", "about")
                   and urlsplit(request.url).netloc not in own else None)
        context.on("console", heard)
        context.on("weberror", lambda error: refused.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not strangers, f"asked of other hosts: {strangers}"
    assert not refused, f"errors in the page: {refused}"


@pytest.fixture
def open_context(browser, live_server):
    """`open_context(language, width, **more)` on Django's live server."""
    with contexts_for(browser, live_server.url) as make:
        yield make


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """The real programs of the demonstration on free ports with fresh data: what a stranger starts."""
    data = tmp_path_factory.mktemp("service") / "data"
    port, guichet_port = free_port(), free_port()
    command = [sys.executable, "-m", "paraph.config.main", "demo", "--data", str(data), "--port", str(port),
               "--guichet-port", str(guichet_port)]
    with (data.parent / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: process.poll() is not None or answers(f"http://localhost:{port}/health/ready")
                 and answers(f"http://localhost:{guichet_port}/"), FOR_THE_PROGRAMS, "the demonstration")
        assert process.poll() is None, (data.parent / "output").read_text()[-4000:]
        yield Service(f"http://localhost:{port}", f"http://localhost:{guichet_port}", data,
                      json.loads((data / "demo.json").read_text()))
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def open_service(browser, service):
    """`open_service(language, width, **more)` on the real programs; the portal's pages count as ours."""
    with contexts_for(browser, service.url) as make:
        yield partial(make, hosts=[urlsplit(service.guichet_url).netloc])


@pytest.fixture
def demonstration(live_server, system):
    """Partners, legal texts and organisations of the demonstration: what the public pages tell."""
    seeds.make_partners_and_texts(system)
    seeds.make_organisations(system)


@pytest.fixture
def page(open_context):
    """A French page, 1280 px wide."""
    return open_context().new_page()


@pytest.fixture(scope="session")
def axe():
    """`axe(page)` fails on any violation of WCAG 2.2, levels A and AA, that axe-core finds."""

    def check(page):
        whole(page)
        # The content policy refuses script elements, not what the debugger evaluates.
        page.evaluate(AXE)
        found = page.evaluate("levels => axe.run(document, {runOnly: {type: 'tag', values: levels}})", LEVELS)
        assert found["passes"], "axe looked at nothing"
        told = [f"{violation['id']}: {violation['help']}: " + "; ".join(node["html"][:160] for node in violation["nodes"])
                for violation in found["violations"]]
        assert not told, "\n".join(told)

    return check


@pytest.fixture(scope="session")
def screenshot():
    """`screenshot(page, name)` keeps a picture of the whole page as a build artefact."""

    def take(page, name):
        path = SCREENSHOTS / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(page, path)

    return take


@pytest.fixture(scope="session")
def inspect_page(axe, screenshot):
    """`inspect_page(page, name)`: axe, no sideways scroll, language, title, one heading; keeps the picture."""

    def inspect(page, name):
        screenshot(page, name)
        page.evaluate("document.fonts.ready.then(() => true)")
        facts = page.evaluate("""() => ({
            width: document.documentElement.scrollWidth, window: innerWidth, language: document.documentElement.lang,
            title: document.title, headings: document.querySelectorAll('h1').length,
            problems: document.querySelectorAll('.govuk-error-summary').length,
            positive: document.querySelectorAll('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])').length,
            fonts: [...document.fonts].some(font => font.family.includes('Source Sans 3') && font.status === 'loaded'),
        })""")
        assert facts["width"] <= facts["window"], f"{name} scrolls sideways: {facts['width']} in {facts['window']} px"
        assert facts["language"] in ("fr", "de", "en")
        assert facts["title"].strip(" –")
        assert facts["headings"] == 1, f"{name} has {facts['headings']} main headings"
        assert facts["problems"] <= 1, f"{name} tells its problems {facts['problems']} times"
        assert facts["positive"] == 0
        assert facts["fonts"], f"{name} is not shown in its own font"
        axe(page)

    return inspect
