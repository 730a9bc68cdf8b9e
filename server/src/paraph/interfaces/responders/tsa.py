# SPDX-License-Identifier: Apache-2.0
"""`/pki/tsa`: RFC 3161 clause 3.4, time-stamps over HTTP."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError

from paraph.domain.limits import services as limits
from paraph.domain.limits.services import TooManyAttempts
from paraph.domain.timestamping import services as timestamping
from paraph.interfaces.addresses import client_address
from paraph.interfaces.responders import wire
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import timestamps
from paraph.pki.timestamps import Failure
from paraph.signer import client

logger = logging.getLogger("paraph.responders")

_TYPE = "application/timestamp-reply"
_NOT_KEPT = [("Cache-Control", "no-store")]


class Stamps:
    """The WSGI callable."""

    def __call__(self, environ: dict, start_response: Callable):
        if environ["REQUEST_METHOD"] != "POST":
            return wire.fail(start_response, 405, [("Allow", "POST")])
        try:
            request = wire.body(environ, timestamps.LARGEST_REQUEST)
        except wire.Unreadable as refused:
            return wire.fail(start_response, refused.status)
        now = clock.bound().now()
        address = client_address(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""),
                                 settings.TRUSTED_PROXIES)
        try:
            limits.spend(kind="timestamp", caller=Caller(at=now, channel="tsa", address=address))
            answer = timestamping.stamp(request_der=request, clock=clock.bound(), signer=client.bound())
        except TooManyAttempts as refused:
            return wire.fail(start_response, 429, [("Retry-After", str(refused.retry_after))])
        except Refusal as refused:
            logger.error("no token could be made", extra={"fields": {"code": refused.code}})
            answer = timestamps.rejected(Failure.SYSTEM_FAILURE)
        except DatabaseError:
            # The exception may quote what was sent: it is not logged.
            logger.error("the database does not answer")
            answer = timestamps.rejected(Failure.SYSTEM_FAILURE)
        finally:
            wire.release_connection()
        return wire.send(start_response, _TYPE, answer, _NOT_KEPT)
