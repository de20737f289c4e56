"""Events on their way into a store: kept once, all or nothing, and still there after a restart."""

import random
from collections.abc import Sequence
from functools import partial

import pytest

from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.records import (
    Delivery,
    Entry,
    EventQuery,
    KeptRefusal,
    Key,
    Outcome,
    Refusal,
    Registered,
    Run,
    Sighting,
    Splice,
    Stored,
    StoredEvent,
    Version,
)
from collector.storage.base import Storage
from shared.events import Event, EventType
from shared.instants import LAST_INSTANT
from tests.collector.contract.conftest import Open
from tests.support.collector import NOON_AFTER, at, contact, decide, delivery, event

new, duplicate, conflict = Outcome.accepted, Outcome.duplicate, Outcome.conflict


async def put(storage: Storage, *deliveries: Delivery) -> list[Sequence[Outcome]]:
    """Store deliveries in one transaction and return their outcomes."""
    return [stored.outcomes for stored in await storage.store(deliveries, decide=decide)]


async def everything(storage: Storage) -> list[StoredEvent]:
    """Return all stored events."""
    return await storage.events(EventQuery(limit=10_000))


async def state_of(storage: Storage) -> list[object]:
    """Return all that a store can be asked for."""
    return [
        await everything(storage),
        await storage.snapshot(),
        await storage.sites(),
        await storage.cameras(),
        await storage.refusals(most=10_000),
        await storage.measure(split=partial(split, Window()), by_hour=True),
    ]


async def test_an_event_is_kept_as_it_came(storage: Storage) -> None:
    """Every field, with the camera that delivered it."""
    await put(storage, delivery(event("10:00", "W1", "product_count", count=3, confidence=0.1), camera="C1"))

    assert [
        StoredEvent(Key("default", "W1", at("10:00"), EventType.product_count, "S1"), Version(3, 0.1, "C1"), losers=[])
    ] == await everything(storage)


@pytest.mark.parametrize(
    "strange",
    [
        Event(0, "W" * 64, "😀" * 64, EventType.absent, 0, None),
        Event(LAST_INSTANT, "'; drop table event; --", "Ä\u0308%_\\", EventType.product_count, 1_000_000, 1.0),
        Event(1, "W 1", "\u200b", EventType.idle, 7, 5e-324),
        Event(1, "1", "1.0", EventType.working, 0, 0.0),
        Event(1, "null", "[1]", EventType.working, 0, 0.1 + 0.2),
    ],
    ids=lambda strange: ascii(strange.worker_id[:10]),
)
async def test_every_valid_event_survives(open_again: Open, strange: Event) -> None:
    """The bounds of every field, ids that look like something else, floats to the last bit, also over a restart."""
    storage = await open_again()
    await put(storage, delivery(strange, camera="C" * 64))
    (kept,) = await everything(await open_again())

    assert strange == Event(
        kept.key.at,
        kept.key.worker_id,
        kept.key.workstation_id,
        kept.key.event_type,
        kept.version.count,
        kept.version.confidence,
    )


async def test_the_same_event_again_is_a_duplicate(storage: Storage) -> None:
    """In the same delivery, in the same transaction and in a later one."""
    first = event("10:00", "W1", "working")

    assert [[new, duplicate], [duplicate]] == await put(storage, delivery(first, first), delivery(first))
    assert [[duplicate]] == await put(storage, delivery(first))
    assert 1 == len(await everything(storage))


async def test_every_part_of_the_key_makes_another_event(storage: Storage) -> None:
    """Site, worker, instant, type and workstation."""
    first = event("10:00", "W1", "working")
    others = [
        event("10:00", "w1", "working"),
        event("10:00:00.000001", "W1", "working"),
        event("10:00", "W1", "idle"),
        event("10:00", "W1", "working", station="S2"),
    ]

    assert [[new] * 5, [new]] == await put(storage, delivery(first, *others), delivery(first, site="east"))


async def test_a_version_that_differs_is_a_conflict_and_the_loser_is_kept_once(storage: Storage) -> None:
    """The greatest survives; each distinct loser is kept once, unknown confidence as itself."""
    versions = [(3, None), (5, 0.5), (3, None), (5, None), (5, 0.0), (4, 0.9), (5, 0.5), (3, None)]
    outcomes = [
        (await put(storage, delivery(event("10:00", "W1", "product_count", count=count, confidence=confidence))))[0][0]
        for count, confidence in versions
    ]
    (kept,) = await everything(storage)

    assert [new, conflict, conflict, conflict, conflict, conflict, duplicate, conflict] == outcomes
    assert Version(5, 0.5, None) == kept.version
    assert [(5, 0.0), (5, None), (4, 0.9), (3, None)] == list(kept.losers)


async def test_the_camera_of_an_event_is_the_least_that_delivered_it(storage: Storage) -> None:
    """Whichever came first, and whichever version it brought."""
    first = event("10:00", "W1", "product_count", count=3)
    for camera in (None, "C2", "C1", "C3", None):
        await put(storage, delivery(first, camera=camera))
    await put(storage, delivery(first._replace(count=4), camera="C2"))
    (kept,) = await everything(storage)

    assert Version(4, None, "C1") == kept.version


async def test_workers_and_workstations_are_registered_on_sight(storage: Storage) -> None:
    """By their ids, at their site, in the order of code points; each camera and site too."""
    events = [event("10:00", worker, "working", station=worker.lower()) for worker in ("Z", "a", "\uffff", "😀", "A")]
    await put(storage, delivery(*events, camera="C1"), delivery(events[0], site="east"))
    snapshot = await storage.snapshot()

    assert [("default", each) for each in ("A", "Z", "a", "\uffff", "😀")] + [("east", "Z")] == [
        (worker.site, worker.id) for worker in snapshot.workers
    ]
    assert [Registered("default", each, each) for each in ("a", "z", "\uffff", "😀")] + [
        Registered("east", "z", "z")
    ] == list(snapshot.workstations)
    assert (["default", "east"], ["C1"]) == (await storage.sites(), [each.name for each in await storage.cameras()])


async def test_a_snapshot_holds_the_sightings_in_order(storage: Storage) -> None:
    """By instant, type, then station by code point, whatever the order of arrival."""
    events = [
        event("10:00", "W1", kind, station=station, count=2)
        for kind in EventType.__members__
        for station in ("b", "B", "😀", "\uffff")
    ]
    events += [event("09:59", "W1", "product_count", count=5), event("10:01", "W1", "absent")]
    random.Random(1).shuffle(events)
    await put(storage, delivery(*events, camera="C1"))
    sightings = (await storage.snapshot()).sightings["default", "W1"]
    ordered = sorted(events, key=lambda each: (each.at, each.event_type, each.workstation_id))

    assert [Sighting(each.at, each.event_type, each.workstation_id, each.count, "C1") for each in ordered] == list(
        sightings
    )


async def test_a_delivery_without_events_is_a_delivery(storage: Storage) -> None:
    """An empty one, and no deliveries at all."""

    assert [[]] == await put(storage, delivery())
    assert [] == await storage.store([], decide=decide)
    assert [] == await everything(storage)


async def test_an_answer_belongs_to_its_delivery(storage: Storage) -> None:
    """Of many in one transaction, each gets its own outcomes, in order."""
    first, second = event("10:00", "W1", "working"), event("10:01", "W1", "idle")

    assert [[new, new], [], [duplicate], [new, duplicate]] == await put(
        storage,
        delivery(first, second),
        delivery(),
        delivery(second),
        delivery(event("10:02", "W1", "idle"), first),
    )


async def test_a_store_is_the_same_after_a_restart(open_again: Open) -> None:
    """Everything that was returned as stored, and what is known of cameras."""
    storage = await open_again()
    events = [event(f"10:{minute:02}", f"W{minute % 3}", "working") for minute in range(20)]
    refused = Delivery("east", "C2", NOON_AFTER, [], refusals=[Refusal("bad_id", "no", '{"a": 1}')])
    await put(
        storage,
        delivery(*events, camera="C1", contact=contact(((1, 20),), watermark=at("10:30"), pending=3)),
        delivery(events[0]._replace(count=7)),
        refused,
    )
    before = await state_of(storage)
    again = await open_again()

    assert before == await state_of(again)
    assert [[duplicate] * 20] == await put(again, delivery(*events[1:], events[0]._replace(count=7)))


async def test_all_is_kept_or_nothing(open_again: Open) -> None:
    """Whatever goes wrong in the middle of a transaction: events, registries, refusals and cameras are as before."""
    storage = await open_again()
    await put(storage, delivery(event("10:00", "W1", "working"), camera="C1", contact=contact(((1, 1),))))
    before = await state_of(storage)

    def fails_late(runs: Sequence[Run], arrivals: Sequence[Entry], *, offset: int) -> Splice:
        raise RuntimeError("oops")

    def breaks_a_bound(runs: Sequence[Run], arrivals: Sequence[Entry], *, offset: int) -> Splice:
        found = decide(runs, arrivals, offset=offset)
        survivors = [entry._replace(count=1_000_001) for entry in found.survivors]
        return found._replace(survivors=survivors)

    bad = Delivery(
        "east",
        "C9",
        NOON_AFTER,
        [event("10:00", "W1", "product_count", count=5), event("11:00", "W9", "working", station="S9")],
        refusals=[Refusal("bad_id", "no", "{}")],
        contact=contact(((1, 2),), watermark=at("11:00")),
    )
    for broken in (fails_late, breaks_a_bound):
        with pytest.raises(Exception, match=r"(?i)oops|check"):
            await storage.store([delivery(event("10:30", "W2", "idle"), camera="C1"), bad], decide=broken)

        assert before == await state_of(storage)
    assert [[new, new]] == await put(storage, bad)
    assert before != await state_of(await open_again())


async def test_a_batch_of_ten_thousand_is_one_transaction(storage: Storage) -> None:
    """The greatest that one request may bring, repeated whole."""
    events = [Event(number, f"W{number % 50}", f"S{number % 30}", EventType.idle, 0, None) for number in range(10_000)]

    assert [[new] * 10_000] == await put(storage, delivery(*events))
    assert [[duplicate] * 10_000] == await put(storage, delivery(*reversed(events)))


async def test_refusals_are_kept_newest_first_and_capped(storage: Storage) -> None:
    """The newest ten thousand, so that a broken camera cannot fill the disk."""
    for batch in range(3):
        refusals = [Refusal("bad_id", f"no {batch}", f'"{number}"') for number in range(4_000)]
        await storage.store([Delivery("default", "C1", NOON_AFTER + batch, [], refusals)], decide=decide)
    kept = await storage.refusals(most=20_000)

    assert 10_000 == len(kept)
    assert KeptRefusal(NOON_AFTER + 2, "default", "C1", Refusal("bad_id", "no 2", '"3999"')) == kept[0]
    assert KeptRefusal(NOON_AFTER, "default", "C1", Refusal("bad_id", "no 0", '"2000"')) == kept[-1]
    assert kept[:5] == await storage.refusals(["default"], most=5)
    assert [] == await storage.refusals(["north"], most=5)
    middle = await storage.refusals(stretch=(NOON_AFTER + 1, NOON_AFTER + 2), most=20_000)
    assert kept[4_000:8_000] == middle
    for sites, stretch, number in (
        (None, (None, None), 10_000),
        (["default"], (NOON_AFTER + 1, NOON_AFTER + 2), 4_000),
        (None, (NOON_AFTER + 2, None), 4_000),
        (None, (None, NOON_AFTER), 0),
        (["north"], (None, None), 0),
    ):
        assert [number, min(number, 7)] == [
            await storage.refused(sites, stretch=stretch, most=most) for most in (20_000, 7)
        ]


async def test_an_outcome_is_returned_for_each_event(storage: Storage) -> None:
    """Also where nothing of a repeated batch has to be written."""
    stored: list[Stored] = []
    for _ in range(2):
        stored += await storage.store([delivery(event("10:00", "W1", "working"), camera="C1")], decide=decide)

    assert [[new], [duplicate]] == [list(each.outcomes) for each in stored]
