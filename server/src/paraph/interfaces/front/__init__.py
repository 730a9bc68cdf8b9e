# SPDX-License-Identifier: Apache-2.0
"""What stands between the network and a WSGI application: one event loop that nobody can hold up, few threads behind.

A request is taken in completely by the loop, within a size and a time, before a thread hears of it; an answer is
handed out by the loop as fast as its reader takes it, and no thread waits for a reader. So slow clients cost memory,
never threads, and of memory the slowest give theirs back first. What an application can say without waiting, such as
an OCSP answer that is held in memory, the loop says itself. Why it is our own: docs/decisions/0022.

`limits` says how much and how long, `quick` reads simple requests and h11 all others, `connection` takes them in turn,
`gateway` speaks WSGI, `answers` writes what is said, `server` keeps the connections.
"""
