# SPDX-License-Identifier: Apache-2.0
"""Cryptographic module (EN 319 401 clause 7.5): which infrastructure keys exist, for what, since when.

Start at services.make(). The private halves are in the signer; here are references. Knows nothing of certificates.
"""
