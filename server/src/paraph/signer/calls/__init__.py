# SPDX-License-Identifier: Apache-2.0
"""The calls of the interface by what they are about. Each that changes something is one transaction: the answer to an
earlier identical attempt, or check, act, record and keep the answer (`base`). `core.Signer` is all of them together.
"""
