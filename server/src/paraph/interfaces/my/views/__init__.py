# SPDX-License-Identifier: Apache-2.0
"""The pages of My space: home, certificate, activation."""
