# SPDX-License-Identifier: Apache-2.0
"""Documents' bytes: sealed in chunks that can't be moved, dropped or read without the ring."""

from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paraph.domain.signing import blobs
from paraph.domain.signing.models import Blob
from paraph.kernel import sealing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path):
    blobs.use(tmp_path)
    return tmp_path


@pytest.fixture
def store(clock):
    return lambda content: blobs.store(content, media_type="application/pdf", retention_class="upload", at=clock.now())


def file_of(folder, row):
    return folder / row.sha256[:2] / row.sha256[2:4] / row.sha256


@pytest.mark.parametrize("size", [0, 1, blobs.CHUNK - 1, blobs.CHUNK, blobs.CHUNK + 1, 3 * blobs.CHUNK])
def test_what_goes_in_comes_out(store, folder, size):
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    row = store(content)
    assert (row.sha256, row.size) == (sha256(content).hexdigest(), size)
    assert blobs.read(row.sha256) == content
    sealed = file_of(folder, row)
    assert sealed.stat().st_mode & 0o077 == 0
    assert size < 64 or content[:64] not in sealed.read_bytes()


def test_the_same_content_is_stored_once(store):
    assert store(b"Bail").pk == store(b"Bail").pk
    assert Blob.objects.count() == 1


def test_chunks_cannot_be_swapped_dropped_or_borrowed(store, folder):
    row = store(b"a" * blobs.CHUNK + b"b" * blobs.CHUNK + b"c")
    other = store(b"d" * blobs.CHUNK + b"e" * blobs.CHUNK + b"f")
    path, size = file_of(folder, row), blobs.CHUNK + blobs.TAG
    whole = path.read_bytes()
    head, body = whole[: blobs.HEADER], whole[blobs.HEADER :]
    borrowed = file_of(folder, other).read_bytes()[blobs.HEADER :]
    for broken in (
        head + body[size : 2 * size] + body[:size] + body[2 * size :], head + body[: 2 * size], head + body[:size],
        head + body[size:], head, b"", head + borrowed[:size] + body[size:], whole + b"\x00",
    ):
        path.write_bytes(broken)
        with pytest.raises(blobs.BlobLost):
            blobs.read(row.sha256)
    path.write_bytes(whole)
    assert blobs.read(row.sha256)


@given(place=st.integers(0, 200), flip=st.integers(1, 255))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_changed_byte_is_noticed(store, folder, place, flip):
    row = store(b"x" * 150)
    path = file_of(folder, row)
    whole = bytearray(path.read_bytes())
    changed = bytearray(whole)
    changed[place % len(whole)] ^= flip
    path.write_bytes(bytes(changed))
    with pytest.raises(blobs.BlobLost):
        blobs.read(row.sha256)
    path.write_bytes(bytes(whole))


def test_without_the_key_nothing_is_read_and_storing_again_heals(store):
    before = sealing.ring()
    row = store(b"Bail")
    try:
        sealing.use(sealing.KeyRing.fresh())
        with pytest.raises(blobs.BlobLost):
            blobs.read(row.sha256)
        store(b"Bail")
        assert blobs.read(row.sha256) == b"Bail"
    finally:
        sealing.use(before)


def test_a_new_key_still_opens_what_an_old_one_sealed(store):
    before = sealing.ring()
    row = store(b"Bail")
    fresh = sealing.KeyRing.fresh()
    try:
        sealing.use(sealing.KeyRing(keys=before.keys | fresh.keys, current=fresh.current))
        assert blobs.read(row.sha256) == b"Bail"
    finally:
        sealing.use(before)
