# SPDX-License-Identifier: Apache-2.0
"""Everything that a person, a program or a timer touches. An interface holds no rule."""
