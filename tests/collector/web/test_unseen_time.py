"""What `/api/floor/` draws of time that nobody saw: nothing behind a camera's watermark, paler where it did not watch."""

from typing import Any

import pytest

from shared.instants import MINUTE
from tests.support.collector import RunningCollector, at, envelope, item

FROM_SIX = "from=2026-01-15T06:00:00Z&to=2026-01-15T14:00:00Z"


def watermark(clock_time: str) -> str:
    """A watermark at a time of the day in UTC."""
    return f"2026-01-15T{clock_time}:00Z"


async def call(there: RunningCollector, now: str, *events: dict[str, Any], upto: str | None, **header: object) -> None:
    """Let the camera's agent call at a time of the day: what it delivers, and up to where it has watched."""
    there.clock.set(at(now))
    said = {"watermark": None if upto is None else watermark(upto), "batch": f"b-{now}"}
    answer = await there.post(envelope(events, **(said | header)))
    assert 200 == answer.status, answer.text


def in_minutes(timeline: list[list[Any]]) -> list[tuple[float, float, str, int]]:
    """Return segments as their begin and end in minutes, their state, and whether they are paler."""
    return [(start / 60, (start + length) / 60, state, paler) for start, length, state, _, paler in timeline]


async def test_a_camera_that_catches_up_is_drawn_up_to_its_watermark(collector: RunningCollector) -> None:
    """Its newest event is in, those before it are not: what lies between is hatched, and nobody is drawn at work there."""
    await call(collector, "06:00", item("06:00", "W1", "working"), upto="06:00")
    await call(collector, "08:00", upto="08:00", last_seq=1)
    newest = {"seqs": [[1206, 1206]], "last_seq": 1206, "pending": 1204, "oldest_pending_at": watermark("08:00")}
    await call(collector, "09:00", item("08:58", "W1", "working"), upto="08:00", **newest)
    (row,) = (await collector.get(f"/api/floor/?{FROM_SIX}")).json["workers"]

    assert [(0, 120, "w", 0)] == in_minutes(row["timeline"])
    assert (None, None, 180 * MINUTE, 2 * MINUTE, 58 * MINUTE) == (
        row["state"], row["state_since"], row["working_us"], row["assumed_us"], row["unwatched_us"],
    )  # fmt: skip
    rest = {"seqs": [[2, 3]], "last_seq": 1206, "pending": 0}
    more = [item("08:10", "W1", "absent"), item("08:57", "W1", "idle")]
    await call(collector, "09:01", *more, upto="09:01", **rest)
    (row,) = (await collector.get(f"/api/floor/?{FROM_SIX}")).json["workers"]

    assert [(0, 130, "w", 0), (130, 177, "a", 0), (177, 178, "i", 0), (178, 181, "w", 0)] == in_minutes(row["timeline"])
    assert ("working", watermark("08:58")) == (row["state"], row["state_since"])


async def off_from_eight_to_twelve(there: RunningCollector) -> None:
    """Let W1 work from 06:00 on before a camera whose agent is off from 08:00 to 12:10, and be seen again at 12:05."""
    await there.post(item("05:00", "W1", "absent"))
    await call(there, "06:00", item("06:00", "W1", "working"), upto="06:00")
    await call(there, "08:00", upto="08:00", last_seq=1)
    await call(there, "12:05", item("12:05", "W1", "working"), upto=None, epoch="e2")
    await call(there, "12:10", upto="12:10", epoch="e2", last_seq=1)
    await call(there, "12:20", upto="12:20", epoch="e2", last_seq=1)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("from=2026-01-15T04:00:00Z&to=2026-01-15T14:00:00Z", [(60, 120, "a", 0), (120, 240, "w", 0), (240, 490, "w", 1), (490, 500, "w", 0)]),
        ("from=2026-01-15T09:00:00Z&to=2026-01-15T13:00:00Z", [(0, 190, "w", 1), (190, 200, "w", 0)]),
        ("from=2026-01-15T09:00:00Z&to=2026-01-15T10:00:00Z", [(0, 60, "w", 1)]),
        ("from=2026-01-15T06:30:00Z&to=2026-01-15T07:00:00Z", [(0, 30, "w", 0)]),
        ("from=2026-01-15T06:00:00Z&to=2026-01-16T06:00:00Z", [(0, 120, "w", 0), (120, 370, "w", 1), (370, 380, "w", 0)]),
    ],
    ids=["all of it", "begun in the break", "within the break", "before it", "a day"],
)  # fmt: skip
async def test_what_the_agent_slept_through_is_paler(
    collector: RunningCollector, window: str, expected: list[tuple[int, int, str, int]]
) -> None:
    """It counts until the next sighting, as everywhere; the picture does not say that anybody looked."""
    await off_from_eight_to_twelve(collector)
    floor = (await collector.get(f"/api/floor/?{window}")).json
    (row,) = floor["workers"]

    assert expected == in_minutes(row["timeline"])
    assert 0 == row["assumed_us"]
    assert sum(end - start for start, end, _, paler in expected if paler) * MINUTE == row["unwatched_us"]
    assert sum(end - start for start, end, state, _ in expected if state == "w") * MINUTE == row["working_us"]


async def test_the_state_now_lasts_through_what_the_agent_slept_through(collector: RunningCollector) -> None:
    """It is drawn without a break, if paler for a part."""
    await off_from_eight_to_twelve(collector)
    (row,) = (await collector.get(f"/api/floor/?{FROM_SIX}")).json["workers"]

    assert ("working", watermark("06:00")) == (row["state"], row["state_since"])


async def test_a_break_that_nobody_could_see_in_the_picture_is_none(collector: RunningCollector) -> None:
    """An agent that starts anew in a quarter of a minute makes no sliver in a picture of four hours."""
    await call(collector, "06:00", item("06:00", "W1", "working"), upto="06:00")
    await call(collector, "08:00", upto="08:00", last_seq=1)
    await call(collector, "08:01", upto=None, epoch="e2")
    collector.clock.set(at("08:01"))
    await collector.post(envelope(watermark="2026-01-15T08:00:15Z", epoch="e2", batch="b-new"))
    await call(collector, "10:00", upto="10:00", epoch="e2")
    (row,) = (await collector.get(f"/api/floor/?{FROM_SIX}")).json["workers"]

    assert [(0, 240, "w", 0)] == in_minutes(row["timeline"])


async def test_a_timeline_tells_what_of_each_span_no_camera_watched(collector: RunningCollector) -> None:
    """Of spans, sums, hours and days, in JSON and files; in an open window, too. What a window cuts off is not told of."""
    await off_from_eight_to_twelve(collector)
    question = "/api/timeline/?worker_id=W1"
    told = (await collector.get(f"{question}&{FROM_SIX}")).json
    everything = (await collector.get(question)).json
    cut = (await collector.get(f"{question}&from=2026-01-15T12:00:00Z&to=2026-01-15T12:06:00Z")).json
    spans, hours = [
        (await collector.get(f"/api/timeline.csv?worker_id=W1&{FROM_SIX}&of={of}")).text.splitlines()
        for of in ("spans", "hours")
    ]

    assert [245 * MINUTE, 5 * MINUTE] == [span["unwatched_us"] for span in told["spans"]]
    assert [0, 245 * MINUTE, 5 * MINUTE] == [span["unwatched_us"] for span in everything["spans"]]
    assert [5 * MINUTE, MINUTE] == [span["unwatched_us"] for span in cut["spans"]]
    assert {250 * MINUTE} == {answer["totals"]["unwatched_us"] for answer in (told, everything)}
    assert [0, 0, 60, 60, 60, 60, 10, 0] == [part["unwatched_us"] // MINUTE for part in told["hours"]]
    assert [250 * MINUTE] == [part["unwatched_us"] for part in told["days"]]
    assert ["unwatched_minutes", "245.0", "5.0"] == [line.split(",")[-1] for line in spans]
    assert ["unwatched_minutes", *["0.0", "0.0", "60.0", "60.0", "60.0", "60.0", "10.0", "0.0"]] == [
        line.split(",")[-1] for line in hours
    ]


async def test_where_hours_are_not_told_nobody_says_what_was_not_watched(collector: RunningCollector) -> None:
    """Nothing is said of it, which is not the same as none."""
    await off_from_eight_to_twelve(collector)
    (row,) = (await collector.get("/api/floor/?from=2025-12-01T00:00:00Z&to=2026-01-16T00:00:00Z")).json["workers"]

    assert row["unwatched_us"] is None


async def test_what_the_agent_slept_through_is_paler_although_its_first_call_was_not_heard(
    collector: RunningCollector,
) -> None:
    """A box boots before its network, and its producer speaks at once: what it says of the time before is drawn."""
    await call(collector, "06:00", item("06:00", "W1", "working"), upto="06:00")
    await call(collector, "08:00", upto="08:00", last_seq=1)
    watched = [[watermark("08:00"), watermark("08:30")], [watermark("12:05"), watermark("12:20")]]
    more = item("12:05", "W1", "working")
    await call(collector, "12:20", more, upto="12:20", watched=watched, epoch="e2")
    floor = (await collector.get(f"/api/floor/?{FROM_SIX}")).json
    (row,) = floor["workers"]

    assert [(0, 150, "w", 0), (150, 365, "w", 1), (365, 380, "w", 0)] == in_minutes(row["timeline"])
    assert [[0, 150 * 60], [365 * 60, 15 * 60]] == floor["watches"][0]["stretches"]
