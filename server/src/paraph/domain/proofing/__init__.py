# SPDX-License-Identifier: Apache-2.0
"""Identity proofing (ETSI TS 119 461): attempts to establish who somebody is, with what was compared and who decided.

Start at services.decide(). One file per way of identification in methods/. Knows organisations; does not know orders:
it is handed what the order says and what the officer sees.
"""
