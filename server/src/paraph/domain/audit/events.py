# SPDX-License-Identifier: Apache-2.0
from enum import StrEnum


class Code(StrEnum):
    """Base of each app's `events.Event`: values are frozen, written ``app.record.happened``."""
