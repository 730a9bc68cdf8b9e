# SPDX-License-Identifier: Apache-2.0
"""Time: what must happen at an instant is found here by query and done."""
