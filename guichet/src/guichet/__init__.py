# SPDX-License-Identifier: Apache-2.0
"""The citizen portal: a relying party of the trust service, which it knows by URL only.

Start at views.py (what a citizen sees) and openid.py (how the portal learns who he is). It never sees a password or a code.
"""
