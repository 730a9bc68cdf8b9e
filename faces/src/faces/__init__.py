# SPDX-License-Identifier: Apache-2.0
"""What people see: base pages, components, form renderer, styles.

Start at README.md of this folder. Used by the server and by the citizen portal, so it knows nothing of
either: what is particular to a project comes in the template variables `operator` and `site`.
"""
