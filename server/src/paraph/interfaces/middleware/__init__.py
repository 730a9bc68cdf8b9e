# SPDX-License-Identifier: Apache-2.0
"""What every request passes through, in front of the pages for people."""
