"""The words to systemd, over a real datagram socket, as sd_notify(3) wants them."""

import asyncio
import logging
import os
import socket
from pathlib import Path

import pytest

from shared.service_manager import ServiceManager
from tests.support.fake_clock import FakeClock
from tests.support.notify_socket import notify_socket


def test_each_word_is_a_message(tmp_path: Path) -> None:
    """A status is one line, whatever a collector put into it."""
    with notify_socket(tmp_path) as heard:
        manager = ServiceManager({"NOTIFY_SOCKET": str(heard.path)})
        manager.ready()
        manager.alive("paused: 401\nREADY=0")
        manager.stopping()

        assert ["READY=1", "WATCHDOG=1\nSTATUS=paused: 401", "STOPPING=1"] == heard.messages


def test_a_name_with_an_at_is_in_the_abstract_name_space() -> None:
    """As systemd in a container has it."""
    name = f"lineside-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name)
        listening.settimeout(5)
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).ready()

        assert b"READY=1" == listening.recv(100)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_a_watchdog_counts_only_if_it_is_ours(environment: dict[str, str], expected: float | None) -> None:
    """A variable that a parent left in the environment is meant for the parent."""

    assert expected == ServiceManager({"NOTIFY_SOCKET": "/nowhere"} | environment).watchdog_seconds


def test_nobody_to_tell_is_no_trouble() -> None:
    """On a terminal there is no service manager, and no watchdog either."""
    manager = ServiceManager({"WATCHDOG_USEC": "60000000"})
    manager.ready()

    assert manager.watchdog_seconds is None


async def test_time_is_asked_for_while_the_queue_is_opened(tmp_path: Path) -> None:
    """Again and again, but not for ever: what hangs for six hours is better started anew."""
    clock = FakeClock()
    with notify_socket(tmp_path) as heard:
        manager = ServiceManager({"NOTIFY_SOCKET": str(heard.path)})
        async with manager.starting(clock=clock):
            for _ in range(2_000):
                await asyncio.sleep(0)
                assert heard.messages, "read at once: the socket holds only a few"
        manager.ready()
        *asked, last = heard.messages

    assert ({"EXTEND_TIMEOUT_USEC=90000000\nSTATUS=opening the queue"}, "READY=1") == (set(asked), last)
    assert 6 * 3_600 // 20 == len(asked)


def test_a_manager_that_does_not_listen_is_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Events are kept all the same."""
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    with caplog.at_level(logging.WARNING):
        manager.alive("ok")
        manager.alive("ok")

    assert ["the service manager does not listen"] == [record.getMessage() for record in caplog.records]
