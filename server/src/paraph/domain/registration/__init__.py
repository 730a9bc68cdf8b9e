# SPDX-License-Identifier: Apache-2.0
"""The registration authority's story: identification, approval, activation, suspension, reactivation, revocation.

Start at services.identify() and services.approve() (the desk), then services.activation (the holder). It conducts the
apps below: each keeps its own records, registration says what belongs together in one transaction.
"""
