# SPDX-License-Identifier: Apache-2.0
"""Cases of customer service: what somebody reported or asked for, and how an agent identified the caller.

Start at services.open_case(). Knows accounts; what an agent may then do with an identity is registration's.
"""
