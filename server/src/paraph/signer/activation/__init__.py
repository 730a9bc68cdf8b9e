# SPDX-License-Identifier: Apache-2.0
"""Activation: a holder's key works only in a session bound to holder, key and exact hashes, opened by his own code.

`sessions` keeps what a session covers and what became of it; `codes` decides whether a code is good and consumes it;
`holders` makes and uses the holder's keys. All write inside a transaction that `core` opened.
"""
