# SPDX-License-Identifier: Apache-2.0
"""Relying parties: what each partner is, which devices it accepts, what it may ask of a login.

Start at queries.directory(): one data set for the public directory, the product finder and the login door.
Knows organisations; does not know clients, redirect addresses or consents.
"""
