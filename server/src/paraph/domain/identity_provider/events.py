# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    CLIENT_REGISTERED = "identity_provider.client.registered"
    CLIENT_REFUSED = "identity_provider.client.refused"
    CLIENT_KEY_ADDED = "identity_provider.client.key_added"
    CLIENT_KEY_RETIRED = "identity_provider.client.key_retired"
    REQUEST_REFUSED = "identity_provider.request.refused"
    DATA_RELEASED = "identity_provider.release.agreed"
    CODE_REDEEMED = "identity_provider.code.redeemed"
    LOGOUT_TOLD = "identity_provider.logout.told"
    LOGOUT_NOT_TAKEN = "identity_provider.logout.not_taken"
    CODE_REFUSED = "identity_provider.code.refused"
