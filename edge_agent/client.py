"""For the camera's own process: hands events to the agent on the same machine, with nothing but the standard library.

    from edge_agent.client import Client, Refused

    with Client() as agent:
        agent.alive()
        agent.send({"timestamp": "2026-01-15T10:15:00Z", "worker_id": "W1",
                    "workstation_id": "S1", "event_type": "working", "confidence": 0.93})

When `send` returns, the event is on the agent's disk. When it raises `Refused`, the event is wrong and will never be
taken; when it raises `NotTaken`, the agent could not keep it now, and the caller keeps it and sends it again: twice is
safe, an event is recognised by what it says. Events arrive in the order of the calls, because a call waits for its
answer; calls of several threads take turns, the one that has waited longest first. The connection stays open between them.

An event is a mapping as JSON has it (docs/events.md):

    timestamp       RFC 3339 text with `Z` or an offset, or a `datetime` with a time zone
    worker_id       text, 1 to 64 characters
    workstation_id  text, 1 to 64 characters
    event_type      "working", "idle", "absent" or "product_count"
    confidence      number from 0 to 1; may be left out: unknown
    count           whole number from 0 to 1,000,000; may be left out: 1 of a product_count, else 0

All durations are seconds, as `float`. Kept small on purpose: importing this file imports the standard library and nothing
else, so it may also be copied into the camera's own program as it is.
"""

import http.client
import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

DEFAULT_AGENT = "http://127.0.0.1:8600"
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0
"""Between two tries while the agent is away; what it asks for itself (`Retry-After`) is waited for up to a minute."""
_LONGEST_ASKED_SECONDS = 60.0
_MOST_ANSWER_BYTES = 1024 * 1024
_WRONG_EVENT = (400, 413)
"""What an agent answers to an event that it will never take."""
_TAKEN = {"status": "success", "result": "accepted"}
_STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ConnectionAbortedError)


class Refused(Exception):
    """The event is none and will never be taken: mend what makes it, and do not send it again."""

    def __init__(self, message: str, *, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        """Which rule it breaks, one of the reject codes such as `missing_field`; `not_an_event` if the answer names none."""
        self.status = status
        """The HTTP status: 400, or 413 for an event of more than 4 MiB."""


class NotTaken(Exception):
    """The agent could not keep the event now: keep it, and send it again later."""

    def __init__(self, message: str, *, status: int | None, retry_after_seconds: float | None) -> None:
        super().__init__(message)
        self.status = status
        """507 its disk is full, 503 it is busy or about to stop, None there was no answer."""
        self.retry_after_seconds = retry_after_seconds
        """What it asked to wait, at most 60; None if it asked for nothing."""


class Client:
    """A connection to the agent; `close` it, or use it in a `with`. Threads may share one.

    `url` is the agent's address, `http` only: it listens on this machine. Nothing is sent before the first call.
    `timeout_seconds` is how long one try waits for the agent: to connect, and then for each piece of its answer.

    Raises:
        ValueError: the address is none.
    """

    def __init__(self, url: str = DEFAULT_AGENT, *, timeout_seconds: float = 10.0) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{url!r} is no address of an agent; one is {DEFAULT_AGENT}")
        self._url = url
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout_seconds)
        self._turn = _Turn()
        self._closed = threading.Event()

    def send(self, event: Mapping[str, object], *, patience_seconds: float = 0.0) -> None:
        """Return when the event is on the agent's disk; while the agent cannot take it, try again for so many seconds.

        The last try may last `timeout_seconds` longer. Between two tries it waits for what the agent asks for
        (`Retry-After`, at most 60 s), else 0.1 s, doubling to 5 s. Patience holds up the other threads' events, too: a
        later one does not overtake. Without patience there is one try.

        Raises:
            Refused: the event is wrong; nothing of it was kept.
            NotTaken: patience ran out, or the client was closed. With a `status`, nothing was kept; without one it is
                unknown, and sending it again is safe.
            TypeError: it is no mapping (a list would be answered as a whole, whatever becomes of its events), a value is none
                that JSON has, or a `datetime` without a time zone; nothing was sent.
            ValueError: a number is not finite; nothing was sent.
        """
        if not isinstance(event, Mapping):
            raise TypeError(f"an event is a mapping and this is a {type(event).__name__}; send one event a call")
        body = json.dumps(dict(event), default=_plain, allow_nan=False).encode()
        with self._turn:
            deadline = time.monotonic() + patience_seconds
            wait_seconds = FIRST_WAIT_SECONDS
            while True:
                try:
                    return self._post(body, taken=_TAKEN)
                except NotTaken as failure:
                    seconds = failure.retry_after_seconds or wait_seconds
                    left = deadline - time.monotonic()
                    if left <= 0 or self._closed.wait(min(seconds, left)):
                        raise
                    wait_seconds = min(wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def alive(self) -> None:
        """Say that the camera watches although nothing happens: without this, a silent camera is not vouched for.

        Once a minute is enough: an agent vouches for `source_silent_after` (300 s) after the last one. Waits for its turn
        behind a `send` of another thread; is tried once.

        Raises:
            NotTaken: the agent did not hear it; say it again.
        """
        with self._turn:
            self._post(b"", taken={"status": "success", "accepted": 0, "rejected": 0})

    def close(self) -> None:
        """Close the connection; a `send` that waits ends with NotTaken."""
        self._closed.set()
        with self._turn:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _post(self, body: bytes, *, taken: Mapping[str, object]) -> None:
        status, retry_after, content = self._ask(body)
        answer = _object(content)
        if status == 200 and taken.items() <= answer.items():
            return
        # Whoever else is at that address knows nothing of our events: the agent's own errors say their status, and themselves twice.
        error = answer.get("error")
        is_agent = bool(error) and error == answer.get("detail") and status == answer.get("status")
        words = f"{error or 'no answer of an agent'}"
        if status in _WRONG_EVENT and is_agent:
            raise Refused(words, code=str(answer.get("code") or "not_an_event"), status=status)
        raise NotTaken(f"{status}: {words}", status=status, retry_after_seconds=_seconds(retry_after))

    def _ask(self, body: bytes) -> tuple[int, str | None, bytes]:
        """Return an answer; a connection that the agent closed while nobody used it is opened anew, once."""
        is_used = self._connection.sock is not None
        try:
            return self._ask_once(body)
        except _STALE as error:
            if not is_used:
                raise self._unanswered(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise self._unanswered(error) from error
        try:
            return self._ask_once(body)
        except (OSError, http.client.HTTPException) as error:
            raise self._unanswered(error) from error

    def _ask_once(self, body: bytes) -> tuple[int, str | None, bytes]:
        try:
            self._connection.request("POST", "/api/app/", body=body, headers={"Content-Type": "application/json"})
            response = self._connection.getresponse()
            return response.status, response.headers.get("Retry-After"), response.read(_MOST_ANSWER_BYTES)
        except BaseException:
            self._connection.close()  # a half-read answer would be taken for the next one's
            raise

    def _unanswered(self, error: Exception) -> NotTaken:
        return NotTaken(
            f"the agent at {self._url} does not answer: {str(error) or type(error).__name__}; does `edge-agent run` run?",
            status=None,
            retry_after_seconds=None,
        )


class _Turn:
    """A lock that goes to whoever has waited longest; that of the standard library may go to a newcomer, again and again."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            called.acquire()
        except BaseException:  # Ctrl-C: nobody waits any more who could hand the turn on
            with self._guard:
                if called in self._waiting:
                    self._waiting.remove(called)
                else:
                    self._hand_on()
            raise

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._is_taken = False


def _plain(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be sent; a time needs a time zone")


def _object(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(text: str | None) -> float | None:
    if text is None or not text.isdecimal():
        return None
    return min(float(text), _LONGEST_ASKED_SECONDS)
