# SPDX-License-Identifier: Apache-2.0
"""Django's PostgreSQL backend, with statements that are written once spoken to the driver at once."""
