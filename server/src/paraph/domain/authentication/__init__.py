# SPDX-License-Identifier: Apache-2.0
"""The claimant proves who he is: password, secret image, codes, lockout, sessions, step-up.

Start at services.check_first_step(). Knows devices, certification, partners, accounts; does not know protocols.
"""
