# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    name = "paraph.domain.reference"
    label = "reference"
