# SPDX-License-Identifier: Apache-2.0
"""What the settings demand of this machine: `paraph check` tells what is missing, and the web process does not start."""

import importlib.util
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error, Info, Warning, register

from paraph.config import borders, channels
from paraph.config.environment import SettingError
from paraph.kernel import isolation
from paraph.pki.lint import known


@register()
def look(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """What is missing, as errors where a setting demands it and as warnings where it does not."""
    return [*_isolation(), *_judge(), *_channels(), *_border()]


def refuse() -> None:
    """Raises SettingError where something that is demanded is missing."""
    borders.refuse()
    sentences = [str(message.msg) for message in look() if message.level >= ERROR]
    if sentences:
        raise SettingError(" ".join(sentences))


def _isolation() -> list[CheckMessage]:
    lacking = " and ".join(isolation.missing())
    if not lacking:
        return []
    if settings.ISOLATION_REQUIRED:
        return [Error(
            f"this kernel offers no {lacking}: programs that open foreign files can't be isolated. Use a kernel that does, or "
            "allow it with PARAPH_ISOLATION=where-possible.", id="isolation")]
    return [Warning(
        f"this kernel offers no {lacking}: a fault in a program that opens foreign files could reach keys and secrets.",
        id="isolation")]


def _judge() -> list[CheckMessage]:
    if settings.JUDGE != "pkilint":
        return []
    if not has_pkilint():
        return [Error("PARAPH_JUDGE is pkilint, and pkilint is not installed: install paraph[pkilint]. Until then nothing is "
                      "issued without a waiver.", id="judge")]
    if version("pkilint") != known.version():
        return [Error(f"PARAPH_JUDGE is pkilint, and the list of its known false findings is for version {known.version()}: "
                      f"install that one instead of {version('pkilint')}.", id="judge")]
    if any("." not in (urlsplit(address).hostname or "") for address in (settings.URL, settings.PKI_URL)):
        return [Error("PARAPH_JUDGE is pkilint, which refuses addresses that only this computer knows: give PARAPH_URL and "
                      "PARAPH_PKI_URL a domain name, or leave PARAPH_JUDGE empty.", id="judge")]
    return []


def _border() -> list[CheckMessage]:
    kind = Error if borders.demanded() else Warning
    return [*(kind(sentence, id="border") for sentence in borders.look()), Info(borders.seen_by(), id="seen")]


def _channels() -> list[CheckMessage]:
    return [Warning(sentence, id=code) for code, sentence in channels.look(settings.OPERATOR, demonstration=settings.DEMO)]


def has_pkilint() -> bool:
    return importlib.util.find_spec("pkilint") is not None
