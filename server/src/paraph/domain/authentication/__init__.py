# SPDX-License-Identifier: Apache-2.0
"""The claimant proves who he is: password, secret image, codes, lockout, sessions, evidence of each login.

Start at services.check_first_step(): the two steps of the door. services.set_initial() and complete_activation() are
what registration calls. Knows devices, certification, partners, accounts; does not know protocols (OpenID, pages).
"""
