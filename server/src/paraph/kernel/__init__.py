# SPDX-License-Identifier: Apache-2.0
"""What every floor may use and what itself knows nothing of ours. A closed list of modules."""
