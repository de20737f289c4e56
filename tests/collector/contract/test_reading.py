"""What a store can be asked for: pages of events, names, sites; and a site under another name."""

import asyncio
import random
import threading
from dataclasses import replace
from functools import partial

import pytest

from collector.measures import Occupied, Stretches
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.records import EventQuery, Key, NewName, StoredEvent
from collector.storage.base import Storage
from shared.errors import BadRequest, NotFound
from shared.events import EventType
from tests.collector.contract.conftest import Open
from tests.support.collector import at, contact, decide, delivery, event

WORKERS = ("W1", "W2", "W10", "w1", "\uffff", "😀")
STATIONS = ("S1", "s1", "😀", "\uffff")


async def fill(storage: Storage) -> list[StoredEvent]:
    """Store some hundred events of two sites, some in conflict, and return them in their order, put there by hand."""
    chance = random.Random(2)
    events = [
        event(f"10:{chance.randrange(6):02}", worker, kind, station=station)
        for worker in WORKERS
        for station in STATIONS
        for kind in EventType.__members__
    ]
    others = [each._replace(count=each.count + 1) for each in events[::7]]
    deliveries = [delivery(*events, camera="C1"), delivery(*others), delivery(*events[:20], site="east", camera="C2")]
    await storage.store(deliveries, decide=decide)
    kept = await storage.events(EventQuery(limit=10_000))
    ordered = sorted(kept, key=lambda each: (*each.key[:3], int(each.key.event_type), each.key.workstation_id))
    assert ordered == kept
    return kept


async def pages(storage: Storage, query: EventQuery) -> list[list[StoredEvent]]:
    """Return all pages of a query, to the first empty one."""
    found: list[list[StoredEvent]] = []
    while page := await storage.events(query):
        found.append(page)
        assert len(found) < 1_000, "the pages have no end"
        query = replace(query, after=page[-1].key)
    return found


@pytest.mark.parametrize("limit", [1, 2, 7, 50, 115, 116, 117, 10_000])
async def test_pages_of_every_size_make_the_same_list(storage: Storage, limit: int) -> None:
    """Nothing is skipped or shown twice at a border; only the last page is short."""
    kept = await fill(storage)
    found = await pages(storage, EventQuery(limit=limit))

    assert kept == [each for page in found for each in page]
    assert [limit] * (len(found) - 1) == [len(page) for page in found[:-1]]


@pytest.mark.parametrize(
    "query",
    [
        EventQuery(sites=["east"]),
        EventQuery(sites=["east", "default"]),
        EventQuery(sites=[]),
        EventQuery(sites=["west"]),
        EventQuery(worker_id="W1"),
        EventQuery(worker_id="W"),
        EventQuery(workstation_id="S1"),
        EventQuery(event_type=EventType.absent),
        EventQuery(event_type=EventType.product_count),
        EventQuery(from_at=at("10:02")),
        EventQuery(to_at=at("10:02")),
        EventQuery(from_at=at("10:02"), to_at=at("10:03")),
        EventQuery(from_at=at("11:00")),
        EventQuery(only_conflicts=True),
        EventQuery(
            sites=["default"],
            worker_id="W10",
            workstation_id="😀",
            event_type=EventType.idle,
            from_at=at("10:00"),
            to_at=at("10:06"),
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("limit", [3, 10_000])
async def test_filters_leave_out_what_does_not_fit(storage: Storage, query: EventQuery, limit: int) -> None:
    """Each by itself and all together, on every page."""

    def fits(each: StoredEvent) -> bool:
        return (
            (query.sites is None or each.key.site in query.sites)
            and query.worker_id in {None, each.key.worker_id}
            and query.workstation_id in {None, each.key.workstation_id}
            and query.event_type in {None, each.key.event_type}
            and (query.from_at is None or query.from_at <= each.key.at)
            and (query.to_at is None or each.key.at < query.to_at)
            and (bool(each.losers) or not query.only_conflicts)
        )

    kept = await fill(storage)
    found = await pages(storage, replace(query, limit=limit))

    assert [each for each in kept if fits(each)] == [each for page in found for each in page]


async def test_a_page_may_begin_behind_an_event_that_does_not_exist(storage: Storage) -> None:
    """A cursor is a place in the order, and not an event."""
    kept = await fill(storage)
    place = Key("default", "W1", at("10:02"), EventType.working, "Q")
    after = [
        each
        for each in kept
        if (*each.key[:3], int(each.key.event_type), each.key.workstation_id) > (*place[:3], 2, "Q")
    ]

    assert after == await storage.events(EventQuery(after=place, limit=10_000))
    assert kept == await storage.events(EventQuery(after=place._replace(site=""), limit=10_000))
    assert [] == await storage.events(EventQuery(after=place._replace(site="zzz"), limit=10_000))


async def test_names_are_given_and_taken_away(open_again: Open) -> None:
    """The last one counts; without one, the id is the name; an id not seen yet is registered."""
    storage = await open_again()
    await storage.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    await storage.name(
        [
            NewName("worker", "default", "W1", "First"),
            NewName("worker", "default", "W1", "Zoë"),
            NewName("worker", "east", "W7", "New"),
            NewName("workstation", "default", "S1", "Press"),
            NewName("workstation", "default", "S9", ""),
        ]
    )
    storage = await open_again()
    snapshot = await storage.snapshot()

    assert [("default", "W1", "Zoë"), ("east", "W7", "New")] == [
        (each.site, each.id, each.name) for each in snapshot.workers
    ]
    assert [("S1", "Press"), ("S9", "S9")] == [(each.id, each.name) for each in snapshot.workstations]
    await storage.name([NewName("worker", "default", "W1", ""), NewName("workstation", "default", "S1", "")])
    snapshot = await storage.snapshot()
    assert ["W1", "W7", "S1", "S9"] == [
        each.name if each.site == "default" else each.id for each in [*snapshot.workers, *snapshot.workstations]
    ]


async def test_a_name_belongs_to_one_kind_at_one_site(storage: Storage) -> None:
    """A worker and a workstation may have the same id, and so may two sites."""
    await storage.store(
        [delivery(event("10:00", "X", "idle", station="X"), site=site) for site in ("a", "b")], decide=decide
    )
    await storage.name([NewName("worker", "b", "X", "Xaver")])
    snapshot = await storage.snapshot()

    assert ["X", "Xaver"] == [each.name for each in snapshot.workers]
    assert ["X", "X"] == [each.name for each in snapshot.workstations]


async def test_a_snapshot_is_of_the_sites_that_are_asked_for(storage: Storage) -> None:
    """Workers, workstations, cameras and sightings of the others are not in it."""
    await fill(storage)
    east, nothing = await storage.snapshot(["east"]), await storage.snapshot([])

    assert ({"east"}, {"east"}) == ({row.site for row in east.workers}, {row.site for row in east.workstations})
    assert ["C2"] == [camera.name for camera in east.cameras]
    assert {"east"} == {site for site, _ in east.sightings}
    assert ([], [], [], {}) == (nothing.workers, nothing.workstations, nothing.cameras, nothing.sightings)
    assert {"default", "east"} == {row.site for row in (await storage.snapshot()).workers}


async def test_a_renamed_site_keeps_everything(open_again: Open) -> None:
    """Events, names, cameras with their numbering; what is delivered to it later finds its way, also after a restart."""
    storage = await open_again()
    first = event("10:00", "W1", "working")
    sent = delivery(first, camera="C1", site="old", contact=contact(((1, 1),), last_seq=3, watermark=at("10:30")))
    await storage.store([sent], decide=decide)
    await storage.name([NewName("worker", "old", "W1", "Ann")])
    await storage.rename_site("old", "new")
    for _ in range(2):
        (stored,) = await storage.store([sent], decide=decide)
        snapshot = await storage.snapshot()

        assert ["duplicate"] == [outcome.value for outcome in stored.outcomes]
        assert [(2, 3)] == [tuple(each) for each in stored.lacking]
        assert [("new", "W1", "Ann")] == [(each.site, each.id, each.name) for each in snapshot.workers]
        assert [("new", "C1", at("10:30"))] == [(each.site, each.name, each.watermark) for each in snapshot.cameras]
        storage = await open_again()


async def test_a_site_cannot_take_the_name_of_another(storage: Storage) -> None:
    """Nor can one be renamed that is not there; nothing has changed then."""
    await fill(storage)
    with pytest.raises(BadRequest):
        await storage.rename_site("east", "default")
    with pytest.raises(BadRequest):
        await storage.rename_site("east", "east")
    with pytest.raises(NotFound):
        await storage.rename_site("west", "north")

    assert ["default", "east"] == await storage.sites()


async def test_reading_sees_what_was_stored_before(storage: Storage) -> None:
    """An answer that was given is visible to the next question."""
    for minute in range(20):
        await storage.store([delivery(event(f"10:{minute:02}", "W1", "idle"))], decide=decide)

        assert minute + 1 == len(await storage.events(EventQuery()))


async def test_nobody_waits_behind_a_long_question(storage: Storage) -> None:
    """While occupied time is being told, others are answered."""
    begun, answered = threading.Event(), threading.Event()

    def tell(_: object, __: object) -> dict[str, Stretches]:
        begun.set()
        assert answered.wait(30)
        return {}

    await storage.store(
        [delivery(*(event("10:00", worker, "working", station="S1") for worker in ("W1", "W2")))], decide=decide
    )
    await storage.store(
        [delivery(*(event("10:30", worker, "idle", station="S1") for worker in ("W1", "W2")))], decide=decide
    )
    window = Window(at("10:00"), at("11:00"))
    question = Occupied((at("10:00"), at("11:00")), tell, most=10)
    long = asyncio.create_task(storage.measure(split=partial(split, window), occupied=question))
    await asyncio.to_thread(begun.wait, 30)
    sites = await storage.sites()
    answered.set()

    assert ["default"] == sites
    assert (await long).company is not None


@pytest.mark.parametrize(
    ("sites", "stretch"),
    [
        (None, (None, None)),
        (["default"], (None, None)),
        (["east"], (None, None)),
        ([], (None, None)),
        (None, (at("10:02"), at("10:04"))),
        (None, (None, at("10:03"))),
        (None, (at("10:03"), None)),
    ],
)
async def test_versions_that_lost_are_counted_within_a_stretch(
    storage: Storage, sites: list[str] | None, stretch: tuple[int | None, int | None]
) -> None:
    """Each once, by the time of its event, of the sites asked for; and no further than asked for."""
    kept = await fill(storage)
    start, end = stretch
    expected = sum(
        len(each.losers)
        for each in kept
        if (sites is None or each.key.site in sites)
        and (start is None or start <= each.key.at)
        and (end is None or each.key.at < end)
    )
    found = [await storage.lost_versions(sites, stretch=stretch, most=most) for most in (10_000, 3)]

    assert [expected, min(expected, 3)] == found
