"""Unpacking: whole gzip bodies within the bound, and nothing else."""

import asyncio
import gzip
import io
import os
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import unpacking
from shared.errors import BadRequest, BodyTooLarge, Busy
from shared.unpacking import STEP_BYTES, unpacked
from shared.wire import MAX_BODY_BYTES

PLAIN = b'[{"worker_id": "W1"}]' * 50
PACKED = gzip.compress(PLAIN)


def gunzip(packed: bytes) -> bytes:
    """Return what a body holds, all steps together."""
    return b"".join(unpacked(packed, most=MAX_BODY_BYTES))


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


def test_nothing_may_follow_in_the_next_step_either() -> None:
    """Where a member ends with a step, by a file's name of the right length in its head."""
    whole = STEP_BYTES - len(PACKED)
    member = PACKED[:3] + b"\x08" + PACKED[4:10] + b"n" * (whole - 1) + b"\0" + PACKED[10:]

    assert (STEP_BYTES, PLAIN) == (len(member), gunzip(member))
    with pytest.raises(BadRequest, match="followed by something else"):
        gunzip(member + b"x")


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


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(bytes(1_000_000)),
        gzip.compress(os.urandom(500_000)),
        gzip.compress(os.urandom(300_000), 0),
        gzip.compress(os.urandom(STEP_BYTES)),
    ],
    ids=["dense", "noise", "stored", "one step"],
)
def test_no_step_is_larger_than_64_kib(packed: bytes) -> None:
    """However much or little comes of a byte; together they are the whole."""
    parts = list(unpacked(packed, most=MAX_BODY_BYTES))

    assert gzip.decompress(packed) == b"".join(parts)
    assert max(map(len, parts)) <= 64 * 1024


def test_a_body_that_unpacks_to_nothing_is_read_in_steps_too() -> None:
    """Four megabytes of empty blocks: no step reads more of them than another."""
    empty_blocks = PACKED[:10] + b"\0\0\0\xff\xff" * 800_000
    steps = unpacked(empty_blocks, most=MAX_BODY_BYTES)
    parts: list[bytes] = []

    with pytest.raises(BadRequest, match="cut short"):
        parts.extend(steps)
    assert [b""] * (len(empty_blocks) // STEP_BYTES + 1) == parts


async def test_others_have_their_turn_between_the_steps() -> None:
    """Whoever waits for the loop does so for a step, not for the whole."""
    turns = 0

    async def somebody_else() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    plain = await unpacking.gunzip(gzip.compress(bytes(MAX_BODY_BYTES)), most=MAX_BODY_BYTES, grow=lambda _: None)
    other.cancel()

    assert MAX_BODY_BYTES == len(plain)
    assert turns >= MAX_BODY_BYTES // STEP_BYTES


async def test_room_is_asked_for_before_the_next_step() -> None:
    """Where there is none, no more of the body is unpacked."""
    held: list[int] = []

    def grow(size_bytes: int) -> None:
        held.append(size_bytes)
        if sum(held) > 200_000:
            raise Busy

    with pytest.raises(Busy):
        await unpacking.gunzip(gzip.compress(bytes(MAX_BODY_BYTES)), most=MAX_BODY_BYTES, grow=grow)
    assert sum(held) <= 200_000 + STEP_BYTES
