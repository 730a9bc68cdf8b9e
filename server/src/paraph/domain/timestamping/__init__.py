# SPDX-License-Identifier: Apache-2.0
"""The time-stamping authority (ETSI EN 319 421): units, trust in the clock, and the log of issued tokens.

Start at `services.stamp()`. No token leaves when the clock is not trusted, when the unit's certificate or the time in
which its key may sign is over, or before its row stands in the log. It knows no documents and no people: only
imprints.
"""
