# SPDX-License-Identifier: Apache-2.0
"""The languages in which the house speaks and writes; French is the source."""

LANGUAGES = ("fr", "de", "en")
SOURCE = "fr"


def known(code: str) -> str:
    """The language itself if the house speaks it, else the source language."""
    return code if code in LANGUAGES else SOURCE
