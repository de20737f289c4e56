"""Logs: one JSON object a line for programs, one readable line for people."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong

from shared.http_body import answer_problems
from shared.logs import set_up_logs

log = logging.getLogger("collector.somewhere")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def _logs_of_the_test_run() -> Iterator[None]:
    """Put the log of the test run back: `set_up_logs` takes the place of whatever was there."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_a_json_object_with_its_facts() -> None:
    """Constant message, facts beside it, whatever they hold."""
    stream = io.StringIO()
    set_up_logs(stream=stream)
    log.info("batch stored", extra={"events": 5, "camera": "a\nb\x1b[31m"})
    (line,) = stream.getvalue().splitlines()
    entry = json.loads(line)

    assert {"level": "INFO", "logger": "collector.somewhere", "message": "batch stored"}.items() <= entry.items()
    assert (5, "a\nb\x1b[31m") == (entry["events"], entry["camera"])
    assert "time" in entry


def test_a_traceback_stays_on_its_line() -> None:
    """A failure is one entry, not one for each line of the traceback."""
    stream = io.StringIO()
    set_up_logs(stream=stream)
    try:
        raise ValueError("oops")
    except ValueError:
        log.exception("it failed")
    (line,) = stream.getvalue().splitlines()

    assert "ValueError" in json.loads(line)["exc_info"]


def test_a_person_reads_time_level_message_and_facts() -> None:
    """What could move the cursor is shown as an escape there."""
    stream = Terminal()
    set_up_logs(stream=stream)
    log.warning("camera is late", extra={"camera": "cam-01", "reason": "first\nsecond \x1b[31m"})
    (line,) = stream.getvalue().splitlines()

    assert "WARNING camera is late camera=cam-01 reason=first\\nsecond \\x1b[31m" == line.partition(" ")[2]


@pytest.mark.parametrize(("verbose", "lines"), [(False, 1), (True, 2)])
def test_details_are_for_who_asks(verbose: bool, lines: int) -> None:
    """DEBUG only with -v; the libraries' own chatter never."""
    stream = io.StringIO()
    set_up_logs(verbose=verbose, stream=stream)
    log.debug("worker seen", extra={"worker_id": "W1"})
    log.info("started")
    logging.getLogger("aiohttp.access").info("GET /")
    logging.getLogger("asyncio").debug("Using selector")

    assert lines == len(stream.getvalue().splitlines())


def test_a_request_that_is_no_http_leaves_no_trace() -> None:
    """It is answered 400 by the framework; a stranger must not be able to fill a disk with tracebacks."""
    stream = io.StringIO()
    set_up_logs(stream=stream)
    for error in (BadHttpMessage("garbage"), LineTooLong(b"x", 8190), RuntimeError("ours")):
        logging.getLogger("aiohttp.server").error("Error handling request", exc_info=error)
    (line,) = stream.getvalue().splitlines()

    assert "RuntimeError" in json.loads(line)["exc_info"]


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "file"])
@pytest.mark.parametrize("verbose", [False, True])
def test_what_an_exception_says_is_for_who_asks(stream: io.StringIO, verbose: bool) -> None:
    """It may quote a worker's id; where it was raised is told to everybody, and so is what was raised before it."""
    set_up_logs(verbose=verbose, stream=stream)
    stream.seek(stream.truncate(0))
    told_before = stream.getvalue()
    worker_id = f"W-{len(told_before) + 4711}"  # not as it stands in the lines of this file
    try:
        try:
            raise KeyError(worker_id)
        except KeyError as error:
            raise ValueError(f"no {worker_id}") from error
    except ValueError:
        log.exception("it failed")
    told = stream.getvalue()

    assert (verbose, True) == (worker_id in told, told.index("KeyError") < told.index("direct cause"))
    assert ("ValueError" in told, "test_logs.py" in told) == (True, True)


@pytest.mark.parametrize("verbose", [False, True])
async def test_a_task_that_fails_unseen_is_told_without_what_it_says(verbose: bool) -> None:
    """The loop quotes its exception in the message itself."""
    stream = io.StringIO()
    set_up_logs(verbose=verbose, stream=stream)
    worker_id = f"W-{len(stream.getvalue()) + 4711}"

    async def fail() -> None:
        raise KeyError(worker_id)

    asyncio.get_running_loop().call_exception_handler(
        {
            "message": "Task exception was never retrieved",
            "exception": (await asyncio.gather(fail(), return_exceptions=True))[0],
            "future": worker_id,
        }
    )
    entry = json.loads(stream.getvalue())

    assert (True, verbose) == (entry["message"].startswith("Task exception"), worker_id in stream.getvalue())


async def test_a_request_that_fails_is_logged_by_its_route(aiohttp_client: Any) -> None:
    """Neither the address, in which an id stands, nor what the fault says of it is in the log."""

    async def fail(request: web.Request) -> web.Response:
        raise KeyError(request.match_info["id"])

    app = web.Application(middlewares=[answer_problems])
    app.add_routes([web.get("/dashboard/workers/{id}", fail)])
    client = await aiohttp_client(app)
    stream = io.StringIO()
    set_up_logs(stream=stream)
    answer = await client.get("/dashboard/workers/W-4711?worker_id=W-4711")
    entry = json.loads(stream.getvalue())

    assert (500, "/dashboard/workers/{id}", False) == (answer.status, entry["route"], "W-4711" in stream.getvalue())
    assert entry["request_id"] in (await answer.json())["detail"]
