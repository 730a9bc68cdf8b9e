# SPDX-License-Identifier: Apache-2.0
"""Paraph, a trust service that an organisation can run itself.

Floors, imports go down only: config → interfaces → domain → signer → pki → kernel.
"""
