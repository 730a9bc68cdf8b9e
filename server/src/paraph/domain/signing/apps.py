# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class SigningConfig(AppConfig):
    name = "paraph.domain.signing"
    label = "signing"
