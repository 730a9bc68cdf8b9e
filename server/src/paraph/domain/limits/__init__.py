# SPDX-License-Identifier: Apache-2.0
"""Limits: how often one address, or one name typed from it, may try something before it must wait.

Start at services.spend(); which limits there are and their numbers stand in policy.py, and an operator's profile
replaces the numbers. Knows nothing of what is tried.
"""
