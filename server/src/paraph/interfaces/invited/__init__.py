# SPDX-License-Identifier: Apache-2.0
"""Somebody whom two operators let in, or back in: from the link in his mail to his password and his UserID; or whose new
address he confirms by it."""
