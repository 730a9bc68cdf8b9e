# SPDX-License-Identifier: Apache-2.0
"""Binds the signer's client once per process, as the settings say."""

from django.conf import settings

from paraph.signer import client


def bind() -> None:
    client.bind(client.SocketSigner(settings.SIGNER))
