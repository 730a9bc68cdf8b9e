# SPDX-License-Identifier: Apache-2.0
"""The configuration check before an activation (R093 to R095): one result per component that a Token needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

# What these pages need from a browser is TLS 1.2, CSS grid and SameSite cookies; older ones than these get no security
# corrections either. Reviewed 2026-11; name as people know it, how it names itself, the first good version.
BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:A|iOS)?/(\d+)"), 109),
    ("Opera", re.compile(r"\bOPR/(\d+)"), 95),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/(\d+)"), 20),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)"), 115),
    ("Chrome", re.compile(r"\b(?:Chrome|Chromium|CriOS)/(\d+)"), 109),
    ("Safari", re.compile(r"\bVersion/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"), 15),
    ("Internet Explorer", re.compile(r"\b(?:MSIE |Trident/.*rv:)(\d+)"), 10_000),
)
HINTED = {"Google Chrome": "Chrome", "Chromium": "Chrome", "Microsoft Edge": "Edge", "Opera": "Opera"}
CLOCK_TOLERANCE = timedelta(minutes=5)
GREEN, RED, UNKNOWN = "green", "red", "unknown"


@dataclass(frozen=True)
class Result:
    """`state` green, red, or unknown (could not be measured, and is not needed to go on). `advice` says what to do."""

    component: str
    name: object
    state: str
    found: object
    advice: object = ""


def check(
    *, headers: Mapping[str, str], secure: bool, cookies: bool, client_clock: datetime | None, at: datetime
) -> list[Result]:
    """One result per component. `client_clock` is the visitor's own time where his browser told it."""
    return [_browser(headers), _connection(secure), _cookies(cookies), _clock(client_clock, at)]


def may_continue(results: list[Result]) -> bool:
    return all(result.state != RED for result in results)


def browser_of(headers: Mapping[str, str]) -> tuple[str, int, int] | None:
    """Name, version and first good version of the browser, from its hints (Sec-CH-UA) or its User-Agent."""
    needed = {name: version for name, _pattern, version in BROWSERS}
    brands = dict(re.findall(r'"([^"]+)";\s*v="(\d+)"', headers.get("Sec-CH-UA", "")))
    for brand in sorted(brands, key=lambda brand: brand == "Chromium"):
        if brand in HINTED:
            return HINTED[brand], int(brands[brand]), needed[HINTED[brand]]
    agent = headers.get("User-Agent", "")
    for name, pattern, version in BROWSERS:
        if found := pattern.search(agent):
            return name, int(found[1]), version
    return None


def _browser(headers: Mapping[str, str]) -> Result:
    found = browser_of(headers)
    name = _("Navigateur")
    if found is None:
        return Result("browser", name, UNKNOWN, _("navigateur inconnu"),
                      _("Si une page s’affiche mal, utilisez un navigateur récent."))
    browser, version, needed = found
    if version < needed:
        return Result("browser", name, RED, f"{browser} {version}",
                      _("Ce navigateur est trop ancien. Mettez-le à jour, puis recommencez cette vérification."))
    return Result("browser", name, GREEN, f"{browser} {version}")


def _connection(secure: bool) -> Result:
    if secure:
        return Result("connection", _("Connexion protégée"), GREEN, _("oui"))
    return Result("connection", _("Connexion protégée"), RED, _("non"),
                  _("L’adresse de cette page doit commencer par https. Revenez à notre page d’accueil."))


def _cookies(accepted: bool) -> Result:
    if accepted:
        return Result("cookies", _("Cookies"), GREEN, _("acceptés"))
    return Result("cookies", _("Cookies"), RED, _("refusés"),
                  _("Autorisez les cookies pour ce site : sans eux, l’activation oublierait chaque étape."))


def _clock(client_clock: datetime | None, at: datetime) -> Result:
    name = _("Heure de l’ordinateur")
    if client_clock is None:
        return Result("clock", name, UNKNOWN, _("non mesurée, car JavaScript est désactivé"),
                      _("Vérifiez que la date et l’heure de votre ordinateur sont justes."))
    if abs(client_clock - at) > CLOCK_TOLERANCE:
        return Result("clock", name, RED, _("fausse de plus de cinq minutes"),
                      _("Réglez la date et l’heure de votre ordinateur, puis recommencez cette vérification."))
    return Result("clock", name, GREEN, _("juste"))
