"""How workers spent a stretch of time, as the store tells it; that time is right is shown by the properties of timelines."""

from functools import partial
from itertools import pairwise

import pytest

from collector.metrics.ledger import splice
from collector.records import Delivery, Entry, NewName, OpenState, Run, State
from collector.storage.base import Storage
from shared.events import EventType
from tests.support.collector import RULES, at, contact, delivery, event

MORNING = (at("09:00"), at("11:00"))
EVENTS = [
    event("08:00", "W1", "working"),
    event("08:50", "W1", "product_count", count=1),
    event("09:10", "W1", "product_count", count=2),
    event("10:00", "W1", "idle", station="S2"),
    event("11:30", "W1", "product_count", count=3),
    event("12:00", "W1", "working"),
    event("08:30", "W2", "absent"),
]


async def keep(storage: Storage, *deliveries: Delivery) -> None:
    """Store deliveries as the collector does."""
    await storage.store(deliveries, decide=partial(splice, rules=RULES))


async def test_a_worker_is_told_in_every_detail(storage: Storage) -> None:
    """What stood before, every event of the stretch, and the first one after it."""
    await keep(storage, delivery(*EVENTS, camera="C1", contact=contact(watermark=at("12:30"))))
    told = await storage.runs(worker_id="W1", stretch=MORNING, most=10)

    assert told is not None
    assert {
        ("default", "W1"): Run(
            State(at("08:00"), EventType.working, "S1", "C1"),
            at("08:50"),
            [
                Entry(at("09:10"), EventType.product_count, "S1", 2, None, "C1"),
                Entry(at("10:00"), EventType.idle, "S2", 0, None, "C1"),
                Entry(at("11:30"), EventType.product_count, "S1", 3, None, "C1"),
            ],
            is_last=False,
        )
    } == told.runs
    assert (["W1"], [("C1", at("12:30"))]) == (
        [worker.id for worker in told.workers],
        [(camera.name, camera.watermark) for camera in told.cameras],
    )


async def test_an_outline_has_the_states_of_everybody(storage: Storage) -> None:
    """Counts that change nothing are left out; who was not seen for longer is there too, with what holds."""
    await keep(storage, delivery(*EVENTS, camera="C1"))
    told = await storage.outlines(stretch=MORNING, most=10)

    assert told is not None
    assert [("W1", [at("10:00"), at("11:30")], False), ("W2", [], True)] == [
        (worker_id, [entry.at for entry in run.events], run.is_last) for (_, worker_id), run in told.runs.items()
    ]
    assert State(at("08:30"), EventType.absent, "S1", "C1") == told.runs["default", "W2"].state


async def test_ties_are_in_the_order_of_ids(storage: Storage) -> None:
    """Not in the order in which stations were first seen; the last of them is the one that lasts."""
    await keep(storage, delivery(event("09:30", "W1", "idle", station="S9")))
    await keep(
        storage, delivery(event("09:30", "W1", "idle", station="S1"), event("09:30", "W1", "absent", station="S5"))
    )
    outlines = await storage.outlines(stretch=MORNING, most=10)
    before = await storage.outlines(stretch=(at("10:00"), at("11:00")), most=10)

    assert outlines is not None
    assert before is not None
    assert ["S5", "S1", "S9", ""] == [entry.workstation_id for entry in outlines.runs["default", "W1"].events]
    assert OpenState(at("09:30"), State(at("09:30"), EventType.idle, "S9", None)) == OpenState(
        before.runs["default", "W1"].last_at or 0, before.runs["default", "W1"].state
    )


async def test_an_outline_says_which_camera_told_each_state(storage: Storage) -> None:
    """Of the state that reaches into the stretch, of those within it, and of none where no camera did."""
    await keep(storage, delivery(event("08:00", "W1", "working"), event("09:30", "W1", "idle"), camera="C2"))
    await keep(storage, delivery(event("09:10", "W1", "idle"), event("09:30", "W1", "idle"), camera="C1"))
    await keep(storage, delivery(event("09:40", "W1", "working")))
    outlines = await storage.outlines(stretch=MORNING, most=10)

    assert outlines is not None
    run = outlines.runs["default", "W1"]
    assert ("C2", ["C1", "C1", None]) == (run.state and run.state.camera, [entry.camera for entry in run.events][:3])


async def test_of_a_worker_it_is_told_when_cameras_watched(storage: Storage) -> None:
    """Within the stretch, at the worker's site; and which had watched before it."""
    for camera, site, clock_times in [
        ("C1", "default", ("08:00", "09:30", "12:00")),
        ("C2", "default", ("10:10", "10:20")),
        ("C3", "south", ("09:00", "10:00")),
    ]:
        for watermark in clock_times:
            said = contact(watermark=at(watermark))
            await keep(storage, Delivery(site, camera, at(watermark), [], contact=said))
    await keep(storage, delivery(*EVENTS))
    told = await storage.runs(worker_id="W1", stretch=MORNING, most=10)
    open_ended = await storage.runs(worker_id="W1", stretch=(None, None), most=10)

    assert told is not None
    assert open_ended is not None
    assert {"default": {"C1": [MORNING], "C2": [(at("10:10"), at("10:20"))]}} == told.watched
    assert {"default": {"C1": [(at("08:00"), at("12:00"))], "C2": [(at("10:10"), at("10:20"))]}} == open_ended.watched
    assert ({"default": {"C1"}}, {"default": set()}) == (told.watched_before, open_ended.watched_before)


@pytest.mark.parametrize(("most", "is_told"), [(2, True), (1, False)])
async def test_too_much_is_not_told(storage: Storage, most: int, is_told: bool) -> None:
    """More events of one worker, or states of all, than was asked for at most."""
    more = [event("09:30", "W2", "working"), event("09:30", "W3", "working", station="S3")]
    await keep(storage, delivery(*EVENTS[:-1], more[0]), delivery(more[1], site="south"))
    one = await storage.runs(worker_id="W1", stretch=MORNING, most=most)
    of_site = await storage.outlines(["default"], stretch=MORNING, most=most)
    of_all = await storage.outlines(stretch=MORNING, most=most + 1)

    assert (is_told, is_told, is_told) == (one is not None, of_site is not None, of_all is not None)


async def test_who_has_a_name_and_no_event_is_known(storage: Storage) -> None:
    """With no run; who has neither is not."""
    await storage.name([NewName("worker", "default", "W7", "Zoë")])
    named = await storage.runs(worker_id="W7", stretch=(None, None), most=1)
    nobody = await storage.runs(worker_id="W8", stretch=(None, None), most=1)

    assert named is not None
    assert nobody is not None
    assert (["Zoë"], {}, [], {}) == (
        [worker.name for worker in named.workers],
        named.runs,
        nobody.workers,
        nobody.runs,
    )


async def test_somebody_of_two_sites_is_told_at_both(storage: Storage) -> None:
    """Unless one is named."""
    await keep(storage, delivery(EVENTS[0], site="north"), delivery(EVENTS[0], site="south"))
    both = await storage.runs(worker_id="W1", stretch=MORNING, most=10)
    south = await storage.runs(["south"], worker_id="W1", stretch=MORNING, most=10)

    assert both is not None
    assert south is not None
    assert [("north", "W1"), ("south", "W1")] == list(both.runs) == [(each.site, each.id) for each in both.workers]
    assert [("south", "W1")] == list(south.runs) == [(each.site, each.id) for each in south.workers]


async def test_the_version_changes_with_every_write_and_with_nothing_else(storage: Storage) -> None:
    """Not with what is read, nor with what is refused; another opening has others."""
    versions = [await storage.version()]
    await storage.snapshot()
    versions.append(await storage.version())
    await keep(storage, delivery(EVENTS[0]))
    versions.append(await storage.version())
    await keep(storage, delivery(camera="C1", contact=contact()))
    versions.append(await storage.version())
    await storage.name([NewName("worker", "default", "W1", "Zoë")])
    versions.append(await storage.version())
    with pytest.raises(Exception, match="no site"):
        await storage.rename_site("nowhere", "somewhere")
    versions.append(await storage.version())

    assert [False, True, True, True, False] == [before != after for before, after in pairwise(versions)]
    assert 4 == len(set(versions))
