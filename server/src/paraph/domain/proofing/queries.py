# SPDX-License-Identifier: Apache-2.0
from paraph.domain.proofing.models import Attempt


def accepted(subject_id: object) -> Attempt | None:
    """The identification on which approval, and later every certificate, rests (R021)."""
    return Attempt.objects.filter(subject_id=str(subject_id), accepted=True).first()


def attempts(subject_id: object) -> list[Attempt]:
    """Every attempt, oldest first."""
    return list(Attempt.objects.filter(subject_id=str(subject_id)).order_by("decided_at", "id"))
