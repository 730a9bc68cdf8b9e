# SPDX-License-Identifier: Apache-2.0
"""Bytes and values of a public key infrastructure: certificates, lists, status answers, time-stamps, codes.

Everything here turns values into bytes or bytes into values. It knows no database, no clock and no web framework, so
each module can be judged against its standard alone. Start with `der` (the writer), `keys` (what signs) and `x509`
(certificates).
"""
