# SPDX-License-Identifier: Apache-2.0
"""What changes about staff: one asks, another decides; links; new access; suspension at once; the first two at the machine."""

from paraph.domain.staff.services.addressing import ask_address, confirm_address
from paraph.domain.staff.services.asking import (
    AddressTaken,
    AlreadyStaff,
    NothingToChange,
    RequestWaiting,
    ThatIsYou,
    TokenPromised,
    WhyMissing,
    ask_change,
    ask_end,
    ask_invitation,
    ask_reinstatement,
)
from paraph.domain.staff.services.deciding import (
    AskerGone,
    DecisionOver,
    OtherRequest,
    approve,
    refuse,
    withdraw,
)
from paraph.domain.staff.services.inviting import InvitationOver, Joined, TooOldToResend, accept, resend, revoke
from paraph.domain.staff.services.members import (
    Appointed,
    TwoOperatorsExist,
    appoint,
    lapse_due,
    set_duty,
    suspend,
)
from paraph.domain.staff.services.permitting import LastOperator, RolesNotPossible
from paraph.domain.staff.services.renewing import (
    NewDeviceNeeded,
    NoAddressKnown,
    NobodyDecides,
    NoNewDevice,
    Renewed,
    TwoCanDecide,
    ask_renewal,
    renew,
    renew_at_the_machine,
)
from paraph.domain.staff.services.telling import ABOUT, roles_in_words

__all__ = [
    "ABOUT", "AddressTaken", "AlreadyStaff", "Appointed", "AskerGone", "DecisionOver", "InvitationOver", "Joined",
    "LastOperator", "NewDeviceNeeded", "NoAddressKnown", "NoNewDevice", "NobodyDecides", "NothingToChange",
    "OtherRequest", "Renewed", "RequestWaiting", "RolesNotPossible", "ThatIsYou", "TokenPromised", "TooOldToResend",
    "TwoCanDecide", "TwoOperatorsExist", "WhyMissing", "accept", "appoint", "approve", "ask_address", "ask_change",
    "ask_end", "ask_invitation", "ask_reinstatement", "ask_renewal", "confirm_address", "lapse_due", "refuse",
    "renew", "renew_at_the_machine", "resend", "revoke", "roles_in_words", "set_duty", "suspend", "withdraw",
]
