# SPDX-License-Identifier: Apache-2.0
"""What the world may know of a certificate's status: revocation lists and OCSP answers, built, signed and stored.

A change of status and what must be published of it are written in one transaction (`mark_changed`). From that commit
on no answer made before it is served: the responders compare `Certificate.status_version`. `publish_changes` then makes
the new answers and lists at once; `refresh` keeps all of them from ageing. Both find their work by query, so they may
run twice, in two processes, or after a time in which nothing ran.

`crl` makes lists, `ocsp` makes answers and finds the stored ones, `agreement` checks that the two say the same.
"""

from collections.abc import Iterable
from datetime import datetime

from paraph.domain.certification.models import Certificate
from paraph.domain.certification.publication import crl, ocsp
from paraph.signer.client import Signer


def mark_changed(certificates: Iterable[Certificate]) -> None:
    """Let the stored answers of these certificates be made again. Belongs into the transaction that changes them."""
    ocsp.mark_due(certificates)


def forget_all(authority_id: object, at: datetime) -> None:
    """A responder of this authority is not to be believed any more: what it signed is served no longer."""
    ocsp.forget_all(authority_id, at)


def publish_changes(at: datetime, signer: Signer) -> int:
    """Every change that was committed stands in the lists and in the stored answers. Returns how many were made."""
    return ocsp.publish_due(at, signer) + crl.publish_outdated(at, signer)


def refresh(at: datetime, signer: Signer) -> int:
    """No list and no stored answer is so old that it may run out before the next time. Returns how many were made."""
    return ocsp.refresh(at, signer) + crl.refresh(at, signer)
