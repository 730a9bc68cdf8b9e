# SPDX-License-Identifier: Apache-2.0
"""The main stories as programs that know the service by its addresses only."""
