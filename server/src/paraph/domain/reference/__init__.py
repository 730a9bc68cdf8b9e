# SPDX-License-Identifier: Apache-2.0
"""What the house looks up and nobody here decides: countries, languages, accepted identity documents, conventions.

Start at queries. Tables are code, changed by a release; it knows no person and no organisation.
"""
