# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "paraph.domain.partners"
    label = "partners"
