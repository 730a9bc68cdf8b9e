# SPDX-License-Identifier: Apache-2.0
"""A customer orders, pays and follows. The journey is in journey.py; its drafts are sealed in draft.py."""
