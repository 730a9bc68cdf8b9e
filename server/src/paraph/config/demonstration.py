# SPDX-License-Identifier: Apache-2.0
"""paraph demo: the whole service on this computer, with fictional people, partners and simulated devices.

Everything stands in one folder. Its ports are fixed at the first start, since certificates and partners carry them.
"""

import argparse
from pathlib import Path

import django

from paraph.config.preparing import choose_ports, prepare_folder, say, set_environment


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="./run", description="Starts Paraph and the citizen portal on 127.0.0.1.")
    options.add_argument("--port", type=int, help="the service's port (8000)")
    options.add_argument("--guichet-port", type=int, help="the citizen portal's port (8100)")
    options.add_argument("--data", help="the folder of all data (./data)")
    options.add_argument("--profile", default="demo", help="the operator profile: demo or luxtrust")
    options.add_argument("--fresh", action="store_true", help="delete the data first")
    options.add_argument("--smoke", action="store_true",
                         help="start on free ports with fresh data, play the main story through HTTP, and stop")
    options.add_argument("--artifacts", help="with --smoke: leave certificates, documents and the report here")
    options.add_argument("--device", default="token", choices=("token", "scan"),
                         help="with --smoke: what the story's holder has in her hand")
    return options


def main(arguments: list[str]) -> int:
    parsed = parser().parse_args(arguments[1:])
    if arguments[0] == "smoke":
        parsed.smoke = True
    if parsed.smoke:
        from paraph.config import smoke

        return smoke.run(parsed)
    data = prepare_folder(Path(parsed.data or "data").resolve(), fresh=parsed.fresh)
    ports = choose_ports(data, parsed.port, parsed.guichet_port)
    set_environment(data, ports, parsed.profile)
    django.setup(set_prefix=False)
    from paraph.config.service import Service

    with Service(data, ports, say) as service:
        service.announce()
        return service.watch()
