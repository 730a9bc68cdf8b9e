# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "paraph.domain.staff"
    label = "staff"
