# SPDX-License-Identifier: Apache-2.0
"""OpenID Connect for partners' programs: discovery, keys, authorisation with consent, tokens, userinfo.

Start at authorisation.authorize(). What may be asked and what is answered is domain.identity_provider's.
"""
