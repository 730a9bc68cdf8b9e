# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ValidationConfig(AppConfig):
    name = "paraph.domain.validation"
    label = "validation"
