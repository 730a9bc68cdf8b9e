# SPDX-License-Identifier: Apache-2.0
"""`/health/live`: the process answers. `/health/ready`: what it needs answers too, each part by name."""

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from paraph.signer import client
from paraph.signer.errors import SignerRefusal, SignerUnavailable

logger = logging.getLogger("paraph.health")


def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    parts = {"database": _database(), "signer": _signer()}
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
