"""The gate that stands for a link: passes bytes on, refuses, breaks what is open, and comes up at the same port."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from demo.gate import HOST, Gate


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server on a free port that sends back each line."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_new_gate_refuses_connections(echo: int) -> None:
    """A link is down until it is opened."""
    async with Gate(echo) as gate:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, gate.port)


async def test_an_open_gate_passes_bytes_both_ways_and_the_end_too(echo: int) -> None:
    """What is sent through comes back, then the connection ends."""
    async with Gate(echo) as gate:
        await gate.open()
        reader, writer = await asyncio.open_connection(HOST, gate.port)
        writer.write(b"one\ntwo\n")
        writer.write_eof()
        received = await asyncio.wait_for(reader.read(), timeout=5)
        await _closed(writer)

        assert b"one\ntwo\n" == received


async def test_cutting_breaks_what_is_open_and_opening_again_uses_the_same_port(echo: int) -> None:
    """A connection in use sees its end at once; a new one is refused, and let through after the gate opens."""
    async with Gate(echo) as gate:
        await gate.open()
        reader, writer = await asyncio.open_connection(HOST, gate.port)
        writer.write(b"before\n")
        before = await asyncio.wait_for(reader.readline(), timeout=5)
        await gate.cut()
        cut_off = await asyncio.wait_for(reader.readline(), timeout=5)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, gate.port)
        await gate.open()
        again, writer_again = await asyncio.open_connection(HOST, gate.port)
        writer_again.write(b"after\n")
        after = await asyncio.wait_for(again.readline(), timeout=5)
        await _closed(writer)
        await _closed(writer_again)

        assert (b"before\n", b"", b"after\n") == (before, cut_off, after)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()
