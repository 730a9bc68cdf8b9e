# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "paraph.domain.keys"
    label = "keys"
