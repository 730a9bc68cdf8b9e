# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class CertificationConfig(AppConfig):
    name = "paraph.domain.certification"
    label = "certification"
