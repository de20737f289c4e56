"""The door for commands that write to a queue: they ask the running agent, or take the lock where none runs.

While the agent runs, the commands speak to it over `control.sock` in its data folder, which only the owner may open.
Both ways end in the same verbs of the log. Reading needs no door: `LogReader` reads beside the agent.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from aiohttp import web

from edge_agent.buffer.log import EventLog
from edge_agent.watch_notes import watched_before
from shared.clock import Clock
from shared.control_socket import reachable
from shared.errors import BadRequest, Busy, LinesideError, NotFound, StorageFull, Unreachable
from shared.events import Event, Rejection, read_event
from shared.http_body import read_post
from shared.plain_text import LONGEST_REASON, is_plain
from shared.receipts import Ranges, count, normalise
from shared.wire import decode_json

CONTROL_SOCKET = "control.sock"
SECONDS_TO_ANSWER = 60
_KINDS = {kind.http_status: kind for kind in (BadRequest, NotFound, Busy, StorageFull)}
"""A command ends with the same exit code whether it wrote by itself or asked."""


class Letters(Protocol):
    """The three ways in which a person decides about dead letters."""

    async def retry(self, ranges: Ranges) -> int:
        """Let them be sent again; return how many there were."""
        ...

    async def drop(self, ranges: Ranges, *, reason: str) -> int:
        """Give them up; return how many there were."""
        ...

    async def edit(self, seq: int, item: dict[str, Any]) -> int:
        """Keep another event instead of one; return its number."""
        ...


class OwnLetters:
    """Writes to a log that this process holds; `on_change` is called when there is something new to send."""

    def __init__(self, log: EventLog, *, executor: Executor | None, on_change: Callable[[], None]) -> None:
        self._log = log
        self._executor = executor
        self._on_change = on_change

    async def retry(self, ranges: Ranges) -> int:
        """Let them be sent again; return how many there were."""
        again = await self._on_log_thread(lambda: self._log.retry(ranges))
        self._on_change()
        return count(again)

    async def drop(self, ranges: Ranges, *, reason: str) -> int:
        """Give them up; return how many there were.

        Raises:
            BadRequest: no collector would take the reason.
        """
        check_reason(reason)
        return count(await self._on_log_thread(lambda: self._log.drop(ranges, reason=reason)))

    async def edit(self, seq: int, item: dict[str, Any]) -> int:
        """Keep another event instead of one; return its number.

        Raises:
            BadRequest: it is no event.
            NotFound: there is no such letter.
        """
        event = _event_of(item)
        number: int | None = await self._on_log_thread(lambda: self._log.edit(seq, event))
        if number is None:
            raise NotFound(f"there is no dead letter {seq}")
        self._on_change()
        return number

    async def _on_log_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work) if self._executor else work()


class AgentLetters:
    """Asks the running agent."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def retry(self, ranges: Ranges) -> int:
        """Let them be sent again; return how many there were."""
        return await self._post("retry", {"numbers": ranges})

    async def drop(self, ranges: Ranges, *, reason: str) -> int:
        """Give them up; return how many there were."""
        return await self._post("drop", {"numbers": ranges, "reason": reason})

    async def edit(self, seq: int, item: dict[str, Any]) -> int:
        """Keep another event instead of one; return its number."""
        return await self._post("edit", {"number": seq, "event": item})

    async def _post(self, verb: str, content: dict[str, Any]) -> int:
        try:
            async with self._session.post(f"http://localhost/dead-letters/{verb}", json=content) as answer:
                told = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unreachable(f"the agent runs but does not answer: {str(error) or 'no answer in time'}") from error
        if answer.status != 200:
            kind = _KINDS.get(answer.status, LinesideError)
            raise kind(str(told.get("detail", "the running agent refused")))
        return int(told["result"])


def check_reason(reason: str) -> None:
    """Let pass a reason that may stay with a number, and travel in the header of every envelope.

    Raises:
        BadRequest: it is empty, too long, or holds a control character such as a line break.
    """
    if not 0 < len(reason) <= LONGEST_REASON:
        raise BadRequest(f"--reason must have 1 to {LONGEST_REASON} characters")
    if not is_plain(reason):
        raise BadRequest("--reason must be one line, without control characters")


@asynccontextmanager
async def letters_of(folder: Path, *, clock: Clock) -> AsyncIterator[Letters]:
    """Give the door to the dead letters of a folder.

    Raises:
        FileHeld: another process has the queue and does not listen.
        StorageUnusable, StorageFull: no agent runs, and the queue cannot be opened.
    """
    with reachable(folder / CONTROL_SOCKET) as name:
        if await _listens(name):
            timeout = aiohttp.ClientTimeout(total=SECONDS_TO_ANSWER)
            async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(name), timeout=timeout) as session:
                yield AgentLetters(session)
            return
    log = EventLog.open(folder, clock=clock)
    try:
        # The last event tells how long an agent that was killed watched: before there is one of ours.
        watched_before(log)
        yield OwnLetters(log, executor=None, on_change=lambda: None)
    finally:
        log.close()


def add_dead_letter_routes(app: web.Application, letters: Letters) -> None:
    """Let an application, which listens on the control socket, take what `AgentLetters` posts."""

    async def retry(request: web.Request) -> web.Response:
        content = await _content(request)
        return _done(await letters.retry(_ranges(content)))

    async def drop(request: web.Request) -> web.Response:
        content = await _content(request)
        return _done(await letters.drop(_ranges(content), reason=str(content.get("reason", ""))))

    async def edit(request: web.Request) -> web.Response:
        content = await _content(request)
        return _done(await letters.edit(int(content["number"]), content["event"]))

    app.add_routes([web.post(f"/dead-letters/{verb.__name__}", verb) for verb in (retry, drop, edit)])


async def _listens(name: str) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(name)
    except OSError:
        return False
    writer.close()
    return True


async def _content(request: web.Request) -> dict[str, Any]:
    content = decode_json(await read_post(request, content_types=("application/json",)))
    if not isinstance(content, dict):
        raise BadRequest("the body must be an object")
    return content


def _ranges(content: dict[str, Any]) -> Ranges:
    return normalise((int(first), int(last)) for first, last in content["numbers"])


def _done(result: int) -> web.Response:
    return web.json_response({"status": "success", "result": result})


def _event_of(item: dict[str, Any]) -> Event:
    event = read_event(item)
    if isinstance(event, Rejection):
        raise BadRequest(f"it would be no event: {event.error}")
    return event
