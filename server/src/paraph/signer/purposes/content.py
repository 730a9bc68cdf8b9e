# SPDX-License-Identifier: Apache-2.0
"""Reading what is to be signed: DER, nothing left over, nothing twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from paraph.kernel import rules
from paraph.pki import der
from paraph.signer.errors import SignerRefusal


@dataclass(frozen=True)
class InfrastructureKey:
    """The key that is asked to sign."""

    key_id: str
    purpose: str
    algorithm: str
    public_key_der: bytes


@dataclass(frozen=True, slots=True)
class Extension:
    critical: bool
    value: bytes


@contextmanager
def reading() -> Iterator[None]:
    """Whatever can't be read as what it should be is refused: wrong_content."""
    try:
        yield
    except (der.Malformed, ValueError, IndexError, KeyError) as error:
        raise SignerRefusal("wrong_content") from error


def must(holds: bool, code: str = "wrong_content") -> None:
    if not holds:
        raise SignerRefusal(code)


def extensions(wrapped: der.Element, tag: int, most: int = 20) -> dict[str, Extension]:
    """The extensions inside [n] EXPLICIT, by their object identifiers: at least one, none twice."""
    [inner] = wrapped.children(tag)
    found: dict[str, Extension] = {}
    for element in inner.children():
        fields = element.children()
        identifier, critical = fields[0].object_identifier(), len(fields) == 3
        # DEFAULT FALSE is left out in DER, so the boolean that is there says TRUE.
        must(len(fields) in (2, 3) and fields[-1].tag == der.OCTET_STRING and identifier not in found)
        must(not critical or fields[1].encoding == b"\x01\x01\xff")
        found[identifier] = Extension(critical, fields[-1].content)
    must(0 < len(found) <= most)
    return found


def near(instant: datetime, at: datetime, *, seconds: int | None = None) -> None:
    """Refuses wrong_time: an instant that the signer's own clock does not bear out."""
    allowed = timedelta(seconds=rules.current().signer_clock_seconds if seconds is None else seconds)
    must(abs(instant - at) <= allowed, "wrong_time")
