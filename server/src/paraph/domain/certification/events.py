# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """Audit codes. Each is about ("certificate", id) or ("authority", id); facts: serial, profile, reason, instants."""

    AUTHORITY_CREATED = "certification.authority.created"
    CERTIFICATE_REFUSED = "certification.certificate.refused"
    CERTIFICATE_RESERVED = "certification.certificate.reserved"
    CERTIFICATE_ISSUED = "certification.certificate.issued"
    CERTIFICATE_ABANDONED = "certification.certificate.abandoned"
    CERTIFICATE_ACTIVATED = "certification.certificate.activated"
    CERTIFICATE_SUSPENDED = "certification.certificate.suspended"
    CERTIFICATE_RESUMED = "certification.certificate.resumed"
    CERTIFICATE_REVOKED = "certification.certificate.revoked"
    CERTIFICATE_FAILS_TODAYS_RULES = "certification.certificate.fails_todays_rules"
    LIST_PUBLISHED = "certification.list.published"
