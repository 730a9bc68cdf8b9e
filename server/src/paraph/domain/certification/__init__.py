# SPDX-License-Identifier: Apache-2.0
"""Certificate generation, revocation management and status (EN 319 411-1).

It issues on an instruction (profile, subject, public key), moves the certificates of a generation together, and keeps
what the status services publish. Start at `services.issue()`; `gate` is what every certificate must pass, `policy` what
a move may do, `authorities` how the tree is made, `publication` what the world reads.

It knows neither orders nor people: `Certificate.subject_id` is an identity's id as a plain value, and who may ask for a
move is decided above.
"""
