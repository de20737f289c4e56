"""What the camera's client makes of each answer, and how it waits: from a server whose answers follow a script."""

import json
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

import pytest

from edge_agent.client import Client, NotTaken, Refused
from shared.clock import SystemClock
from tests.support.events import json_event

EVENT = json_event(1)
Answer = tuple[int, dict[str, str], bytes]
TAKEN: Answer = (200, {}, b'{"status": "success", "result": "accepted"}')
GONE: Answer = (0, {}, b"")
"""The connection closes instead of an answer."""


def refusal(status: int, *, after: str | None = None, **members: str) -> Answer:
    """An answer as the agent gives it."""
    told = {"status": status, "error": "not now", "detail": "not now"} | members
    return status, {} if after is None else {"Retry-After": after}, json.dumps(told).encode()


class _Scripted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Sequence[Answer]
    heard: list[float]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, body = self.script[min(len(self.heard), len(self.script) - 1)]
        self.heard.append(SystemClock().monotonic())
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@contextmanager
def agent(*script: Answer) -> Iterator[tuple[Client, list[float]]]:
    """A client of a server that gives these answers, the last one for ever, and the moments of its requests."""
    heard: list[float] = []
    handler = type("Handler", (_Scripted,), {"script": script, "heard": heard})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            with Client(f"http://127.0.0.1:{server.server_port}", timeout_seconds=5) as client:
                yield client, heard
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal(400, code="bad_id"), "bad_id"),
        (refusal(400), "not_an_event"),
        (refusal(413), "not_an_event"),
    ],
)
def test_what_will_never_be_taken_is_refused_at_once(answer: Answer, code: str) -> None:
    """However patient the caller is: once asked, once answered."""
    with agent(answer) as (client, heard):
        with pytest.raises(Refused) as refused:
            client.send(EVENT, patience_seconds=30)

        assert (code, answer[0], 1) == (refused.value.code, refused.value.status, len(heard))


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (refusal(507, after="30"), 30.0),
        (refusal(503, after="5"), 5.0),
        (refusal(503, after="86400"), 60.0),
        (refusal(503, after="Wed, 21 Oct 2026 07:28:00 GMT"), None),
        (refusal(503), None),
        (refusal(500), None),
        (refusal(408), None),
        (refusal(429, after="2"), 2.0),
        ((502, {}, b"<html>"), None),
        ((200, {}, b"<html>"), None),
        ((204, {}, b""), None),
        ((404, {}, b"<html>"), None),
        ((400, {}, b"<html>"), None),
        (refusal(403), None),
        # other programs
        ((400, {}, b'{"error": "unknown API"}'), None),
        (
            (413, {}, b'{"error": "too large for this proxy", "status": 400, "detail": "too large for this proxy"}'),
            None,
        ),
        ((200, {}, b'{"status": "success"}'), None),
        ((200, {}, b'{"status": "success", "result": "rejected"}'), None),
        ((200, {}, b'{"status": "success", "accepted": 0, "rejected": 0}'), None),
        ((301, {"Location": "http://127.0.0.1:9/"}, b""), None),
    ],
)
def test_what_may_be_taken_later_is_told_with_what_to_wait(answer: Answer, asked: float | None) -> None:
    """Without patience nothing is waited for; the caller keeps the event. So with the answers of whoever else is there."""
    with agent(answer) as (client, heard):
        with pytest.raises(NotTaken) as failed:
            client.send(EVENT)

        assert (answer[0], asked, 1) == (failed.value.status, failed.value.retry_after_seconds, len(heard))


def test_what_the_agent_asks_to_wait_is_waited() -> None:
    """A full disk asks for a second here; the event goes then, and not before."""
    with agent(refusal(507, after="1"), TAKEN) as (client, heard):
        client.send(EVENT, patience_seconds=30)

        assert 2 == len(heard)
        assert heard[1] - heard[0] >= 1.0


def test_patience_ends_on_time() -> None:
    """A wait is cut where patience ends, and the last try's answer is told."""
    started = SystemClock().monotonic()
    with agent(refusal(503, after="60")) as (client, heard):
        with pytest.raises(NotTaken, match="503: not now"):
            client.send(EVENT, patience_seconds=0.3)

        assert 2 == len(heard)
        assert SystemClock().monotonic() - started < 5


def test_a_client_that_is_closed_waits_no_more() -> None:
    """The thread that sends ends at once, with the last answer."""
    ended: list[NotTaken] = []

    def send(client: Client) -> None:
        try:
            client.send(EVENT, patience_seconds=60)
        except NotTaken as failure:
            ended.append(failure)

    with agent(refusal(503, after="60")) as (client, heard):
        sending = threading.Thread(target=send, args=(client,))
        sending.start()
        while not heard:
            sending.join(0.01)
        client.close()
        sending.join(10)

        assert [503] == [failure.status for failure in ended]


def test_an_answer_that_never_came_is_asked_for_once_more_only_on_an_old_connection() -> None:
    """A new one that breaks is a failure; one that had rested may have been closed by the agent's keep-alive."""
    with agent(GONE, TAKEN) as (client, heard):
        with pytest.raises(NotTaken, match="does not answer"):
            client.send(EVENT)
        assert 1 == len(heard)
    with agent(TAKEN, GONE, TAKEN) as (client, heard):
        client.send(EVENT)
        client.send(EVENT)

        assert 3 == len(heard)


def test_numbers_that_json_does_not_know_never_leave() -> None:
    """NaN would be refused with the whole body; here the caller hears of it."""
    with agent(TAKEN) as (client, heard):
        with pytest.raises(ValueError, match="JSON"):
            client.send(EVENT | {"confidence": float("nan")})

        assert [] == heard


def _wait_for_turns(client: Client, waiting: int) -> None:
    """Return once so many calls wait for their turn."""
    deadline = SystemClock().monotonic() + 20
    while len(client._turn._waiting) != waiting:  # noqa: SLF001 - nobody else knows that a thread is blocked
        assert SystemClock().monotonic() < deadline
        threading.Event().wait(0.001)


def test_a_later_call_does_not_overtake() -> None:
    """Who comes first goes first, and whoever had the turn asks for it behind those that wait: their requests are through."""
    refused: list[str] = []

    def send(client: Client, name: str) -> None:
        try:
            client.send(EVENT)
        except Refused:
            refused.append(name)

    with agent(refusal(400), TAKEN) as (client, heard):
        threads = [threading.Thread(target=send, args=(client, name)) for name in ("first", "second")]
        with client._turn:  # noqa: SLF001 - as a call that waits for its answer has it
            for number, thread in enumerate(threads, 1):
                thread.start()
                _wait_for_turns(client, number)
        with client._turn:  # noqa: SLF001 - the next call of the same thread
            before_us = len(heard)
        for thread in threads:
            thread.join()

        assert (2, ["first"]) == (before_us, refused)


def test_a_call_that_is_interrupted_while_it_waits_keeps_no_turn() -> None:
    """Ctrl-C ends the waiting of the main thread, and the other threads go on."""

    def hold(client: Client, has_turn: threading.Event) -> None:
        with client._turn:  # noqa: SLF001 - as a call that waits for its answer has it
            has_turn.set()
            _wait_for_turns(client, 1)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            _wait_for_turns(client, 0)

    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with agent(TAKEN) as (client, heard):
            has_turn = threading.Event()
            holding = threading.Thread(target=hold, args=(client, has_turn))
            holding.start()
            assert has_turn.wait(20)
            with pytest.raises(KeyboardInterrupt):
                client.send(EVENT)
            holding.join()
            client.send(EVENT)

            assert 1 == len(heard)
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("several", [[EVENT, {}], (EVENT,), "text", None])
def test_several_events_are_no_event(several: Any) -> None:
    """The agent would take the good ones of a list and answer 200: nobody would hear of the others."""
    with agent(TAKEN) as (client, heard):
        with pytest.raises(TypeError, match="one event a call"):
            client.send(several)
        client.send(MappingProxyType(EVENT))

        assert 1 == len(heard)
