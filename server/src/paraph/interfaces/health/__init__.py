# SPDX-License-Identifier: Apache-2.0
"""Liveness and readiness, for operators and their machines."""
