# SPDX-License-Identifier: Apache-2.0
"""Our own services renew their keys and certificates in time, and a new time-stamping unit begins to stamp."""

from paraph.domain.certification import authorities
from paraph.domain.certification import queries as certification
from paraph.domain.timestamping import services as timestamping
from paraph.interfaces.tree import timestamp_policy
from paraph.kernel.caller import Caller


def renew_services(caller: Caller) -> int:
    renewed = authorities.renew_services(caller=caller)
    install_units(caller)
    return renewed


def install_units(caller: Caller) -> None:
    """Every time-stamping certificate in its life belongs to a unit. Also after a crash between the two."""
    for certificate in certification.services("tsu", caller.at):
        timestamping.install_unit(
            name=f"tsu-{certificate.serial[:8]}",
            key_id=certificate.key_id,
            certificate=bytes(certificate.der),
            chain=certification.chain(certificate),
            policy=timestamp_policy(),
            caller=caller,
        )
