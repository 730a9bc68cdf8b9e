# SPDX-License-Identifier: Apache-2.0
"""Time: what must happen at an instant is found here by query and done.

A job finds its own work, so it catches up after a service that was down; it decides on `caller.at` and records the
deadline as the instant. Start at schedule.JOBS; `paraph worker` runs them, one process per installation.
"""
