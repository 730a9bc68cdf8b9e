# SPDX-License-Identifier: Apache-2.0
"""Cases of customer service and visits at a desk: what somebody reported or asked for, and how he was identified.

Start at services.open_case(). Knows accounts; what an agent may then do with an identity is registration's.
"""
