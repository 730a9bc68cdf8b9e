# SPDX-License-Identifier: Apache-2.0
"""What stands before the demonstration starts: its folder, its ports, what its programs read of their environment."""

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from paraph.config.environment import SettingError

MARK = "paraph-data"


def say(text: str) -> None:
    """A line for the person at the terminal; what a program reads stands in DATA/demo.json."""
    print(text, file=sys.stderr, flush=True)


def prepare_folder(data: Path, *, fresh: bool) -> Path:
    """The data folder, marked as ours; with `fresh` emptied first, but never a folder that is not ours."""
    if data.exists() and any(data.iterdir()) and not (data / MARK).exists():
        raise SettingError(f"{data} is not empty and was not made by Paraph: choose another --data folder.")
    if fresh and data.exists():
        shutil.rmtree(data)
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        (data / MARK).write_text("Made by Paraph. Deleted by --fresh.\n")
    except OSError as error:
        raise SettingError(f"{data} can't be written: {error.strerror}.") from error
    if shutil.disk_usage(data).free < 200 * 1024 * 1024:
        raise SettingError(f"the disk of {data} has less than 200 MB free: free some space, then start again.")
    return data


def choose_ports(data: Path, port: int | None, guichet_port: int | None) -> dict[str, int]:
    """The ports of this data folder. Refuses others than those of the first start, and ports in use."""
    path = data / "ports.json"
    if path.exists():
        ports = json.loads(path.read_text())
        for name, asked in (("port", port), ("guichet_port", guichet_port)):
            if asked and asked != ports[name]:
                raise SettingError(f"these data were made with port {ports[name]}, which stands in certificates and at "
                                   f"partners: leave --{name.replace('_', '-')} out, or add --fresh.")
    else:
        ports = {"port": port or 8000, "guichet_port": guichet_port or 8100}
    for number in ports.values():
        if not is_free(number):
            raise SettingError(f"port {number} is in use: stop the program that has it, or choose another with --port "
                               "and --guichet-port (with --fresh, if these data exist already).")
    path.write_text(json.dumps(ports))
    return ports


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of the loopback address that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def set_environment(data: Path, ports: dict[str, int], profile: str) -> None:
    """What every program of the tree reads (config.environment)."""
    os.environ.setdefault("PARAPH_ISOLATION", "where-possible")
    os.environ.update({
        "PARAPH_DATA": str(data),
        "PARAPH_PROFILE": profile,
        "PARAPH_DEMO": "1",
        "PARAPH_URL": f"http://localhost:{ports['port']}",
        "PARAPH_GUICHET_URL": f"http://localhost:{ports['guichet_port']}",
        "DJANGO_SETTINGS_MODULE": "paraph.config.settings",
    })


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Returns when it holds, asked ten times a second; refuses in one sentence when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise SettingError(f"{what} did not start within {seconds:.0f} seconds: see the files in the log folder of the data.")
