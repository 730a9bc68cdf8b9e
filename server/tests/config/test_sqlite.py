# SPDX-License-Identifier: Apache-2.0
"""Writers of several processes take turns: none waits for ever, none is told that the database is locked."""

import sqlite3
import subprocess
import sys
import time

SCRIPT = """
import os, sys, time
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "paraph.config.sqlite", "NAME": sys.argv[1], "OPTIONS": {
    "transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"}}})
django.setup()
from django.db import connection, transaction
count, end = 0, time.monotonic() + 2
while time.monotonic() < end:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE counter SET value = value + 1")
    count += 1
print(count)
"""


def test_writers_of_several_processes_take_turns(tmp_path):
    path = tmp_path / "paraph.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE counter (value INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    writers = [subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True) for _ in range(3)]
    counts = []
    for writer in writers:
        output, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors[-800:]
        counts.append(int(output))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT value FROM counter").fetchone()[0] == sum(counts)
    # Fair enough that nobody starves: without the lock one writer can get next to nothing.
    assert min(counts) > 0.1 * max(counts), counts


def test_the_lock_is_given_back_after_an_error(tmp_path):
    """A transaction that fails releases the write lock; another process goes on at once."""
    path = tmp_path / "paraph.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE counter (value INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    failing = SCRIPT.split("count, end")[0] + """
try:
    with transaction.atomic():
        raise RuntimeError
except RuntimeError:
    pass
print("out", flush=True)
time.sleep(20)
"""
    with subprocess.Popen([sys.executable, "-c", failing, str(path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "out\n"
        started = time.monotonic()
        done = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, timeout=60)
        first.kill()
        assert int(done.stdout) > 0
        assert time.monotonic() - started < 15
