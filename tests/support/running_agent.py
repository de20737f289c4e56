"""The real program `python -m edge_agent run` for a test, and everything one does to it: post, ask, kill, start again."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.programs import LISTENING, ROOT, START_SECONDS, STOP_SECONDS

NOBODY = "http://127.0.0.1:9"
"""The discard port, which only root could open: nobody listens there."""
JSON = "application/json"
LINES = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


class RunningAgent:
    """An agent of a folder; `start` it, `stop` or `kill` it, `start` it again."""

    def __init__(self, folder: Path, *, collector: str = NOBODY, camera: str = "cam-1") -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.collector = collector
        self.camera = camera
        self.url = ""
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str, prepare: Callable[[], None] | None = None) -> None:
        """Run it until it listens; `prepare` is called in the new process before the program begins."""
        self._starts += 1
        output, log = self.folder / f"out-{self._starts}", self.folder / f"log-{self._starts}"
        arguments = ["--data-dir", str(self.data_dir), "--listen", "127.0.0.1:0", "--collector", self.collector]
        with output.open("wb") as stdout, log.open("wb") as stderr:
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "edge_agent", "run", *arguments, "--camera", self.camera, *more],
                stdout=stdout,
                stderr=stderr,
                cwd=ROOT,
                preexec_fn=prepare,  # noqa: PLW1509 - the tests have no threads that hold locks
            )
        eventually(lambda: process.poll() is not None or b"\n" in output.read_bytes(), seconds=START_SECONDS)
        words = output.read_text()
        assert words.startswith(LISTENING), log.read_text()
        self.url = words.splitlines()[0].removeprefix(LISTENING)

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()  # without a bound: what nobody waits for fails another test

    def end(self) -> None:
        """End it if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def post(
        self, body: bytes | object, *, content_type: str = JSON, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Post a body, or a value as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", "/api/app/", body=content, headers={"Content-Type": content_type, **(headers or {})})

    def status(self) -> dict[str, Any]:
        """What it says of itself."""
        told: dict[str, Any] = self.ask("GET", "/status").json
        return told

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request on a connection of its own."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, dict(response.headers), response.read())
        finally:
            connection.close()


@contextmanager
def running_agent(folder: Path, *more: str, collector: str = NOBODY) -> Iterator[RunningAgent]:
    """A started agent; whatever happens, it has ended afterwards."""
    agent = RunningAgent(folder, collector=collector)
    try:
        agent.start(*more)
        yield agent
    finally:
        agent.end()


def ended(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> int:
    """Return the exit code of a program that was asked to end; what does not end in time, on a loaded machine, is killed."""
    process.terminate()
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def eventually(is_so: Callable[[], bool], *, seconds: float = 10) -> None:
    """Return as soon as something is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds:g} s"
        time.sleep(0.02)
