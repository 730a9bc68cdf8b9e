# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "paraph.domain.support"
    label = "support"
