# SPDX-License-Identifier: Apache-2.0
"""Subjects: persons as an officer verified them, their identities, contact points, legal texts and acceptances.

Start at models.Person and models.Identity. Knows reference; does not know orders, certificates or logins.
"""
