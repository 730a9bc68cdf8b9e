# SPDX-License-Identifier: Apache-2.0
import hashlib
from datetime import UTC, datetime, timedelta

from cryptography import x509
from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.timestamping import queries
from paraph.domain.timestamping.clock_trust import Source
from paraph.domain.timestamping.events import Event
from paraph.domain.timestamping.models import ClockTrust, Token, Unit
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.clock import Clock
from paraph.kernel.errors import NotFound, Refusal
from paraph.pki import keys, oids, timestamps
from paraph.pki.timestamps import Failure, TimestampError
from paraph.pki.x509 import subject_and_key
from paraph.signer.client import Signer


class UnsuitableUnit(Refusal):
    """The certificate can't be that of a time-stamping unit (EN 319 422 clause 6)."""

    code = "unsuitable_unit"
    sentence = "Ce certificat ne convient pas à une unité d’horodatage."


def stamp(*, request_der: bytes, clock: Clock, signer: Signer) -> bytes:
    """Answer a TimeStampReq with a TimeStampResp (RFC 3161): a token, or the rejection that fits.

    Raises SignerUnavailable or SignerRefusal; then nothing was issued.
    """
    try:
        return timestamps.granted(_issue(timestamps.parse_request(request_der), clock=clock, signer=signer))
    except TimestampError as error:
        return timestamps.rejected(error.failure)


def stamp_imprint(*, imprint: bytes, hash_algorithm: str = oids.SHA256, clock: Clock, signer: Signer) -> bytes:
    """Return a TimeStampToken over an imprint of our own, with the unit's certificate and its chain inside.

    Raises TimestampError when no token can be issued, SignerUnavailable or SignerRefusal.
    """
    timestamps.check_imprint(hash_algorithm, imprint)
    request = timestamps.Request(hash_algorithm, imprint, certificate_wanted=True)
    return _issue(request, clock=clock, signer=signer)


def install_unit(
    *, name: str, key_id: str, certificate: bytes, chain: list[bytes], policy: str, caller: Caller,
) -> Unit:
    """A unit begins to stamp. Its times come from the certificate, `chain` goes up from it (with or without it).

    Idempotent by key. Refuses UnsuitableUnit.
    """
    with transaction.atomic():
        existing = Unit.objects.select_for_update().filter(key_id=key_id).first()
        if existing is not None:
            return existing
        times = _times_of(certificate)
        unit = Unit.objects.create(
            name=name, key_id=key_id, policy=policy, certificate_der=certificate,
            chain=[above.hex() for above in chain if above != certificate], installed_at=caller.at,
            accuracy_milliseconds=rules.current().timestamp_accuracy_milliseconds, **times)
        audit.record(Event.UNIT_INSTALLED, about=("unit", unit.id), caller=caller,
                     facts={"key": key_id, "policy": policy,
                            "certificate": hashlib.sha256(certificate).hexdigest()})
    return unit


def withdraw_unit(*, unit_id: object, caller: Caller) -> None:
    """A unit stamps no more. Its tokens stay valid."""
    with transaction.atomic():
        unit = Unit.objects.select_for_update().filter(pk=unit_id).first()
        if unit is None:
            raise NotFound(unit=unit_id)
        if unit.in_service:
            unit.in_service = False
            unit.save(update_fields=["in_service"])
            audit.record(Event.UNIT_WITHDRAWN, about=("unit", unit.id), caller=caller)


def renew_clock_trust(*, source: Source, caller: Caller) -> bool:
    """Check the clock and renew the lease, or take trust away. Returns whether the clock is trusted.

    Once lost, trust does not come back by itself: a clock that jumped and jumped back is not a clock to rely on.
    """
    current = rules.current()
    allowed = timedelta(milliseconds=current.clock_drift_milliseconds)
    with transaction.atomic():
        trust = ClockTrust.objects.select_for_update().filter(pk=source.name).first()
        if trust is not None and trust.begin_anew:
            source.begin_anew()
            trust.begin_anew = False
        reading = source.read()
        loss = reading.fault
        if abs(reading.deviation) > allowed:
            loss = "jump"
        elif trust is not None and caller.at < trust.checked_at - allowed:
            loss = "backwards"
        first = trust is None
        trust = trust or ClockTrust(source=source.name)
        trust.checked_at = caller.at
        trust.trusted_until = caller.at + timedelta(seconds=current.clock_trust_seconds)
        trust.deviation_milliseconds = reading.deviation // timedelta(milliseconds=1)
        if loss and trust.lost_at is None:
            trust.lost_at, trust.loss = caller.at, loss
            _record_clock(Event.CLOCK_DISTRUSTED, trust, caller, loss=loss)
        elif first:
            _record_clock(Event.CLOCK_TRUSTED, trust, caller, confirmed=False)
        trust.save()
    return trust.lost_at is None


def confirm_clock(*, source: str, caller: Caller) -> None:
    """An operator has compared the clock with a time source and answers for it: the next check begins anew.

    `source` is the name of what watches the clock. Refuses with NotFound when it never did.
    """
    with transaction.atomic():
        trust = ClockTrust.objects.select_for_update().filter(pk=source).first()
        if trust is None:
            raise NotFound(source=source)
        trust.lost_at, trust.loss, trust.begin_anew = None, "", True
        trust.checked_at, trust.trusted_until = caller.at, caller.at
        trust.save()
        _record_clock(Event.CLOCK_TRUSTED, trust, caller, confirmed=True)


def _issue(request: timestamps.Request, *, clock: Clock, signer: Signer) -> bytes:
    at = clock.now().astimezone(UTC)
    unit = _unit_for(request, at)
    serial = tokens.certificate_serial()
    information = timestamps.token_information(
        request, policy=unit.policy, serial=int(serial, 16), at=at,
        accuracy=timedelta(milliseconds=unit.accuracy_milliseconds))
    certificate = bytes(unit.certificate_der)
    algorithm = keys.algorithm_of(subject_and_key(certificate)[1])
    attributes = timestamps.signed_attributes(information, certificate, algorithm)
    signature = signer.sign(attempt=str(tokens.uuid7()), key_id=unit.key_id, purpose="tsu", data=attributes,
                            content=information)
    certificates = [certificate, *(bytes.fromhex(text) for text in unit.chain)] if request.certificate_wanted else []
    token = timestamps.assemble(
        information, attributes, certificate=certificate, algorithm=algorithm, signature=signature,
        certificates=certificates)
    caller = Caller.system(at=at, name="timestamping")
    # A token exists for the world only once its line does: a crash before this commit wastes a signature, nothing else.
    with transaction.atomic():
        line = Token.objects.create(
            unit=unit, serial=serial, generated_at=at, policy=unit.policy, hash_algorithm=request.hash_algorithm,
            imprint=request.imprint.hex(), token_digest=hashlib.sha256(token).hexdigest())
        audit.record(Event.TOKEN_ISSUED, about=("timestamp", serial), caller=caller,
                     facts={"unit": unit.id, "generated_at": at.isoformat(), "imprint": line.imprint,
                            "token": line.token_digest})
    return token


def _unit_for(request: timestamps.Request, at: datetime) -> Unit:
    """The unit that stamps at `at`; TimestampError when none may, or none under the policy that is asked for."""
    if not queries.clock_state(at).trusted:
        raise TimestampError(Failure.TIME_NOT_AVAILABLE)
    unit = queries.unit_at(at)
    if unit is None:
        raise TimestampError(Failure.SYSTEM_FAILURE)
    if request.policy and request.policy != unit.policy:
        raise TimestampError(Failure.UNACCEPTED_POLICY)
    newest = queries.newest_token(unit)
    if newest is not None and at < newest.generated_at - timedelta(milliseconds=unit.accuracy_milliseconds):
        raise TimestampError(Failure.TIME_NOT_AVAILABLE)
    return unit


def _times_of(certificate: bytes) -> dict[str, datetime]:
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        purposes = parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise UnsuitableUnit() from error
    if not purposes.critical or list(purposes.value) != [x509.ExtendedKeyUsageOID.TIME_STAMPING]:
        raise UnsuitableUnit()
    try:
        period = parsed.extensions.get_extension_for_class(x509.PrivateKeyUsagePeriod).value
        key_not_after = period.not_after.replace(tzinfo=UTC) if period.not_after else parsed.not_valid_after_utc
    except x509.ExtensionNotFound:
        key_not_after = parsed.not_valid_after_utc
    # notAfter is the last valid second (RFC 5280); our intervals are half open.
    second = timedelta(seconds=1)
    return {"not_before": parsed.not_valid_before_utc, "not_after": parsed.not_valid_after_utc + second,
            "key_not_after": key_not_after + second}


def _record_clock(event: Event, trust: ClockTrust, caller: Caller, **facts: object) -> None:
    audit.record(event, about=("clock", trust.source), caller=caller,
                 facts={"deviation_milliseconds": trust.deviation_milliseconds, **facts})
