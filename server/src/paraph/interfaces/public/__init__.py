# SPDX-License-Identifier: Apache-2.0
"""Anyone: home, product finder, product page, partners, desks, trust repository, help, legal texts, phishing advice."""
