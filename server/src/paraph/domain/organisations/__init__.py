# SPDX-License-Identifier: Apache-2.0
"""Subscribers that are legal persons, what they are to us (roles), and who acts in them (memberships).

Start at queries.roles_of(). Knows accounts and reference; does not know orders.
"""
