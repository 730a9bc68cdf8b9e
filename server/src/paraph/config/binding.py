# SPDX-License-Identifier: Apache-2.0
"""Binds each seam once per process, as the settings and the operator profile say."""

import importlib
from pathlib import Path

from django.conf import settings

from paraph.config import demands
from paraph.domain.certification import gate
from paraph.domain.signing import blobs
from paraph.kernel import confinement
from paraph.signer import client


def bind_all() -> None:
    blobs.use(Path(settings.DATA) / "blobs")
    client.bind(client.SocketSigner(settings.SIGNER))
    confinement.bind(required=settings.ISOLATION_REQUIRED)
    gate.bind_judge(_judge() if settings.JUDGE else None)


def _judge() -> gate.Judge:
    """pkilint; where it is missing, a judge that lets nothing pass, so that what is demanded is never left out unseen."""
    if not demands.has_pkilint():
        return lambda certificate, profile: ["pkilint_is_missing"]
    outside = importlib.import_module("paraph.pki.lint.outside")
    return lambda certificate, profile: outside.judge(certificate, profile).findings
