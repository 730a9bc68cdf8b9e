# SPDX-License-Identifier: Apache-2.0
"""Measurements, never part of the tests: each module is a command that compares everything in one run.

`python -m bench.ocsp` · what was measured stands in docs/performance.md
"""
