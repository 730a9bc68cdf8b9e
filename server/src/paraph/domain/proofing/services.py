# SPDX-License-Identifier: Apache-2.0
import json
from collections.abc import Iterable
from hashlib import sha256

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.proofing.events import Event
from paraph.domain.proofing.methods import DocumentFacts, Method
from paraph.domain.proofing.methods.desk import DESK
from paraph.domain.proofing.models import Attempt
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.clock import local_date
from paraph.kernel.errors import Forbidden, NotAllowed

METHODS: dict[str, Method] = {DESK.name: DESK}
OFFICER = "registration_officer"


def decide(
    *, subject_id: object, authority_id: object, method: str, expected: DocumentFacts, seen: DocumentFacts,
    person_present: bool, refuse_for: Iterable[str] = (), evidence: Iterable[tuple[str, str]] = (), caller: Caller,
) -> Attempt:
    """The officer's decision stands, with what he compared. Anything that differs makes it a refusal: a result.

    `refuse_for` are reasons of his own ("document_doubtful", "person_doubtful"). `evidence` are pairs (kind, SHA-256 in
    hex) of what was kept elsewhere; the comparison itself is always among it.
    Refuses: Forbidden (no officer of this authority), NotAllowed (the subject was identified before).
    """
    if not caller.has_role(OFFICER, str(authority_id)) or not caller.person:
        raise Forbidden()
    with transaction.atomic():
        if Attempt.objects.select_for_update().filter(subject_id=str(subject_id), accepted=True).exists():
            raise NotAllowed(record="proofing", state="accepted", move="decide")
        reasons = [*METHODS[method].obstacles(expected=expected, seen=seen, person_present=person_present,
                                              today=local_date(caller.at)), *refuse_for]
        compared = {"salt": tokens.token_bytes(16).hex(), "expected": expected.as_dict(), "seen": seen.as_dict(),
                    "person_present": person_present}
        digests = [{"kind": "comparison", "sha256": _digest(compared)},
                   *({"kind": kind, "sha256": digest} for kind, digest in evidence)]
        attempt = Attempt.objects.create(
            subject_id=str(subject_id), method=method, authority_id=authority_id, officer_id=caller.person,
            expected=expected.as_dict(), seen=compared, person_present=person_present, accepted=not reasons,
            reasons=reasons, evidence=digests, decided_at=caller.at)
        audit.record(
            Event.ATTEMPT_ACCEPTED if attempt.accepted else Event.ATTEMPT_REFUSED, about=("proofing", attempt.id),
            caller=caller, facts={"subject": subject_id, "method": method, "authority": authority_id,
                                  "reasons": reasons, "evidence": digests},
            personal={"document": seen.number})
    return attempt


def _digest(content: dict) -> str:
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
