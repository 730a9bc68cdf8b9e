# SPDX-License-Identifier: Apache-2.0
"""The one login door: device choice, UserID and password, secret image and code. Works without JavaScript.

Start at door.address(), which sends a person here, and views.start(). What counts as right is domain.authentication's.
"""
