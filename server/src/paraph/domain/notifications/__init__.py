# SPDX-License-Identifier: Apache-2.0
"""What the service tells people: a sealed outbox, templates per language, letters, and the channels that carry them.

Start at services.enqueue(). Knows neither orders nor certificates: it is handed a template's name and its data.
"""
