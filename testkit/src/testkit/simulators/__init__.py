# SPDX-License-Identifier: Apache-2.0
"""Simulated devices: products of their own, which share nothing with the server but what a real device would share."""
