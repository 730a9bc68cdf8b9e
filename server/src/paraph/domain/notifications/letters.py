# SPDX-License-Identifier: Apache-2.0
"""Letters as tagged PDF (PDF/UA-1), one A4 page with the address in the window of DIN 5008 form B."""

from weasyprint import HTML


class NothingIsFetched(Exception):
    """A letter that would load something from anywhere is wrong."""


def _refuse(url: str, *arguments: object, **options: object) -> dict:
    raise NothingIsFetched(url)


def pdf(html: str) -> bytes:
    """The letter's bytes. Nothing is loaded from the network or the disk."""
    return HTML(string=html, url_fetcher=_refuse).write_pdf(pdf_variant="pdf/ua-1")
