# SPDX-License-Identifier: Apache-2.0
"""A browser without a screen and without JavaScript: follows links and posts the forms that stand on a page."""

from dataclasses import dataclass
from urllib.parse import urljoin

import httpx
from lxml import html


class Unexpected(Exception):
    """A page was not what the story expects; says what stood there."""


@dataclass
class Page:
    """One answer. `url` is where the redirects ended."""

    response: httpx.Response
    document: html.HtmlElement | None

    @property
    def url(self) -> str:
        return str(self.response.url)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        """What a person reads, blanks folded."""
        main = self.document.xpath("//main")
        return " ".join((main[0] if main else self.document).text_content().split())

    @property
    def title(self) -> str:
        return " ".join((self.document.findtext(".//title") or "").split())

    def expect(self, *phrases: str, status: int = 200) -> "Page":
        if self.status != status:
            raise Unexpected(f"{self.url}: status {self.status}, not {status}: {self.excerpt()}")
        for phrase in phrases:
            if phrase not in self.text:
                raise Unexpected(f"{self.url}: does not say “{phrase}”: {self.excerpt()}")
        return self

    def excerpt(self) -> str:
        return self.text[:700] if self.document is not None else self.response.text[:300]

    def errors(self) -> list[str]:
        return [" ".join(node.text_content().split())
                for node in self.document.xpath("//*[contains(@class,'error-summary')]//li")]

    def link(self, *, text: str = "", href: str = "") -> str:
        """The address of the first link that has this text and holds this part of an address."""
        for node in self.document.xpath("//a[@href]"):
            if text in " ".join(node.text_content().split()) and href in node.get("href"):
                return urljoin(self.url, node.get("href"))
        raise Unexpected(f"{self.url}: no link “{text}{href}”: {self.excerpt()}")

    def form(self, *, button: str = "", action: str = "") -> html.FormElement:
        """The form with this button text or action; otherwise the only form of the page's main part."""
        forms = [form for form in self.document.xpath("//main//form")
                 if action in (form.get("action") or "") and button in " ".join(form.text_content().split())]
        if not forms:
            raise Unexpected(f"{self.url}: no form “{button}{action}”: {self.excerpt()}")
        return forms[0]


class Browser:
    """One person's cookies."""

    def __init__(self, base: str, language: str = "fr") -> None:
        self.base = base
        self.client = httpx.Client(follow_redirects=True, timeout=60, headers={"Accept-Language": language})

    def _page(self, response: httpx.Response) -> Page:
        kind = response.headers.get("content-type", "")
        document = html.fromstring(response.content, base_url=str(response.url)) if "html" in kind else None
        return Page(response, document)

    def get(self, address: str) -> Page:
        return self._page(self.client.get(urljoin(self.base, address)))

    def follow(self, page: Page, *, text: str = "", href: str = "") -> Page:
        return self.get(page.link(text=text, href=href))

    def submit(self, page: Page, values: dict[str, object] | None = None, *, button: str = "", action: str = "",
               files: dict | None = None) -> Page:
        """Fills the form as a person would and presses its button. A field that is not on the form is an error."""
        form = page.form(button=button, action=action)
        fields: dict[str, object] = {}
        for name, value in form.form_values():
            fields.setdefault(name, [])
            fields[name].append(value)
        known = {node.get("name") for node in form.xpath(".//*[@name]")}
        for name, value in (values or {}).items():
            if name not in known:
                raise Unexpected(f"{page.url}: the form has no field “{name}” (it has {', '.join(sorted(known))})")
            fields[name] = value
        for node in form.xpath(".//button[@name]"):
            if button and button in " ".join(node.text_content().split()):
                fields[node.get("name")] = node.get("value", "")
        target = urljoin(page.url, form.get("action") or page.url)
        headers = {"Referer": page.url, "Origin": "/".join(page.url.split("/")[:3])}
        if (form.get("method") or "get").lower() == "get":
            return self._page(self.client.get(target, params=fields, headers=headers))
        if files:
            return self._page(self.client.post(target, data=fields, files=files, headers=headers))
        return self._page(self.client.post(target, data=fields, headers=headers))
