"""The proxy does what its faults are called, or the kills behind it would prove nothing."""

import json
from pathlib import Path

import pytest

from edge_agent.delivery.outcome import Answered, NoAnswer
from edge_agent.sender import Sender
from tests.support.collector import RunningCollector, envelope, item, running_collector
from tests.support.fault_proxy import Fault, FaultProxy, fault_proxy
from tests.support.programs import free_port

BODY = json.dumps(envelope([item("10:00", "W1", "working")])).encode()
TABLE = [
    (Fault.refuse, "reset", False),
    (Fault.reset_in_body, "reset", False),
    (Fault.black_hole, "timeout", False),
    (Fault.drop_answer, "reset", True),
    (Fault.truncated, "reset", True),
    (Fault.error_500, "500", False),
    (Fault.error_500_after_commit, "500", True),
    (Fault.busy_503, "503 after 1", False),
    (Fault.too_many_429, "429 after 1", False),
    (Fault.html_200, "200", False),
    (Fault.html_400, "400", False),
    (Fault.moved_301, "301", False),
    (Fault.slow_drip, "200", True),
    (Fault.twice, "200", True),
    (Fault.late, "timeout", False),
]


def test_every_fault_is_in_the_table() -> None:
    """A new one wants a line that says what it looks like from both ends."""

    assert set(Fault) == {fault for fault, _, _ in TABLE}


@pytest.mark.parametrize(("fault", "seen", "is_stored"), TABLE)
async def test_a_fault_looks_to_both_ends_as_its_name_says(
    fault: Fault, seen: str, is_stored: bool, tmp_path: Path
) -> None:
    """What the agent's sender gets, and whether the collector has the event by then."""
    async with running_collector(tmp_path) as collector, fault_proxy(seed=1, share=1.0, faults=(fault,)) as proxy:
        _join(proxy, collector)
        async with Sender(proxy.url, timeout_seconds=1.0 if seen == "timeout" else 10.0) as sender:
            attempt = await sender.post(BODY)
        stored = await collector.stored()

    assert (seen, is_stored) == (_in_words(attempt), bool(stored))


async def test_a_late_request_reaches_the_collector_after_the_agent_gave_up(tmp_path: Path) -> None:
    """So requests overtake each other."""
    async with running_collector(tmp_path) as collector, fault_proxy(seed=1, share=1.0, faults=(Fault.late,)) as proxy:
        _join(proxy, collector)
        async with Sender(proxy.url, timeout_seconds=1.0) as sender:
            await sender.post(BODY)
        (talk,) = proxy.talks
        await talk
        stored = await collector.stored()

    assert 1 == len(stored)


async def test_after_a_refusal_somebody_listens_again(tmp_path: Path) -> None:
    """A refused connection is refused by the system, for a moment; a healed proxy passes everything."""
    async with (
        running_collector(tmp_path) as collector,
        fault_proxy(seed=1, share=1.0, faults=(Fault.refuse,)) as proxy,
    ):
        _join(proxy, collector)
        async with Sender(proxy.url, timeout_seconds=1.0) as sender:
            attempts = [await sender.post(BODY) for _ in range(2)]
            proxy.heal()
            await proxy.listening()
            attempts.append(await sender.post(BODY))

    assert ["reset", "refused", "200"] == [_in_words(attempt) for attempt in attempts]
    assert (1, True) == (proxy.passed, proxy.passed_since_healed.is_set())


async def test_without_a_collector_behind_it_connections_break(tmp_path: Path) -> None:
    """As they do while it is being killed and started."""
    async with fault_proxy(seed=1, share=0.0) as proxy:
        proxy.upstream = ("127.0.0.1", free_port())
        async with Sender(proxy.url, timeout_seconds=1.0) as sender:
            attempt = await sender.post(BODY)

    assert "reset" == _in_words(attempt)


def _join(proxy: FaultProxy, collector: RunningCollector) -> None:
    host, _, port = collector.url.removeprefix("http://").rpartition(":")
    proxy.upstream = (host, int(port))


def _in_words(attempt: Answered | NoAnswer) -> str:
    if isinstance(attempt, NoAnswer):
        return attempt.kind
    return str(attempt.status) + (f" after {attempt.retry_after}" if attempt.retry_after else "")
