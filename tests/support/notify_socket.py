"""A service manager for tests: the socket that a program is given as `NOTIFY_SOCKET`, and what it has said there."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class NotifySocket:
    """Holds every message in the order of arrival."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._messages: list[str] = []

    @property
    def messages(self) -> list[str]:
        """What has come so far."""
        self._socket.settimeout(0)
        while True:
            try:
                self._messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self._messages

    @property
    def pings(self) -> int:
        """How often it was told that the program is alive."""
        return sum(message.startswith("WATCHDOG=1") for message in self.messages)

    def wait_for(self, is_so: Callable[[], bool], *, seconds: float = 20) -> None:
        """Return as soon as something is so."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"not so after {seconds:g} s; said so far: {self._messages}"
            time.sleep(0.02)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


@contextmanager
def notify_socket(folder: Path) -> Iterator[NotifySocket]:
    """A socket in a folder while the block lasts."""
    listening = NotifySocket(folder / "notify.sock")
    try:
        yield listening
    finally:
        listening.close()
