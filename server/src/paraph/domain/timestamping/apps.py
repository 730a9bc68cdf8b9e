# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class TimestampingConfig(AppConfig):
    name = "paraph.domain.timestamping"
    label = "timestamping"
