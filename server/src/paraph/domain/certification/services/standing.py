# SPDX-License-Identifier: Apache-2.0
"""Which version of each profile is in force."""

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.certification import policy, queries
from paraph.domain.certification.events import Event
from paraph.domain.certification.models import Approval, ProfileStanding
from paraph.domain.certification.services.approving import ask_approval, use_approval
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import profiles


class UnknownVersion(Refusal):
    """The catalogue has no such profile, or not in this version."""

    code = "unknown_profile_version"
    sentence = gettext_noop("Ce type de certificat n’existe pas dans cette version. Rien n’a été modifié.")


class StandsAlready(Refusal):
    """Nothing would change."""

    code = "stands_already"
    sentence = gettext_noop("C’est déjà le cas. Rien n’a été modifié.")


class AlwaysInForce(Refusal):
    """Without this profile nobody could say any more whether what was issued is still good."""

    code = "always_in_force"
    sentence = gettext_noop(
        "Ce type de certificat est indispensable au service d’état des certificats. Il ne peut pas être retiré."
    )


def ask_standing(*, profile: str, version: int | None, reason: str, caller: Caller) -> Approval:
    """Somebody wants this version in force, or (None) the profile out of it. Refuses: what put_in_force and
    ask_approval refuse.
    """
    _permit_standing(profile, version)
    action, content = policy.profile_standing(profile, version)
    return ask_approval(action=action, content=content, reason=reason, caller=caller)


def put_in_force(*, profile: str, version: int, caller: Caller) -> ProfileStanding:
    """From now on certificates of this profile are issued in this version; what was issued keeps its own.

    It needs an approval for exactly this (policy.profile_standing). Refuses: Forbidden, NotApproved, UnknownVersion,
    StandsAlready.
    """
    return _stand(profile, version, Event.PROFILE_IN_FORCE, caller)


def take_out_of_force(*, profile: str, caller: Caller) -> ProfileStanding:
    """From now on no certificate of this profile is issued; those that were live on.

    It needs an approval for exactly this. Refuses: Forbidden, NotApproved, UnknownVersion, StandsAlready,
    AlwaysInForce.
    """
    return _stand(profile, None, Event.PROFILE_OUT_OF_FORCE, caller)


def put_catalogue_in_force(*, caller: Caller) -> list[ProfileStanding]:
    """The ceremony: every profile of the catalogue that never stood is in force in its newest version.

    What an operator decided stays. Refuses: Forbidden.
    """
    policy.permit_operator(caller)
    with transaction.atomic():
        known = set(ProfileStanding.objects.values_list("profile", flat=True))
        names = dict.fromkeys(profile.name for profile in profiles.ALL)
        made = [ProfileStanding.objects.create(profile=name, version=profiles.get(name).version, since=caller.at)
                for name in names if name not in known]
        for standing in made:
            _record(Event.PROFILE_IN_FORCE, standing, caller)
    return made


def _stand(profile: str, version: int | None, event: Event, caller: Caller) -> ProfileStanding:
    policy.permit_operator(caller)
    with transaction.atomic():
        action, content = policy.profile_standing(profile, version)
        approval = use_approval(action=action, content=content, caller=caller)
        _permit_standing(profile, version)
        standing = ProfileStanding.objects.create(profile=profile, version=version, since=caller.at, approval=approval)
        _record(event, standing, caller)
    return standing


def _permit_standing(profile: str, version: int | None) -> None:
    try:
        profiles.get(profile, version)
    except profiles.UnknownProfile as error:
        raise UnknownVersion(profile=profile) from error
    if version is None and profile in policy.ALWAYS_IN_FORCE:
        raise AlwaysInForce(profile=profile)
    newest = queries.standings(profile).first()
    if version == (newest.version if newest else None):
        raise StandsAlready(profile=profile)


def _record(event: Event, standing: ProfileStanding, caller: Caller) -> None:
    audit.record(event, about=("profile", standing.profile), caller=caller,
                 facts={"version": standing.version, "approval": str(standing.approval_id or "")})
