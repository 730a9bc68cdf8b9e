# SPDX-License-Identifier: Apache-2.0
"""paraph web, as a command: one process, or several at one port, until it is told to end."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paraph.config.preparing import free_port

REQUEST = b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def ask(port):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(REQUEST)
        given = b""
        while piece := connection.recv(65536):
            given += piece
    return given


def children(process):
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


@pytest.mark.parametrize("processes", [1, 2])
def test_it_answers_until_it_is_told_to_end(processes):
    port = free_port()
    # Any WSGI application will do: this one comes with Python.
    command = [sys.executable, "-m", "paraph.config.main", "web", "wsgiref.simple_server:demo_app", "--port", str(port),
               "--processes", str(processes)]
    with subprocess.Popen(command) as process:
        try:
            end = time.monotonic() + 120
            given = b""
            while not given:
                assert time.monotonic() < end and process.poll() is None
                try:
                    given = ask(port)
                except OSError:
                    time.sleep(0.1)
            assert given.startswith(b"HTTP/1.1 200 ") and b"PATH_INFO = '/hello'" in given
            assert len(children(process.pid)) == (processes if processes > 1 else 0)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    with pytest.raises(OSError):
        ask(port)
