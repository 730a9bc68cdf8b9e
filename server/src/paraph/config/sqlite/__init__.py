# SPDX-License-Identifier: Apache-2.0
"""Django's SQLite backend with a fair write lock between processes."""
