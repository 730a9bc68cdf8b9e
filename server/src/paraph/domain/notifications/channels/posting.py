# SPDX-License-Identifier: Apache-2.0
"""One POST to a carrier's gateway. A module of its own: who only describes a gateway need not load what speaks HTTP."""

import asyncio
import ssl
from collections.abc import Mapping

import httpx

from paraph.domain.notifications.channels import Unreachable


def post(url: str, *, content: bytes, headers: Mapping[str, str], more: Mapping[str, str], seconds: float,
         longest: int) -> tuple[int, str, bytes]:
    """Status, Retry-After and the answer's first `longest` octets. `more` wins over `headers`, in any case of letters.

    Raises Unreachable without a word of what was sent.
    """
    try:
        return asyncio.run(_exchange(url, content, httpx.Headers({**httpx.Headers(headers), **httpx.Headers(more)}),
                                     seconds, longest))
    except TimeoutError:
        raise Unreachable("sms_timeout") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
        # What the library knows of the request holds the text: it must not travel along.
        raise Unreachable(f"sms_{type(error).__name__}") from None


async def _exchange(url: str, content: bytes, headers: httpx.Headers, seconds: float, longest: int) -> tuple[int, str, bytes]:
    # One bound for everything: a gateway that gives an octet now and then would otherwise hold us for ever.
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(verify=ssl.create_default_context(), trust_env=False, follow_redirects=False,
                          timeout=seconds) as client,
        client.stream("POST", url, content=content, headers=headers) as answer,
    ):
        received = b""
        async for part in answer.aiter_raw():
            received += part
            if len(received) > longest:
                break
        return answer.status_code, answer.headers.get("Retry-After", ""), received[:longest]
