# SPDX-License-Identifier: Apache-2.0
"""Trusted roles (EN 319 401 clause 7.2): who works here in which role since when, and which two people decided it.

Start at services.ask_invitation() and services.decide(). Roles themselves are memberships (organisations), the login is an
identity (accounts) with a Token (devices); this app says who may change them. It knows no order and no certificate.
"""
