# SPDX-License-Identifier: Apache-2.0
"""Binds each seam once per process, as the settings and the operator profile say."""

from django.conf import settings

from paraph.signer import client


def bind_all() -> None:
    client.bind(client.SocketSigner(settings.SIGNER))
