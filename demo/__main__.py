"""`python -m demo`: six simulated cameras at work, live; with `--once`: one shift played fast and checked.

Exit codes: 0 done or stopped by Ctrl-C, 1 a program failed or a number differs, 2 usage, 130 `--once` was interrupted.
Whatever happens, every program started is stopped, and the folder it wrote to is removed unless it was given.
"""

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import aiohttp

from demo.cameras import NAMES, AgentRefused, NotDrained
from demo.factory import opened
from demo.gate import HOST
from demo.live import DARK_STATION, live
from demo.live import shift_start as live_start
from demo.once import once
from demo.once import shift_start as once_start
from demo.processes import ProgramFailed, Programs
from demo.shift import CREW, PACE, Worker

COLLECTOR_PORT = 8000
SPEED = 3600.0
LAST_WORDS_SECONDS = 1
INTERRUPTED = 130
FAILURES = (ProgramFailed, AgentRefused, NotDrained, aiohttp.ClientError, TimeoutError)

T = TypeVar("T")


class Stopped(Exception):
    """A signal asked the demo to stop."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit code."""
    options = _options(arguments)
    with _folder(options.data_dir) as folder:
        return asyncio.run(_run(options, folder))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description="Six simulated cameras report to a collector.")
    parser.add_argument("--once", action="store_true", help="play one whole shift fast and check every number")
    parser.add_argument("--seed", type=int, default=1, help="which shift (default: 1); the same seed is the same shift")
    parser.add_argument(
        "--port", type=int, help=f"the collector's (default: {COLLECTOR_PORT} if free, with --once any)"
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="keep queues, database and logs here")
    only_once = parser.add_argument_group("with --once")
    only_once.add_argument("--speed", type=float, metavar="N", help=f"N times faster than life (default: {SPEED:g})")
    only_once.add_argument("--extra-worker", metavar="NAME", help="one more worker, at Packaging")
    only_once.add_argument("--keep", action="store_true", help="leave the collector running until Ctrl-C")
    options = parser.parse_args(arguments)
    if not options.once and (options.speed is not None or options.extra_worker is not None or options.keep):
        parser.error("--speed, --extra-worker and --keep go with --once")
    if options.speed is not None and not options.speed >= 1:
        parser.error("--speed is at least 1")
    if options.extra_worker is not None and not _is_new_name(options.extra_worker):
        parser.error("--extra-worker wants a name of 1 to 64 characters that no other worker has")
    if (
        options.data_dir
        and options.data_dir.exists()
        and (not options.data_dir.is_dir() or any(options.data_dir.iterdir()))
    ):
        parser.error("--data-dir wants a new or an empty folder")
    return options


def _is_new_name(name: str) -> bool:
    return (
        name == name.strip()
        and name.isprintable()
        and 1 <= len(name) <= 64
        and name not in {worker.name for worker in CREW}
    )


@contextlib.contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """Yield the folder to write to: the one given, kept, or a temporary one, removed at the end."""
    if given:
        given.mkdir(parents=True, exist_ok=True)
        yield given
    else:
        with tempfile.TemporaryDirectory(prefix="lineside-demo-") as folder:
            yield Path(folder)


async def _run(options: argparse.Namespace, folder: Path) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with Programs(folder) as programs:
            if options.once:
                return await _once(options, folder, programs=programs, stop=stop)
            await _unless_stopped(_live(options, folder, programs=programs), programs=programs, stop=stop)
    except Stopped:
        print("\nstopped", "" if options.data_dir else "; nothing is left behind", sep="", flush=True)
        return INTERRUPTED if options.once else 0
    except FAILURES as failure:
        print(f"\nThe demo failed: {str(failure) or type(failure).__name__}", file=sys.stderr, flush=True)
        return 1
    return 0


async def _live(options: argparse.Namespace, folder: Path, *, programs: Programs) -> None:
    start = live_start(_now())
    port = options.port
    if port is None:
        port = COLLECTOR_PORT if _is_free(COLLECTOR_PORT) else 0
        if not port:
            print(f"port {COLLECTOR_PORT} is taken: the collector gets a free one", flush=True)
    print("starting a collector and six edge agents …", flush=True)
    async with opened(
        programs, folder=folder, listen=f"{HOST}:{port}", gated={DARK_STATION}, shift_start=start
    ) as factory:
        await live(factory, start=start, seed=options.seed)


async def _once(options: argparse.Namespace, folder: Path, *, programs: Programs, stop: asyncio.Event) -> int:
    agrees, dashboard = await _unless_stopped(_played(options, folder, programs=programs), programs=programs, stop=stop)
    if options.keep:
        await programs.stop(*NAMES.values())
        print(f"dashboard at {dashboard}", flush=True)
        with contextlib.suppress(Stopped):
            await _unless_stopped(asyncio.Event().wait(), programs=programs, stop=stop)
    return 0 if agrees else 1


async def _played(options: argparse.Namespace, folder: Path, *, programs: Programs) -> tuple[bool, str]:
    start = once_start(_now())
    crew = [*CREW, *([_extra(options.extra_worker)] if options.extra_worker else [])]
    print("starting a collector and six edge agents …", flush=True)
    async with opened(
        programs, folder=folder, listen=f"{HOST}:{options.port or 0}", gated=PACE, shift_start=start
    ) as factory:
        agrees = await once(factory, crew, start=start, seed=options.seed, speed=options.speed or SPEED)
        return agrees, factory.dashboard


async def _unless_stopped(work: Coroutine[None, None, T], *, programs: Programs, stop: asyncio.Event) -> T:
    """Return what the work returns; raises Stopped at a signal and ProgramFailed when a program ends by itself."""
    working = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    failed = asyncio.create_task(programs.first_failure())
    try:
        await asyncio.wait([working, stopped, failed], return_when=asyncio.FIRST_COMPLETED)
        if working.done() and working.exception():
            # Talking to a program that dies fails first; its own last words say more.
            await asyncio.wait([failed], timeout=LAST_WORDS_SECONDS)
        if failed.done():
            raise failed.result()
        if working.done():
            return working.result()
        raise Stopped
    finally:
        for task in (working, stopped, failed):
            task.cancel()
        await asyncio.gather(working, stopped, failed, return_exceptions=True)


def _extra(name: str) -> Worker:
    return replace(CREW[1], name=name)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _now() -> int:
    return time.time_ns() // 1000


if __name__ == "__main__":
    sys.exit(main())
