# SPDX-License-Identifier: Apache-2.0
"""Server signing (EN 419 241-1): documents, signature requests, PAdES, and the ledger of each use of a holder's key.

Start at `services.request()`, then `prepare`, `authorise`, `finish`. `pades` says what is signed and puts the parts together,
`pdf` and `rendition` are the child programs that take foreign PDF files apart, `blobs` is where documents' bytes lie.

It knows certificates, time-stamps and the signer; it does not know who validates what it made.
"""
