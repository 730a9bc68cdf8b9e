# SPDX-License-Identifier: Apache-2.0
"""paraph web: one front, or several processes that share a port, each with an event loop and its threads."""

import argparse
import importlib
import sys

from paraph.config import processes
from paraph.interfaces.front.server import serve
from paraph.interfaces.front.threads import Lane

_OWN = "paraph.config.wsgi:application"
_MEGABYTE = 1024 * 1024


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="paraph web", description="Answers HTTP: pages, OpenID, and the PKI's responders.")
    options.add_argument("target", nargs="?", default=_OWN, help=f"the WSGI application ({_OWN})")
    options.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1)")
    options.add_argument("--port", type=int, default=8000, help="the port (8000)")
    options.add_argument("--processes", type=int, default=1, help="how many processes share the port (1)")
    options.add_argument("--several", action="store_true", help="share the port with processes that were started otherwise")
    return options


def main(arguments: list[str]) -> int:
    parsed = parser().parse_args(arguments)
    if parsed.processes > 1:
        return _start_several(parsed)
    module, _, name = parsed.target.partition(":")
    loaded = importlib.import_module(module)
    lanes = getattr(loaded, "LANES", (Lane("", threads=4, waiting=64, largest_body=_MEGABYTE),))
    serve(getattr(loaded, name), parsed.host, parsed.port, lanes=lanes, several=parsed.several)
    return 0


def _start_several(parsed: argparse.Namespace) -> int:
    programs = [
        processes.web(f"web process {number}", parsed.target, parsed.port, host=parsed.host, several=True)
        for number in range(1, parsed.processes + 1)]
    with processes.Tree(programs, lambda text: print(text, file=sys.stderr, flush=True)) as tree:
        for program in programs:
            tree.start(program)
        return tree.watch()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
