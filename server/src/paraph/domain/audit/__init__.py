# SPDX-License-Identifier: Apache-2.0
"""Records (EN 319 401): what happened, when, by whom, about what, in a log that nobody can rewrite unseen.

Start at services.record(). Rows are written in the business transaction; one sealing writer numbers them and chains
them into an RFC 6962 Merkle tree with signed checkpoints. Knows nothing of the other apps: it holds ids only.
"""
