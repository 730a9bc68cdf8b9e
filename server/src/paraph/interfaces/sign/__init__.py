# SPDX-License-Identifier: Apache-2.0
"""`/sign/`: the holder uploads a document, reads it page by page, signs it with a fresh code, and keeps the result."""
