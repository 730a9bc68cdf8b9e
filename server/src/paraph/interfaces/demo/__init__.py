# SPDX-License-Identifier: Apache-2.0
"""The outbox of the demonstration: every mail, SMS and letter, for people and programs on this computer alone."""
