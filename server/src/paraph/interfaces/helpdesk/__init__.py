# SPDX-License-Identifier: Apache-2.0
"""Customer service: search, open a call, identify the caller, then act. Start at views.search(). The agent sees no secret."""
