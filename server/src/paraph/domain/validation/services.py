# SPDX-License-Identifier: Apache-2.0
import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext_noop as _

from paraph.domain.validation.report import FAILED, NOT_VALID, UNDETERMINED, Finding, Report, Signature
from paraph.kernel import confinement, rules
from paraph.kernel.confinement import ChildFailed, Limits
from paraph.kernel.errors import Refusal

CHILD = "paraph.domain.validation.pdf"
# Anybody may ask: half of the web process's threads at most may wait for such files.
LIMITS = Limits(cpu_seconds=20, seconds=40, memory_megabytes=1024, answer_megabytes=16, at_once=2)
MEGABYTE = 1024 * 1024


class ValidationBusy(Refusal):
    code = "validation_busy"
    sentence = _("Le service vérifie beaucoup de documents en ce moment. Réessayez dans une minute.")
    status = 503


@dataclass(frozen=True)
class Trust:
    """What the answer relies on. `anchors` are trusted; `certificates` and `lists` (CRLs in force) help; all in DER.

    `state_at(serial, instant)` tells what a certificate of ours really was then ("active", "suspended", "revoked" …), also
    where the world's lists have forgotten it: a suspension that was lifted leaves no trace in a later list. None: not ours.
    """

    anchors: tuple[bytes, ...]
    certificates: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()
    state_at: Callable[[str, datetime], str | None] | None = None


def validate(*, content: bytes, at: datetime, trust: Trust) -> Report:
    """What the file is worth, whatever it is: a report comes back for every sequence of bytes.

    Refuses only with ValidationBusy, when too many files are being examined at once.
    """
    code = _outside(content)
    if code:
        return _without_looking(code, content, at)
    request = {"at": at.isoformat(), "anchors": _texts(trust.anchors), "certificates": _texts(trust.certificates),
               "lists": _texts(trust.lists)}
    try:
        values, _ = confinement.run(CHILD, request, content, LIMITS)
    except ChildFailed:
        return _without_looking("too_costly", content, at)
    except confinement.TooBusy as error:
        raise ValidationBusy() from error
    told = Report.from_dict(values)
    if trust.state_at is None:
        return told
    signatures = [_with_history(signature, trust.state_at) for signature in told.signatures]
    worst = next((verdict for verdict in (NOT_VALID, UNDETERMINED)
                  if any(signature.verdict == verdict for signature in signatures)), told.verdict)
    return replace(told, signatures=signatures, verdict=worst)


def _outside(content: bytes) -> str:
    """What can be told without taking the file apart, or ""."""
    if not content:
        return "empty"
    if len(content) > rules.current().document_megabytes * MEGABYTE:
        return "too_large"
    return "" if b"%PDF-" in content[:1024] else "not_pdf"


def _without_looking(code: str, content: bytes, at: datetime) -> Report:
    return Report(code=code, verdict=UNDETERMINED, at=at.isoformat(), sha256=sha256(content).hexdigest(),
                  size=len(content))


def _with_history(signature: Signature, state_at: Callable[[str, datetime], str | None]) -> Signature:
    """A valid signature of ours is held against what its certificate was at the proven instant."""
    if signature.verdict != "valid" or signature.certificate is None:
        return signature
    state = state_at(signature.certificate.serial, datetime.fromisoformat(signature.signed_at))
    if state in (None, "active"):
        return replace(signature, findings=[*signature.findings, Finding("status_history", True, state or "unknown")])
    code = {"suspended": "suspended_at_signing", "revoked": "revoked_at_signing"}.get(state, "not_active_at_signing")
    return replace(
        signature, verdict=NOT_VALID, code=code, indication=FAILED, sub_indication="REVOKED", legal_level="", burden="",
        findings=[*signature.findings, Finding("status_history", False, state)])


def _texts(values: tuple[bytes, ...]) -> list[str]:
    return [base64.b64encode(value).decode() for value in values]
