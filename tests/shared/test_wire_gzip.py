"""Unpacking: whole gzip bodies within the bound, and nothing else."""

import gzip
import io
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadRequest, BodyTooLarge
from shared.wire import MAX_BODY_BYTES, gunzip

PLAIN = b'[{"worker_id": "W1"}]' * 50
PACKED = gzip.compress(PLAIN)


@given(st.binary(max_size=2_000), st.integers(0, 9))
def test_what_was_packed_comes_out_again(plain: bytes, level: int) -> None:
    """At every level of compression, the empty body included."""

    assert plain == gunzip(gzip.compress(plain, level))


@pytest.mark.parametrize("kept", [0, 1, 5, 10, 18, len(PACKED) // 2, len(PACKED) - 8, len(PACKED) - 1])
def test_a_body_cut_short_is_refused(kept: int) -> None:
    """Even where all events are there and only the checksum is missing."""
    with pytest.raises(BadRequest):
        gunzip(PACKED[:kept])


@pytest.mark.parametrize("byte", [0, 1, 2, 3, 12, 20, len(PACKED) - 8, len(PACKED) - 1])
def test_a_damaged_byte_is_noticed(byte: int) -> None:
    """In the header, in the data, in the checksum or in the length."""
    damaged = bytearray(PACKED)
    damaged[byte] ^= 0xFF
    with pytest.raises(BadRequest):
        gunzip(bytes(damaged))


@pytest.mark.parametrize(
    "more", [b"\x00", b"x", b"\n", PACKED, PACKED[:12]], ids=["nul", "x", "line", "member", "part"]
)
def test_nothing_may_follow(more: bytes) -> None:
    """A second member or rubbish behind the first would be lost without a word."""
    with pytest.raises(BadRequest):
        gunzip(PACKED + more)


@pytest.mark.parametrize("body", [PLAIN, zlib.compress(PLAIN), b"\x1f\x8b" * 20, b"PK\x03\x04"], ids=ascii)
def test_other_formats_are_refused(body: bytes) -> None:
    """Plain text, zlib without the gzip header, zip."""
    with pytest.raises(BadRequest):
        gunzip(body)


def test_the_bound_is_on_what_comes_out() -> None:
    """4 MiB to the byte are taken, one more is too many."""

    assert MAX_BODY_BYTES == len(gunzip(gzip.compress(b" " * MAX_BODY_BYTES)))
    with pytest.raises(BodyTooLarge):
        gunzip(gzip.compress(b" " * (MAX_BODY_BYTES + 1)))


def test_a_bomb_is_not_unpacked() -> None:
    """A gigabyte in a megabyte costs little more than the bound."""
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb", compresslevel=1) as writer:
        for _ in range(200):
            writer.write(bytes(1024 * 1024))
    packed = bomb.getvalue()
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            gunzip(packed)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4 * MAX_BODY_BYTES
