"""Hands lines to a running agent and asks how it is: the client behind `edge-agent send`.

What may pass by itself (unreachable, 408, 425, 429, 5xx) is tried again until the time is up, since the agent keeps
nothing of a request that it did not answer with 200. Sending the same lines again is safe: the collector knows what it
has.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import aiohttp
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential, wait_random

from edge_agent.intake.lines import Line
from shared.clock import Clock
from shared.errors import BadRequest, LinesideError, NotAuthorised, Unreachable
from shared.terminal import one_line
from shared.wire import ListAnswer, decode_json

_REQUEST_SECONDS = 30
_MOST_ANSWER_BYTES = 4 * 1024 * 1024
_NO_ANSWER = "does it run? start it, or name another with --agent"
_PASSING = frozenset({408, 425, 429})
_WAIT = wait_exponential(multiplier=0.2, max=5) + wait_random(0, 0.2)
"""A program on the same machine: it is back soon, and a try costs nothing."""


class RejectedLine(NamedTuple):
    """A line that is no event, and why."""

    number: int
    code: str
    error: str


@dataclass(frozen=True, slots=True)
class _Passing:
    """A failure that may pass by itself."""

    reason: str
    after_seconds: float | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    retry_after: str


class LineSender:
    """The way to an agent; `async with` opens it. Each request is tried for `timeout_seconds`."""

    def __init__(self, agent_url: str, *, timeout_seconds: float, clock: Clock) -> None:
        self._url = agent_url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # A connection for each request: between two of them a pipe may be silent for hours.
            connector=aiohttp.TCPConnector(force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_REQUEST_SECONDS),
            headers={"Accept-Encoding": "identity"},
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, lines: Sequence[Line]) -> list[RejectedLine]:
        """Return which of these lines were rejected; all others are on the agent's disk.

        Raises:
            Unreachable: not taken within the time, or whoever answers is no edge agent.
            NotAuthorised, LinesideError: the agent refuses the request as it is.
        """
        body = b"\n".join(line.text for line in lines)
        answer = await self._ask("POST", "/api/app/", body=body)
        try:
            told = ListAnswer.model_validate_json(answer.body)
        except ValidationError as error:
            raise self._stranger() from error
        if told.accepted + told.duplicates + told.rejected != len(lines):
            raise self._stranger()
        return [
            RejectedLine(lines[item.index].number, item.code or "", item.error or "rejected")
            for item in told.results
            if item.result == "rejected" and 0 <= item.index < len(lines)
        ]

    async def status(self) -> Mapping[str, Any]:
        """Return what the agent says of itself.

        Raises:
            Unreachable: as for `send`.
        """
        answer = await self._ask("GET", "/status")
        try:
            told = decode_json(answer.body)
        except BadRequest as error:
            raise self._stranger() from error
        if not isinstance(told, dict) or not isinstance(told.get("pending"), int):
            raise self._stranger()
        return told

    async def _ask(self, method: str, path: str, *, body: bytes | None = None) -> _Answer:
        time_is_up = self._clock.monotonic() + self._timeout_seconds
        retrying = AsyncRetrying(
            retry=retry_if_result(lambda outcome: isinstance(outcome, _Passing)),
            wait=_wait_seconds,
            stop=lambda state: self._clock.monotonic() + state.upcoming_sleep >= time_is_up,
            sleep=self._clock.sleep,
            retry_error_callback=_last_outcome,
        )
        outcome: _Answer | _Passing = await retrying(self._try_once, method, path, body=body)
        if isinstance(outcome, _Answer):
            return outcome
        raise Unreachable(
            f"the agent at {self._url} did not take it within {self._timeout_seconds:g} s: {outcome.reason}",
            hint=outcome.hint,
        )

    async def _try_once(self, method: str, path: str, *, body: bytes | None) -> _Answer | _Passing:
        try:
            answer = await self._request(method, path, body=body)
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise BadRequest(f"{self._url} is no address", hint="it looks like http://127.0.0.1:8600") from error
        except TimeoutError:
            return _Passing(f"no answer after {_REQUEST_SECONDS} s", hint=_NO_ANSWER)
        except (aiohttp.ClientError, OSError) as error:
            return _Passing(_in_words(error), hint=_NO_ANSWER)
        if answer.status == 200:
            return answer
        reason = _reason(answer)
        if answer.status in _PASSING or answer.status >= 500:
            return _Passing(reason, _seconds(answer.retry_after))
        if answer.status in (401, 403):
            raise NotAuthorised(f"the agent at {self._url} refused: {reason}")
        raise LinesideError(f"the agent at {self._url} refused: {reason}")

    async def _request(self, method: str, path: str, *, body: bytes | None) -> _Answer:
        if self._session is None:
            raise RuntimeError("the sender is not open")
        headers = {} if body is None else {"Content-Type": "application/x-ndjson"}
        url = self._url + path
        async with self._session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
            content = await response.content.read(_MOST_ANSWER_BYTES)
            while len(content) < _MOST_ANSWER_BYTES and (more := await response.content.read(_MOST_ANSWER_BYTES)):
                content += more
            return _Answer(response.status, content, response.headers.get("Retry-After", ""))

    def _stranger(self) -> Unreachable:
        return Unreachable(f"what answers at {self._url} is no edge agent", hint="name one with --agent URL")


def _wait_seconds(state: RetryCallState) -> float:
    outcome = state.outcome.result() if state.outcome else None
    if isinstance(outcome, _Passing) and outcome.after_seconds is not None:
        return outcome.after_seconds
    return _WAIT(state)


def _last_outcome(state: RetryCallState) -> object:
    return state.outcome.result() if state.outcome else None


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6 else None


def _reason(answer: _Answer) -> str:
    try:
        told = decode_json(answer.body)
    except BadRequest:
        told = None
    error = told.get("error") if isinstance(told, dict) else None
    return f"{one_line(error)} (HTTP {answer.status})" if isinstance(error, str) else f"HTTP {answer.status}"


def _in_words(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        code = error.os_error.errno
        return os.strerror(code) if code and code > 0 else str(error.os_error)
    return str(error) or type(error).__name__
