# SPDX-License-Identifier: Apache-2.0
"""OpenID Provider: clients of partners, their requests, consents, single-use codes, ID tokens, what was passed on.

Start at openid.read_request() (what may be asked) and services.ask(), grant(), redeem(). Knows authentication,
partners, accounts, keys; does not know pages or HTTP: interfaces.openid turns requests and answers.
"""
