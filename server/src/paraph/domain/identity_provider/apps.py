# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class IdentityProviderConfig(AppConfig):
    name = "paraph.domain.identity_provider"
    label = "identity_provider"
