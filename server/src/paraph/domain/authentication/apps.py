# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    name = "paraph.domain.authentication"
    label = "authentication"
