"""Sending events once more: the same numbers, nothing written, and an honest account at the end."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.reader import LogReader
from edge_agent.cli.replay import read_moment
from edge_agent.courier import Tally
from edge_agent.delivery.settlement import DeadLetter
from edge_agent.replay import Choice, Replay
from shared.errors import BadRequest, NotAuthorised, Unreachable
from shared.http_body import problem
from shared.instants import MINUTE, parse_instant
from shared.receipts import Ranges
from tests.support.events import events
from tests.support.fake_clock import START, FakeClock
from tests.support.flaky_collector import (
    FlakyCollector,
    captive_portal,
    redirect,
    refusing,
    rejecting,
    status,
    stored_then_silent,
    taking_at_most,
)

EVERYTHING = Choice(None, None, "all")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A queue of 1,200 events, one a minute from START: 1–10 settled, 11 and 12 dead letters, the rest pending."""
    made = tmp_path / "queue"
    log = EventLog.open(made, clock=FakeClock())
    log.append(events(1, 1_200))
    log.settle(settled=((1, 10),), dead=[DeadLetter(seq, "bad_id", "no") for seq in (11, 12)])
    log.close()
    return made


class Run:
    """One replay of a folder and everything around it."""

    def __init__(self, folder: Path, collector: FlakyCollector | None = None) -> None:
        self.folder = folder
        self.collector = collector or FlakyCollector()
        self.clock = FakeClock()
        self.steps: list[int] = []
        self.tally = Tally()

    async def __call__(self, choice: Choice = EVERYTHING, **options: Any) -> Tally:
        """Replay, and keep the tally whatever happens."""
        with LogReader(self.folder) as reader:
            replay = Replay(
                reader,
                self.collector,
                choice=choice,
                camera="cam-01",
                version="0.1.0",
                clock=self.clock,
                on_progress=self.steps.append,
                **options,
            )
            try:
                return await replay.run()
            finally:
                self.tally = replay.tally


async def test_everything_is_new_the_first_time_and_there_the_second(folder: Path) -> None:
    """Events keep their epoch and number, so a repetition adds nothing."""
    run = Run(folder)

    assert Tally(new=1_200) == await run()
    assert Tally(already_there=1_200) == await run()
    assert list(range(1, 1_201)) == run.collector.numbers
    assert [500, 500, 200] * 2 == run.steps


async def test_a_replay_is_no_sign_of_the_camera(folder: Path) -> None:
    """No watermark, and a version that says what it is; pending as it is, so that nobody takes it for a heartbeat."""
    run = Run(folder)
    await run()
    agent = run.collector.received[0].agent

    assert ("0.1.0+replay", None, None, 1_188, [[1, 500]], 1_200) == tuple(
        agent[key] for key in ("version", "watermark", "oldest_pending_at", "pending", "seqs", "last_seq")
    )


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(None, None, "synced"), ((1, 10),)),
        (Choice(None, None, "queued"), ((13, 1_200),)),
        (Choice(None, None, "all"), ((1, 1_200),)),
        (Choice(START + 5 * MINUTE, START + 15 * MINUTE, "all"), ((5, 14),)),
        (Choice(START + 5 * MINUTE, START + 15 * MINUTE, "synced"), ((5, 10),)),
        (Choice(START + 1_199 * MINUTE, None, "queued"), ((1_199, 1_200),)),
        (Choice(None, START, "all"), ()),
    ],
)
async def test_only_what_was_chosen_is_sent(folder: Path, choice: Choice, expected: Ranges) -> None:
    """By the instant of the event, the end not included, and by what became of it."""
    run = Run(folder)
    await run(choice)

    assert [seq for first, last in expected for seq in range(first, last + 1)] == run.collector.numbers


async def test_nothing_is_written(folder: Path) -> None:
    """The queue file has the same bytes, whatever the answers were."""
    before = (folder / "queue.db").read_bytes()
    collector = FlakyCollector()
    collector.always = rejecting(lambda event: event["workstation_id"] == "S100")
    tally = await Run(folder, collector)()

    assert Tally(new=1_199, rejected=1) == tally
    assert before == (folder / "queue.db").read_bytes()


async def test_an_epoch_never_shares_a_batch_with_another(folder: Path) -> None:
    """Numbers of before and after a kill go in envelopes of their own."""
    log = EventLog.open(folder, clock=FakeClock())
    log.append(events(1_201, 1_210))
    (folder / "queue.db").with_name("killed").mkdir()
    for name in ("queue.db", "queue.db-wal"):
        (folder / "killed" / name).write_bytes((folder / name).read_bytes())
    log.close()
    log = EventLog.open(folder / "killed", clock=FakeClock())
    log.append(events(1_211, 1_220))
    log.close()
    run = Run(folder / "killed")
    tally = await run()

    assert Tally(new=1_220) == tally
    assert 2 == len({envelope.agent["epoch"] for envelope in run.collector.received})
    assert [[[1_001, 1_210]], [[1_211, 1_220]]] == [envelope.agent["seqs"] for envelope in run.collector.received[-2:]]


async def test_a_rate_is_kept(folder: Path) -> None:
    """At 100 events a second, 1,200 take twelve seconds."""
    run = Run(folder)
    await run(rate=100)

    assert 12.0 == pytest.approx(run.clock.monotonic())
    assert [100] * 12 == run.steps


async def test_what_was_added_meanwhile_is_left_to_the_agent(folder: Path) -> None:
    """A replay ends where the log ended when it began, however fast the camera is."""
    log = EventLog.open(folder, clock=FakeClock())
    run = Run(folder)

    def add_one(count: int) -> None:
        log.append(events(5_000, 5_000 + count))

    with LogReader(folder) as reader:
        replay = Replay(
            reader,
            run.collector,
            choice=EVERYTHING,
            camera="cam-01",
            version="0.1.0",
            clock=run.clock,
            on_progress=add_one,
        )
        tally = await replay.run()
    log.close()

    assert Tally(new=1_200) == tally


async def test_trouble_that_passes_is_waited_for(folder: Path) -> None:
    """A portal's page, a busy collector, a cut answer: tried again, and counted as what they turned out to be."""
    collector = FlakyCollector()
    collector.script = [captive_portal, status(503), stored_then_silent]
    run = Run(folder, collector)

    assert Tally(new=700, already_there=500) == await run()


async def test_a_collector_that_stays_away_is_given_up_after_half_a_minute(folder: Path) -> None:
    """What was done is known, and a repetition goes on from anywhere."""
    collector = FlakyCollector()
    run = Run(folder, collector)
    collector.script = [collector.always] + [status(503, headers={"Retry-After": "900"})] * 99

    with pytest.raises(Unreachable, match=r"gave up after 30 s: 503"):
        await run()
    assert Tally(new=500) == run.tally
    assert 30.0 == pytest.approx(run.clock.monotonic())


@pytest.mark.parametrize(
    ("answer", "expected"), [(status(401), NotAuthorised), (status(404), Unreachable), (redirect, Unreachable)]
)
async def test_a_fault_that_no_waiting_mends_ends_it_at_once(
    folder: Path, answer: Any, expected: type[Exception]
) -> None:
    """A wrong token and a wrong address have exit codes of their own."""
    collector = FlakyCollector()
    collector.always = answer

    with pytest.raises(expected):
        await Run(folder, collector)()
    assert 1 == len(collector.received)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (taking_at_most(7), Tally(new=1_200)),
        (refusing(lambda event: event["workstation_id"] == "S700"), Tally(new=1_199, rejected=1)),
        (lambda _collector, _envelope: problem(422, "no"), Tally(rejected=1_200)),
    ],
)
async def test_a_refused_batch_goes_in_halves(folder: Path, answer: Any, expected: Tally) -> None:
    """Until it is small enough, or until the bad event is alone."""
    collector = FlakyCollector()
    collector.always = answer

    assert expected == await Run(folder, collector)()


NOW = parse_instant("2026-03-29T09:30:00Z")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-01-15T06:00:00+01:00", "UTC", "2026-01-15T05:00:00Z"),
        ("2h", "UTC", "2026-03-29T07:30:00Z"),
        ("90m", "UTC", "2026-03-29T08:00:00Z"),
        ("7d", "UTC", "2026-03-22T09:30:00Z"),
        ("today", "UTC", "2026-03-29T00:00:00Z"),
        ("yesterday", "UTC", "2026-03-28T00:00:00Z"),
        ("today", "Asia/Kolkata", "2026-03-28T18:30:00Z"),
        # On this day Berlin puts its clocks forward; the day began an hour before the change in winter time.
        ("today", "Europe/Berlin", "2026-03-28T23:00:00Z"),
        ("yesterday", "Europe/Berlin", "2026-03-27T23:00:00Z"),
    ],
)
def test_a_person_may_say_when(text: str, zone: str, expected: str) -> None:
    """RFC 3339, a day by its name, or how long ago."""

    assert parse_instant(expected) == read_moment(text, now=NOW, zone=ZoneInfo(zone))


@pytest.mark.parametrize("text", ["", "now", "2026-01-15", "2026-01-15T06:00:00", "2 h", "-2h", "h", "2x", "tomorrow"])
def test_what_nobody_can_understand_is_refused_in_words(text: str) -> None:
    """The message quotes it and says what would do."""
    with pytest.raises(BadRequest, match=r"is no time.*such as 2h"):
        read_moment(text, now=NOW)
