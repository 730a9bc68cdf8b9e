# SPDX-License-Identifier: Apache-2.0
"""Certificates of the same holder for the same keys: a renewal, or under other profiles (advanced to qualified, R267).

Device, UserID, password, secret image and SSN stay; nothing changes for the holder but what his certificates say. It is
issuing by hand, so two operators agree on it, and neither is the holder.
"""

from collections.abc import Mapping
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import queries as accounts
from paraph.domain.audit import services as audit
from paraph.domain.certification import queries as certificates
from paraph.domain.certification import services as certification
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Approval, Certificate, Succession
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.domain.registration.services.telling import tell
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import x509
from paraph.pki.names import Subject

REISSUE = "reissue"


class NoCertificateToReplace(Refusal):
    """The holder has no certificates in use: suspended, revoked or never activated."""

    code = "no_certificate_to_replace"
    sentence = gettext_noop("Cette personne n’a pas de certificat actif à remplacer. Rien n’a été modifié.")


def ask_reissue(
    *, identity_id: object, profiles: Mapping[str, str], reason: str, caller: Caller, device: str = ""
) -> Approval:
    """Somebody wants this holder's two certificates replaced; another operator must allow it.

    `profiles` names a profile by usage, each usage left out keeps its own; with none it is a renewal. `device` is the
    declared device that holds the keys. What would be issued is judged now.
    Refuses: NoCertificateToReplace, NotFound, and what issuing and ask_approval refuse.
    """
    identity = accounts.identity(identity_id)
    old = _in_use(identity_id)
    content = draft_reissue(old, profiles, device)
    for certificate in old:
        certification.would_issue(caller=caller, **_instruction(certificate, content))
    return certification.ask_approval(
        action=REISSUE, content=content, subject=str(identity.person_id), reason=reason, caller=caller)


def draft_reissue(old: list[Certificate], profiles: Mapping[str, str], device: str) -> dict:
    """What an approval to replace these certificates is about."""
    return {
        "identity": old[0].subject_id, "predecessor": old[0].generation, "device": device,
        "profiles": {certificate.usage: profiles.get(certificate.usage, certificate.profile) for certificate in old},
    }


def reissue(*, approval_id: object, caller: Caller) -> Succession:
    """The new pair comes into use and the old one ends, at one instant; the holder is told at once.

    One approval makes one pair, also after a crash. Refuses: Forbidden, NotFound, NotApproved, what issuing and
    certification.succeed refuse (the holder may have suspended or revoked in the meantime: then nothing has changed).
    """
    approval = certification.begin_deed(approval_id=approval_id, action=REISSUE, caller=caller)
    content, generation = approval.content, str(uuid5(UUID(str(approval.id)), "generation"))
    if done := certificates.lineage(generation):
        return done[0]
    for certificate in certificates.generation(content["predecessor"]):
        instruction = _instruction(certificate, content)
        certification.issue(attempt=f"{generation}:{certificate.usage}", generation=generation,
                            key_id=certificate.key_id, caller=caller, **instruction)
    try:
        return _take_over(content, generation, caller)
    except Refusal:
        certification.revoke(generation=generation, reason="not_activated", caller=caller)
        raise


def _take_over(content: dict, generation: str, caller: Caller) -> Succession:
    with transaction.atomic():
        if _generation_in_use(content["identity"]) != content["predecessor"]:
            raise NoCertificateToReplace()
        succession = certification.succeed(generation=generation, predecessor=content["predecessor"], caller=caller)
        made = certificates.generation(generation)
        audit.record(Event.REISSUED, about=("identity", content["identity"]), caller=caller,
                     facts={"generation": generation, "predecessor": content["predecessor"], "kind": succession.kind,
                            "serials": [certificate.serial for certificate in made]})
        tell("reissued", identity_id=content["identity"], caller=caller, at=caller.at, expires_at=made[0].not_after)
    return succession


def _instruction(certificate: Certificate, content: dict) -> dict:
    """The same holder, key and identification; the profile that was agreed on."""
    name, public_key_der = x509.subject_and_key(bytes(certificate.der))
    return {
        "profile": content["profiles"][certificate.usage], "subject_id": certificate.subject_id,
        "subject": Subject.read(name), "public_key_der": public_key_der, "identification": certificate.identification,
        "transliteration": certificate.transliteration,
        "device": content["device"] if policy.speaks_of_a_device(content["profiles"][certificate.usage]) else "",
    }


def _generation_in_use(identity_id: object) -> str:
    """The newest generation, if it is active (also when its life is over): suspended or revoked is nothing to replace."""
    newest = next((row for row in certificates.for_subject(str(identity_id)) if row.state != State.ISSUED), None)
    return newest.generation if newest is not None and newest.state == State.ACTIVE else ""


def _in_use(identity_id: object) -> list[Certificate]:
    generation = _generation_in_use(identity_id)
    if not generation:
        raise NoCertificateToReplace()
    return certificates.generation(generation)
