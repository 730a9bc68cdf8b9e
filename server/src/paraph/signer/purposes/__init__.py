# SPDX-License-Identifier: Apache-2.0
"""What each infrastructure key may sign. The signer reads the bytes itself and believes nothing that it is told.

    root, issuing   `certificates` (what they say), `authorities` (which of them are allowed), `lists`
    ocsp            `answers`
    tsu             `stamps`
    openid          `claims`
    audit           `checkpoints`

Each `read` is strict and bounded and knows no state; each `permit` compares what was read with the key, the signer's
database and its clock, notes what must not come back, and returns the facts for the record. Both refuse with a code and
change nothing then. What the signer can't know (whether a certificate is revoked, whose name is true) is not decided
here: docs/decisions/0014.
"""
