# SPDX-License-Identifier: Apache-2.0
"""The trusted roles' console: authorities, kinds of certificate, approvals and waivers, alarms. An auditor reads it all."""
