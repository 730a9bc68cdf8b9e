# SPDX-License-Identifier: Apache-2.0
"""paraph signer: the one process that opens the key store. It loads no Django, knows no database of the service, and reads
none of the secrets of the web processes: neither key ring nor pepper nor Django's key.
"""

import argparse
import logging
import sys
from pathlib import Path

from paraph.config import borders, environment
from paraph.config.operator import load
from paraph.interfaces.lines import JSONFormatter
from paraph.kernel import clock, rules
from paraph.signer import server, users
from paraph.signer.errors import SignerUnavailable, WrongKeyStore
from paraph.signer.stores import StoreSettings

# Its own status, with which nothing starts it again by itself: an HSM locks its user after a few wrong PINs.
WRONG_KEY_STORE = 3


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="paraph signer", description="Runs the signer: the only process that opens the key store.")
    options.add_argument("--check", action="store_true",
                         help="judge owners and modes as far as this user sees them, and stop; status 1 when something is wrong")
    return options


def main(arguments: list[str]) -> int:
    parsed = parser().parse_args(arguments)
    return check() if parsed.check else run()


def check() -> int:
    found = borders.look()
    for finding in found:
        print(f"border: {finding}")
    print(f"remark: {borders.seen_by()}")
    print(f"{len(found)} problems." if found else "No problem found.")
    return 1 if found else 0


def run() -> int:
    handler = logging.StreamHandler()
    handler.setFormatter(JSONFormatter())
    logging.basicConfig(level=environment.read("LOG_LEVEL"), handlers=[handler])
    asking = askers()
    borders.refuse()
    operator = load(environment.read("PROFILE"))
    rules.use(operator.rules_in_force)
    if shift := environment.read("TEST_CLOCK"):
        clock.bind(clock.ShiftedClock(Path(shift)))
    try:
        server.serve(environment.signer_socket(), environment.signer_folder(), environment.key_store_passphrase(), clock.bound(),
                     store(), operator.house(environment.read("URL").rstrip("/")), asking)
    except WrongKeyStore as error:
        print(f"the signer does not start: {error.code}", file=sys.stderr)
        return WRONG_KEY_STORE
    except SignerUnavailable as error:
        # The code is what the page on incidents names.
        raise environment.SettingError(f"the signer does not start: {error.code}") from error
    except OSError as error:
        raise environment.SettingError(f"the signer does not start: {error}") from error
    return 0


def askers() -> users.Askers:
    """Refuses a list that can't be."""
    try:
        asking = users.askers(environment.read("SIGNER_USERS"), environment.read("SIGNER_GROUP"))
    except ValueError as error:
        raise environment.SettingError(f"PARAPH_SIGNER_USERS and PARAPH_SIGNER_GROUP: {error}") from error
    if asking.users and environment.signer_socket().parent == environment.signer_folder():
        raise environment.SettingError(
            "with PARAPH_SIGNER_USERS the socket needs a folder of its own, since others pass through it: give PARAPH_SIGNER "
            "another one than the folder of the signer's data.")
    return asking


def store() -> StoreSettings:
    return StoreSettings(environment.read("KEY_STORE"), environment.read("KEY_STORE_MODULE"),
                         environment.read("KEY_STORE_TOKEN"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
