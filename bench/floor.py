# SPDX-License-Identifier: Apache-2.0
"""Below any server: epoll, one `recv` and one `send` of a whole answer per request, and nothing else."""

import os
import select
import socket
import sys

_BODY = b"\x30" * int(os.environ["BENCH_ANSWER_OCTETS"])
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)


def main(port: int) -> None:
    listening = socket.create_server(("127.0.0.1", port), backlog=1024)
    poll = select.epoll()
    poll.register(listening.fileno(), select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    while True:
        for number, _ in poll.poll():
            if number == listening.fileno():
                connection, _ = listening.accept()
                connections[connection.fileno()] = connection
                poll.register(connection.fileno(), select.EPOLLIN)
                continue
            connection = connections[number]
            try:
                data = connection.recv(65536)
            except ConnectionResetError:
                data = b""
            if data:
                connection.send(_ANSWER)
            if not data or b"Connection: close" in data:
                poll.unregister(number)
                connections.pop(number).close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
