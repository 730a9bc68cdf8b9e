# SPDX-License-Identifier: Apache-2.0
"""`/health/live`: the process answers. `/health/ready`: what it needs answers too, each part by name."""

import logging
from datetime import datetime

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from paraph.domain.certification import queries as certification
from paraph.domain.certification.publication import crl as lists
from paraph.domain.timestamping import queries as timestamping
from paraph.kernel import clock
from paraph.signer import client
from paraph.signer.errors import SignerRefusal, SignerUnavailable

logger = logging.getLogger("paraph.health")


def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    parts = {"database": _database(), "signer": _signer()}
    if parts["database"] == "ok":
        at = clock.bound().now()
        parts |= {"crl": _lists(at), "status": _status(), "clock": _clock(at)}
    healthy = all(value == "ok" for value in parts.values())
    return JsonResponse({"status": "ok" if healthy else "failing", "parts": parts}, status=200 if healthy else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok"
    except DatabaseError:
        logger.exception("the database does not answer")
        return "failing"


def _signer() -> str:
    try:
        client.bound().health()
        return "ok"
    except (SignerRefusal, SignerUnavailable):
        logger.exception("the signer does not answer")
        return "failing"


def _lists(at: datetime) -> str:
    """Failing while a revocation list has run out."""
    stale = lists.stale(at)
    if stale:
        logger.error("lists have run out", extra={"fields": {"addresses": stale}})
    return "failing" if stale else "ok"


def _status() -> str:
    """Failing while lists and OCSP say different things of a serial, or a change is not seen beyond the limit."""
    return "failing" if certification.has_open_alarm(*certification.STATUS_ALARMS) else "ok"


def _clock(at: datetime) -> str:
    """Failing while there is a time-stamping unit and its clock may not be trusted."""
    if timestamping.unit_at(at) is None or timestamping.clock_state(at).trusted:
        return "ok"
    return "failing"
