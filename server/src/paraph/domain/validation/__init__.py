# SPDX-License-Identifier: Apache-2.0
"""Validation of signed documents (EN 319 102-1): who signed, when, intact or not, with which certificate, and what that is
worth in plain words.

Start at `services.validate()`. It hands the file to a child program (`pdf`, under kernel.confinement), which takes it apart
and decides with `ades` (the process of the standard), `paths` (certificate paths), `evidence` (OCSP and CRL) and `cms`;
`report` is the answer as values, `words` the sentences and the burden of proof.

It knows no people and no requests: whose anchors are trusted, and what a certificate's history is, is handed in.
"""
