# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit import events as audit


class Event(audit.Code):
    PERSON_CREATED = "accounts.person.created"
    DOCUMENT_ADDED = "accounts.document.added"
    IDENTITY_CREATED = "accounts.identity.created"
    IDENTITY_SUSPENDED = "accounts.identity.suspended"
    IDENTITY_RESUMED = "accounts.identity.resumed"
    IDENTITY_CLOSED = "accounts.identity.closed"
    CONTACT_RECORDED = "accounts.contact.recorded"
    TEXT_PUBLISHED = "accounts.text.published"
    TEXT_ACCEPTED = "accounts.text.accepted"
