# SPDX-License-Identifier: Apache-2.0
"""What partners' programs are told: that a session ended."""

import logging
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

from paraph.domain.identity_provider import services
from paraph.kernel.caller import Caller

SECONDS = 5
logger = logging.getLogger("paraph.jobs")


class _Nowhere(HTTPRedirectHandler):
    """Led elsewhere is not taken: the token is for the registered address alone."""

    def redirect_request(self, *given: object) -> None:
        return None


def tell_logouts(caller: Caller) -> int:
    return services.tell_logouts(issuer=settings.URL, post=post, caller=caller)


def post(address: str, form: dict[str, str]) -> bool:
    """Whether the program took it."""
    request = Request(address, urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"})
    try:
        with build_opener(_Nowhere).open(request, timeout=SECONDS) as answer:
            return answer.status in (200, 204)
    except HTTPError as error:
        with error:
            return False
    except (OSError, HTTPException) as error:
        logger.warning("a partner was not reached", extra={"fields": {"error": type(error).__name__}})
        return False
