# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "paraph.domain.orders"
    label = "orders"
