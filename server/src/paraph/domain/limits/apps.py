# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "paraph.domain.limits"
    label = "limits"
