# SPDX-License-Identifier: Apache-2.0
"""Binds each seam once per process, as the settings and the operator profile say."""

from pathlib import Path

from django.conf import settings

from paraph.domain.signing import blobs
from paraph.signer import client


def bind_all() -> None:
    blobs.use(Path(settings.DATA) / "blobs")
    client.bind(client.SocketSigner(settings.SIGNER))
