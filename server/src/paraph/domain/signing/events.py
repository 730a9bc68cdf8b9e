# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """About ("signature_request", id), or ("document", its SHA-256). Facts: document digest, certificate serial, device serial,
    digest that was signed, signer record number, level, codes. Never a code, never a document; file names
    only as personal values."""

    REQUESTED = "signing.request.requested"
    PREPARED = "signing.request.prepared"
    CODE_REFUSED = "signing.request.code_refused"
    AUTHORISED = "signing.request.authorised"
    STARTED = "signing.request.started"
    KEY_USED = "signing.key.used"
    SIGNED = "signing.request.signed"
    FAILED = "signing.request.failed"
    DECLINED = "signing.request.declined"
    LAPSED = "signing.request.lapsed"
    DOCUMENT_ERASED = "signing.document.erased"
