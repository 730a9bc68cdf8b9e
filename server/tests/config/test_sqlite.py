# SPDX-License-Identifier: Apache-2.0
"""Writers of several processes take turns: none waits for ever, none is told that the database is locked."""

import sqlite3
import subprocess
import sys

SCRIPT = """
import os, sys, time
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "paraph.config.sqlite", "NAME": sys.argv[1], "OPTIONS": {
    "transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"}}})
django.setup()
from django.db import connection, transaction
print("ready", flush=True)
sys.stdin.readline()
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
    writers = [subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for _ in range(3)]
    # All begin together: who writes alone while another still starts has no share to compare.
    for writer in writers:
        assert writer.stdout.readline() == "ready\n", writer.stderr.read()[-800:]
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    counts = []
    for writer in writers:
        output, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors[-800:]
        counts.append(int(output))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT value FROM counter").fetchone()[0] == sum(counts)
    # Fair enough that nobody starves: without the lock one writer can get next to nothing.
    assert min(counts) > 0.05 * max(counts), counts


def test_the_lock_is_given_back_after_an_error(tmp_path):
    """A transaction that fails releases the write lock; another process goes on at once."""
    path = tmp_path / "paraph.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE counter (value INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    failing = SCRIPT.split('print("ready"')[0] + """
try:
    with transaction.atomic():
        raise RuntimeError
except RuntimeError:
    pass
print("out", flush=True)
time.sleep(300)
"""
    with subprocess.Popen([sys.executable, "-c", failing, str(path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "out\n"
        # It would be told after half a minute that the database is locked.
        done = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], input="\n", capture_output=True, text=True, timeout=120)
        first.kill()
        assert done.returncode == 0 and int(done.stdout.split()[-1]) > 0, done.stderr[-800:]
