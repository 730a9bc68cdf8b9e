# SPDX-License-Identifier: Apache-2.0
"""What we trust: our own roots, with the lists in force and the history of our own certificates."""

from datetime import datetime

from paraph.domain.certification import queries as certification
from paraph.domain.certification.publication import crl
from paraph.domain.validation.services import Trust
from paraph.kernel.errors import NotFound


def ours() -> Trust:
    authorities = [authority for authority in certification.authorities() if authority.certificate_der]
    newest = [crl.newest_of(authority.name) for authority in authorities]
    return Trust(
        anchors=tuple(bytes(authority.certificate_der) for authority in authorities if authority.parent_id is None),
        certificates=tuple(bytes(authority.certificate_der) for authority in authorities if authority.parent_id),
        lists=tuple(b"".join(crl.content(entry)) for entry in newest if entry is not None),
        state_at=state_at,
    )


def state_at(serial: str, at: datetime) -> str | None:
    """What a certificate of ours was at an instant; None when it is not ours."""
    try:
        interval = certification.status_at(serial, at)
    except NotFound:
        return None
    return interval.state if interval is not None else "reserved"
