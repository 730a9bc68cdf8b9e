# SPDX-License-Identifier: Apache-2.0
"""My space: the holder tests, activates, suspends, reactivates and revokes his certificate, and sees its every use."""
