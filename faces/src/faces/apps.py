# SPDX-License-Identifier: Apache-2.0
"""The Django app "faces"."""

from django.apps import AppConfig


class FacesConfig(AppConfig):
    name = "faces"
    label = "faces"
    verbose_name = "Faces"
