# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class ProofingConfig(AppConfig):
    name = "paraph.domain.proofing"
    label = "proofing"
