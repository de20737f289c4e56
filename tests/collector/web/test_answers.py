"""What `POST /api/app/` answers to each form of a body (SEMANTICS §7)."""

import gzip
import json

from tests.support.collector import RunningCollector, envelope, item

GOOD = item("10:00", "W1", "product_count", count=3)
OTHER = GOOD | {"count": 4}


async def test_one_event_is_accepted_then_a_duplicate_then_a_conflict(collector: RunningCollector) -> None:
    """With the answers that cameras know."""
    answers = [(await collector.post(body)).json for body in (GOOD, GOOD, OTHER, OTHER, GOOD)]

    assert [
        {"status": "success", "result": "accepted"},
        {"status": "success", "result": "duplicate"},
        {"status": "success", "result": "duplicate", "conflict": True},
        {"status": "success", "result": "duplicate"},
        {"status": "success", "result": "duplicate", "conflict": True},
    ] == answers


async def test_another_spelling_of_the_instant_is_the_same_event(collector: RunningCollector) -> None:
    """`Z`, `+00:00`, another zone, more digits, white space around the ids."""
    spellings = ["2026-01-15T10:00:00+00:00", "2026-01-15t10:00:00.000z", "2026-01-15T15:30:00+05:30"]
    await collector.post(GOOD)
    results = [(await collector.post(GOOD | {"timestamp": each})).json["result"] for each in spellings]
    results.append((await collector.post(GOOD | {"worker_id": "\u00a0W1 "})).json["result"])

    assert ["duplicate"] * 4 == results


async def test_a_list_is_answered_with_counts_and_what_was_not_plainly_accepted(collector: RunningCollector) -> None:
    """Accepted, duplicates and rejected are all the items; conflicts are among the duplicates."""
    answer = await collector.post([GOOD, {"timestamp": 5}, GOOD, OTHER, item("10:05", "W1", "idle"), None])

    assert 200 == answer.status
    assert {"status": "success", "accepted": 2, "duplicates": 2, "conflicts": 1, "rejected": 2} == {
        key: value for key, value in answer.json.items() if key != "results"
    }
    assert [(1, "rejected"), (2, "duplicate"), (3, "duplicate"), (5, "rejected")] == [
        (each["index"], each["result"]) for each in answer.json["results"]
    ]
    assert ["wrong_type", "not_an_event"] == [each["code"] for each in answer.json["results"] if "code" in each]


async def test_an_empty_list_is_zeros(collector: RunningCollector) -> None:
    """And no mistake."""
    answer = await collector.post([])

    assert 200 == answer.status
    assert {
        "status": "success",
        "accepted": 0,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 0,
        "results": [],
    } == answer.json


async def test_an_envelope_gets_a_receipt_for_its_batch(collector: RunningCollector) -> None:
    """What is lacking before, between and after what came is named, of its epoch."""
    events = [item(f"10:0{minute}", "W1", "idle") for minute in range(3)]
    sent = envelope(events, seqs=[[3, 4], [7, 7]], last_seq=9, batch="b1")
    first = (await collector.post(sent)).json["receipt"]
    second = (await collector.post(envelope(batch="b2", skipped=[[1, 2, "expired"], [8, 9, "damaged"]]))).json[
        "receipt"
    ]

    assert {
        "batch": "b1",
        "epoch": "e1",
        "received_at": "2026-01-16T12:00:00Z",
        "lacking": [[1, 2], [5, 6], [8, 9]],
        "last_seq": 9,
    } == first
    assert ("b2", [[5, 6]]) == (second["batch"], second["lacking"])


async def test_bad_events_of_an_envelope_are_numbered_too(collector: RunningCollector) -> None:
    """They arrived: asking for them again would change nothing."""
    answer = await collector.post(envelope([GOOD, {"timestamp": "x"}, GOOD]))

    assert (1, 1, 1, []) == (
        answer.json["accepted"],
        answer.json["duplicates"],
        answer.json["rejected"],
        answer.json["receipt"]["lacking"],
    )


async def test_a_gzip_body_is_a_body(collector: RunningCollector) -> None:
    """Whatever the case of the word."""
    for encoding in ("gzip", "GZIP", " gzip "):
        answer = await collector.post_bytes(gzip.compress(json.dumps([GOOD]).encode()), Content_Encoding=encoding)

        assert (200, 1) == (answer.status, answer.json["accepted"] + answer.json["duplicates"])


async def test_a_declared_charset_is_no_other_type(collector: RunningCollector) -> None:
    """`application/json; charset=utf-8` is what many libraries send; the slash at the end of the path is optional."""
    body = json.dumps(GOOD).encode()
    answers = [
        await collector.post_bytes(body, Content_Type="application/json; charset=utf-8"),
        await collector.post_bytes(body, Content_Type="Application/JSON"),
        await collector.ask("POST", "/api/app", data=body, headers={"Content-Type": "application/json"}),
    ]

    assert [200, 200, 200] == [answer.status for answer in answers]


async def test_unknown_people_and_places_are_registered_on_sight(collector: RunningCollector) -> None:
    """A new hire's first events must not bounce; the name is the id until somebody gives one."""
    await collector.post(item("10:00", "W<i>7</i>", "working"))
    (worker,) = await collector.metrics("workers")
    (station,) = await collector.metrics("workstations")

    assert ("W<i>7</i>", "W<i>7</i>") == (worker["worker_id"], worker["name"])
    assert ("S<i>7</i>", "S<i>7</i>") == (station["station_id"], station["name"])


async def test_a_camera_places_its_events_by_the_settings(collector: RunningCollector) -> None:
    """Never by what the body says of a site."""
    await collector.post(envelope([GOOD | {"site": "mars"}], site="venus"))

    assert ["default"] == [event["site"] for event in await collector.stored()]
    assert ["C1"] == [event["camera"] for event in await collector.stored()]
