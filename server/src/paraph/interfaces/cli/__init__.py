# SPDX-License-Identifier: Apache-2.0
"""The operators' commands: paraph …

Each command group is one module with `register(subparsers)`; a handler gets the parsed arguments and returns an exit
status. The caller is `cli:<command>`.
"""

import argparse
import os
import sys

from paraph.interfaces.cli import (
    agents,
    audit,
    ca,
    channels,
    check,
    devices,
    partners,
    programs,
    signer_host,
    staff,
    timestamping,
)

GROUPS = (programs, staff, agents, devices, partners, ca, timestamping, channels, audit, check)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="paraph", description="Operates a Paraph trust service.",
                                    epilog="Besides: paraph signer, paraph web, paraph demo, paraph smoke, each with --help.")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.register(commands)
    return whole


def main(arguments: list[str]) -> int:
    parsed = parser().parse_args(arguments)
    try:
        return parsed.handler(parsed) or 0
    except signer_host.NotHere as error:
        print(f"paraph: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever reads the output stopped reading, as `head` does; Python must not complain again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
