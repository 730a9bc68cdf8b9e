# SPDX-License-Identifier: Apache-2.0
"""Writes of the registration service: the desk, the holder's activation, status, and what time asks."""

from paraph.domain.registration.services.activating import (
    ActivationOver,
    AlreadyActivated,
    Answer,
    Failed,
    Incomplete,
    Missing,
    Opening,
    UnderWay,
    abandon,
    accept_content,
    activate,
    choose_image,
    choose_own_picture,
    choose_password,
    open_activation,
    prove,
    recognise,
)
from paraph.domain.registration.services.approving import (
    ImageOver,
    approve_shown,
    forget_approvals,
    show_again,
    show_approval,
)
from paraph.domain.registration.services.deadlines import lapse_due, remind, settle
from paraph.domain.registration.services.desk import (
    ContactsNotReadBack,
    NotAMatch,
    NotCertifiable,
    NotIdentifiedYet,
    NotPaidYet,
    WhoIsThis,
    approve,
    identify,
    refuse,
)
from paraph.domain.registration.services.ending import destroy_keys
from paraph.domain.registration.services.fraud import Report, report_fraud
from paraph.domain.registration.services.helpdesk import (
    CallerNotIdentified,
    NotOfYourDesk,
    NoWayForCodes,
    assign_product,
    disable_for_caller,
    give_security_code,
    open_visit,
    reissue_codes,
    suspend_for_caller,
)
from paraph.domain.registration.services.images import read_first_image, show_image
from paraph.domain.registration.services.naming import NameHasChanged, NotARegistrar, ScanNeeded, ways
from paraph.domain.registration.services.own_replacing import (
    CanNotBeSent,
    Denied,
    Obstacle,
    ask_for_sending,
    deny_replacement,
    send_product,
    sending_obstacle,
    sent_usable_from,
)
from paraph.domain.registration.services.passkeys import (
    FreshLoginNeeded,
    add_passkey,
    begin_passkey,
    remove_passkey,
    rename_passkey,
)
from paraph.domain.registration.services.products import (
    OtherDeviceNeeded,
    disable_product,
    enable_product,
    may_enable,
    resynchronise_product,
)
from paraph.domain.registration.services.reissuing import (
    REISSUE,
    NoCertificateToReplace,
    ask_reissue,
    draft_reissue,
    reissue,
)
from paraph.domain.registration.services.replacing import (
    NoAddress,
    NoOtherProduct,
    NothingToReplace,
    Reported,
    finish_product,
    found_again,
    replace_product,
    report_product,
    report_product_with_codes,
)
from paraph.domain.registration.services.status import Answer as StatusAnswer
from paraph.domain.registration.services.status import (
    NothingToResume,
    NothingToRevoke,
    NothingToSuspend,
    enforce_suspension_deadlines,
    resume,
    revoke,
    suspend,
    suspend_with_initial_codes,
)

__all__ = [
    "ActivationOver", "AlreadyActivated", "Answer", "CallerNotIdentified", "CanNotBeSent", "ContactsNotReadBack",
    "Denied", "Failed", "FreshLoginNeeded", "ImageOver", "Incomplete", "Missing", "NameHasChanged", "NoAddress",
    "NoCertificateToReplace", "NoOtherProduct", "NoWayForCodes", "NotAMatch", "NotARegistrar", "NotCertifiable",
    "NotIdentifiedYet", "NotOfYourDesk", "NotPaidYet", "NothingToReplace", "NothingToResume", "NothingToRevoke",
    "NothingToSuspend", "Obstacle", "Opening", "OtherDeviceNeeded", "REISSUE", "Report", "Reported", "ScanNeeded",
    "StatusAnswer", "UnderWay", "WhoIsThis", "abandon", "accept_content", "activate", "add_passkey", "approve",
    "approve_shown", "ask_for_sending", "ask_reissue", "assign_product", "begin_passkey", "choose_image",
    "choose_own_picture", "choose_password", "deny_replacement", "destroy_keys", "disable_for_caller",
    "disable_product", "draft_reissue", "enable_product", "enforce_suspension_deadlines", "finish_product",
    "forget_approvals", "found_again", "give_security_code", "identify", "lapse_due", "may_enable", "open_activation",
    "open_visit", "prove", "read_first_image", "recognise", "refuse", "reissue", "reissue_codes", "remind",
    "remove_passkey", "rename_passkey", "replace_product", "report_fraud", "report_product",
    "report_product_with_codes", "resume", "resynchronise_product", "revoke", "send_product", "sending_obstacle",
    "sent_usable_from", "settle", "show_again", "show_approval", "show_image", "suspend", "suspend_for_caller",
    "suspend_with_initial_codes", "ways",
]
