# SPDX-License-Identifier: Apache-2.0
"""The registration authority's console: its own queue, identification, papers, approval."""
