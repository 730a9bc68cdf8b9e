# SPDX-License-Identifier: Apache-2.0
"""What partners' programs are told: that a session ended."""

import logging

import httpx
from django.conf import settings

from paraph.domain.identity_provider import services
from paraph.kernel.caller import Caller

SECONDS = 5
logger = logging.getLogger("paraph.jobs")


def tell_logouts(caller: Caller) -> int:
    return services.tell_logouts(issuer=settings.URL, post=post, caller=caller)


def post(address: str, form: dict[str, str]) -> bool:
    """Whether the program took it. Led elsewhere is not taken: the token is for the registered address alone."""
    try:
        answer = httpx.post(address, data=form, timeout=SECONDS, follow_redirects=False)
    except httpx.HTTPError as error:
        logger.warning("a partner was not reached", extra={"fields": {"error": type(error).__name__}})
        return False
    return answer.status_code in (200, 204)
