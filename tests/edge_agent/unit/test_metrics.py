"""What Prometheus reads, for each way an agent can be: values in base units, "never" as +Inf, "not known" as no sample."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.link import Link
from edge_agent.delivery.outcome import PAUSE_REASONS, Answered, Attempt, NoAnswer, PauseReason
from edge_agent.forecast import Forecast
from edge_agent.metrics.gauges import Snapshot, exposition
from edge_agent.metrics.meters import Meters
from shared.errors import Busy, DiskFailed, StorageFull, StorageUnusable, StoreTooSlow
from shared.events import Event
from shared.instants import SECOND
from tests.support.events import events
from tests.support.fake_clock import START, FakeClock

NOW = START + 60 * SECOND
WELL = Snapshot(
    camera="cam-01",
    version="0.1.0",
    now=NOW,
    monotonic=60.0,
    started_at=START,
    is_ready=True,
    waiting_events=3,
    last_sign_of_life=START + SECOND // 2,
    link=Link("ok", last_contact_at=NOW, watermark=START, clock_offset=-40_000, accepted=5, duplicates=2, rejected=1),
    counts=Counts(
        last_seq=22,
        settled=8,
        pending=10,
        dead=1,
        dropped=3,
        dropped_by_hand=2,
        retained=7,
        size_bytes=4_096,
        oldest_pending_at=START,
        max_size_bytes=10**9,
        free_disk_bytes=10**10,
        has_reserve=True,
    ),
    forecast=Forecast(86_400.0, None),
)


def told(snapshot: Snapshot, meters: Meters | None = None) -> dict[str, float]:
    """The samples by name and labels, as Prometheus' own parser reads them."""
    text = exposition((meters or Meters(clock=FakeClock())).registry, snapshot).decode()
    return {
        one.name + "".join(f"{{{value}}}" for _, value in sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("build_info{cam-01}{0.1.0}", 1),
        ("ready", 1),
        ("intake_waiting_events", 3),
        ("buffer_events", 10),
        ("buffer_oldest_event_age_seconds", 60),
        ("buffer_time_to_full_seconds", 86_400),
        ("buffer_time_to_drain_seconds", math.inf),
        ("buffer_retained_events", 7),
        ("dead_letter_events", 1),
        ("events_dropped_total{agent}", 1),
        ("events_dropped_total{operator}", 2),
        ("events_unaccounted", 0),
        ("disk_reserve_held", 1),
        ("events_delivered_total{accepted}", 5),
        ("events_delivered_total{duplicate}", 2),
        ("events_delivered_total{rejected}", 1),
        ("destination_up", 1),
        ("last_success_timestamp_seconds", NOW / SECOND),
        ("clock_offset_seconds", -0.04),
        ("source_last_sign_timestamp_seconds", START / SECOND + 0.5),
        ("buffer_recovered", 0),
    ],
)
def test_each_gauge_says_what_is(name: str, expected: float) -> None:
    """Seconds, bytes, events; instants as Unix time."""

    assert expected == told(WELL)[f"edge_agent_{name}"]


@pytest.mark.parametrize("now", [0, NOW, NOW + 10**15], ids=["1970", "right", "far ahead"])
def test_the_wait_for_the_next_try_is_what_is_left_of_it_whatever_the_clock_says(now: int) -> None:
    """It began before the clock was set, and goes by the other one."""
    waiting = replace(WELL, now=now, link=WELL.link.waiting_until(77.5))

    assert (17.5, 0.0) == (
        told(waiting)["edge_agent_backoff_seconds"],
        told(replace(waiting, monotonic=80.0))["edge_agent_backoff_seconds"],
    )
    assert 0.0 == told(WELL)["edge_agent_backoff_seconds"]


def test_what_is_not_known_has_no_sample() -> None:
    """A zero would be a claim: a clock that is right, a queue that is empty, a producer of 1970."""
    blank = told(replace(WELL, link=Link(), counts=None, forecast=None, last_sign_of_life=None))

    assert set() == {
        name
        for name in blank
        for missing in ("buffer_", "disk_", "unaccounted", "clock_", "last_success", "watermark", "source_")
        if name.startswith(f"edge_agent_{missing}") and "commit" not in name
    }


@pytest.mark.parametrize("reason", PAUSE_REASONS)
def test_a_pause_raises_the_flag_of_its_reason_and_no_other(reason: PauseReason) -> None:
    """All flags are there all the time, so that an alert sees one fall."""
    found = told(replace(WELL, link=Link("paused", cause="…", paused_for=reason)))

    assert {f"edge_agent_destination_paused{{{each}}}": float(each == reason) for each in PAUSE_REASONS} == {
        name: value for name, value in found.items() if "destination_paused" in name
    }


def test_no_flag_is_up_while_nothing_is_paused() -> None:
    """A request that is only retried raises none."""
    found = told(replace(WELL, link=Link("retrying", cause="…")))

    assert {0.0} == {value for name, value in found.items() if "destination_paused" in name}


class Collector:
    """Answers by a list, each a second later."""

    def __init__(self, clock: FakeClock, answers: Sequence[Attempt]) -> None:
        self._clock = clock
        self._answers = list(answers)

    async def post(self, body: bytes) -> Attempt:
        """Return the next answer."""
        assert body
        self._clock.advance(1)
        return self._answers.pop(0)


async def test_requests_are_counted_by_what_came_back() -> None:
    """A status, or the kind of silence; with their time and their bytes."""
    clock = FakeClock()
    meters = Meters(clock=clock)
    answers: list[Attempt] = [
        Answered(200, "", None, b""),
        Answered(503, "", None, b""),
        NoAnswer("dns", ""),
        NoAnswer("dns", ""),
    ]
    poster = meters.measured(Collector(clock, answers))
    for _ in range(4):
        await poster.post(b"12345")
    found = told(WELL, meters)

    assert {
        "edge_agent_requests_total{200}": 1,
        "edge_agent_requests_total{503}": 1,
        "edge_agent_requests_total{dns}": 2,
        "edge_agent_request_duration_seconds_sum": 4,
        "edge_agent_sent_bytes_total": 20,
    }.items() <= found.items()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StorageFull(), "full"),
        (Busy(), "busy"),
        (StoreTooSlow(), "slow"),
        (DiskFailed(), "disk"),
        (StorageUnusable(), "unusable"),
    ],
)
def test_a_commit_is_timed_if_it_was_kept_and_counted_if_not(error: Exception, reason: str) -> None:
    """The error goes on to whoever has to answer."""
    clock = FakeClock()
    meters = Meters(clock=clock)

    def append(kept: Sequence[Event]) -> None:
        clock.advance(0.03)
        if len(kept) > 1:
            raise error

    timed = meters.timed(append)
    timed(events(1, 1))
    with pytest.raises(type(error)):
        timed(events(1, 2))
    found = told(WELL, meters)

    assert 1 == found["edge_agent_buffer_commit_duration_seconds_count"]
    assert 0.03 == pytest.approx(found["edge_agent_buffer_commit_duration_seconds_sum"])
    assert {reason: 1.0} == {
        each: found[f"edge_agent_buffer_commit_failures_total{{{each}}}"]
        for each in ("full", "busy", "slow", "disk", "unusable")
        if found[f"edge_agent_buffer_commit_failures_total{{{each}}}"]
    }
