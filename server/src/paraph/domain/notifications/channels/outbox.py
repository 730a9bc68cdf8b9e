# SPDX-License-Identifier: Apache-2.0
"""The demonstration's channel: the outbox page is where people read, so nothing leaves the house."""

from paraph.domain.notifications.channels import Outgoing


class OutboxChannel:
    keeps_codes = True

    def send(self, message: Outgoing) -> str:
        """The message stays where it is."""
        return ""
