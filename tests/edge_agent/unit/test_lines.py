"""NDJSON in chunks: the cuts of a stream are nobody's business, line numbers are."""

import io
import tracemalloc
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.intake.lines import MOST_BYTES, MOST_LINES, READ_BYTES, Line, read_chunks


def reader(blocks: list[bytes]) -> Callable[[int], bytes]:
    """A read that gives these blocks, one each time."""
    left = [block for block in blocks if block]
    return lambda _: left.pop(0) if left else b""


@given(st.lists(st.binary(max_size=12) | st.sampled_from([b"\n", b"{}\n", b" \r\n"])))
def test_lines_do_not_depend_on_how_they_arrive(blocks: list[bytes]) -> None:
    """They are those of the whole, numbered from 1, without the blank ones."""
    whole = b"".join(blocks).split(b"\n")

    assert [Line(number, text) for number, text in enumerate(whole, 1) if text.strip()] == [
        line for chunk in read_chunks(reader(blocks)) for line in chunk.lines
    ]


def test_a_chunk_has_at_most_a_thousand_lines() -> None:
    """So has the last one what is left."""
    stream = io.BytesIO(b"{}\n" * (2 * MOST_LINES + 5))

    assert [MOST_LINES, MOST_LINES, 5] == [len(chunk.lines) for chunk in read_chunks(stream.read)]


def test_a_chunk_has_at_most_a_mebibyte() -> None:
    """Long lines make short chunks."""
    line = b"x" * 400_000 + b"\n"
    chunks = list(read_chunks(io.BytesIO(line * 5).read))

    assert 5 == sum(len(chunk.lines) for chunk in chunks)
    assert all(sum(len(one.text) + 1 for one in chunk.lines) <= MOST_BYTES for chunk in chunks)


def test_a_line_over_a_mebibyte_is_named_and_not_kept() -> None:
    """Its neighbours pass; the file may be one endless line."""
    stream = io.BytesIO(b"{}\n" + b"x" * (5 * MOST_BYTES) + b"\n{}\n")
    chunks = list(read_chunks(stream.read))

    assert [1, 3] == [line.number for chunk in chunks for line in chunk.lines]
    assert [2] == [number for chunk in chunks for number in chunk.too_long]


def test_an_endless_line_is_not_held_in_memory() -> None:
    """A file of another kind may be one line of gigabytes."""
    blocks = (b"x" * READ_BYTES for _ in range(100))
    tracemalloc.start()
    chunks = list(read_chunks(lambda _: next(blocks, b"")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [(1,)] == [chunk.too_long for chunk in chunks]
    assert peak < 6 * MOST_BYTES


def test_what_a_pipe_gives_is_passed_on_at_once() -> None:
    """Nobody waits for a chunk to fill up."""
    read_so_far: list[bytes] = []

    def read(_: int) -> bytes:
        assert len(read_so_far) < 2
        read_so_far.append(b"{}\n")
        return read_so_far[-1]

    chunks = read_chunks(read)

    assert ((Line(1, b"{}"),), (Line(2, b"{}"),)) == (next(chunks).lines, next(chunks).lines)
