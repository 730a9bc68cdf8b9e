# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    name = "paraph.domain.registration"
    label = "registration"
