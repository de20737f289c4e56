"""What a store knows of cameras: their numbering, watermarks, contact, and the site that they stay at."""

import asyncio
from itertools import count
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.grants import AddCamera
from collector.measures import Home, Parts
from collector.records import Camera, Contact, Delivery
from collector.storage.base import FEW_SITES, Storage
from collector.storage.readers import LONG_AT_ONCE
from shared.receipts import Range, Ranges, normalise, numbers, of_numbers, subtract
from tests.collector.contract.conftest import Open
from tests.support.collector import NOON_AFTER, at, contact, decide, delivery, event


async def call(storage: Storage, said: Contact, *, camera: str = "C1", site: str = "default") -> list[Range]:
    """Let a camera call without events, and return what is lacking of the epoch."""
    (stored,) = await storage.store([delivery(camera=camera, site=site, contact=said)], decide=decide)
    return [(first, last) for first, last in stored.lacking]


async def camera_of(storage: Storage, name: str = "C1") -> Camera:
    """Return what is known of a camera."""
    (found,) = [each for each in await storage.cameras() if each.name == name]
    return found


async def test_a_call_says_how_a_camera_is(storage: Storage) -> None:
    """Watermark, contact, backlog, clock and version; the receipt's instant is the contact."""
    said = contact(watermark=at("10:00"), pending=7, oldest_pending_at=at("09:00"), clock_offset_us=-5, version="1.2.3")
    await call(storage, said)

    assert Camera("default", "C1", at("10:00"), NOON_AFTER, 7, at("09:00"), -5, "1.2.3", 0) == await camera_of(storage)


async def test_a_later_call_replaces_all_but_the_watermark(storage: Storage) -> None:
    """A backlog falls as it rose; the watermark only ever rises, and no watermark takes none away."""
    told: list[tuple[int | None, int]] = []
    for watermark, pending in ((at("10:00"), 7), (at("09:00"), 3), (None, 0), (at("10:01"), 5), (None, 1)):
        await call(storage, contact(watermark=watermark, pending=pending))
        camera = await camera_of(storage)
        told.append((camera.watermark, camera.pending))
    late = Delivery("default", "C1", NOON_AFTER + 15, [], contact=contact(oldest_pending_at=at("09:00")))
    await storage.store([late], decide=decide)
    camera = await camera_of(storage)

    assert [(at("10:00"), 7), (at("10:00"), 3), (at("10:00"), 0), (at("10:01"), 5), (at("10:01"), 1)] == told
    assert (NOON_AFTER + 15, at("09:00"), 0) == (camera.last_contact_at, camera.oldest_pending_at, camera.pending)


async def test_a_replay_counts_numbers_and_touches_nothing_else(storage: Storage) -> None:
    """It says nothing of how the camera is now; it may bring what was lacking."""
    await call(storage, contact(((1, 3),), last_seq=9, watermark=at("10:00"), pending=2))
    before = await camera_of(storage)
    replayed = contact(((4, 5),), last_seq=9, is_live=False, watermark=at("11:00"), pending=99, clock_offset_us=99)
    lacking = await call(storage, replayed)
    after = await camera_of(storage)

    assert [(6, 9)] == lacking
    assert (before.watermark, before.last_contact_at, before.pending, before.clock_offset_us, before.version) == (
        after.watermark,
        after.last_contact_at,
        after.pending,
        after.clock_offset_us,
        after.version,
    )


async def test_a_camera_known_by_its_events_alone_has_never_called(storage: Storage) -> None:
    """An import brings its events; how it is nobody knows."""
    await storage.store([delivery(event("10:00", "W1", "working"), camera="C1")], decide=decide)

    assert Camera("default", "C1", None, None, 0, None, None, None, 0, has_events=1) == await camera_of(storage)


@pytest.mark.parametrize(
    ("seqs", "last_seq", "lacking"),
    [
        ((), 0, []),
        ((), 5, [(1, 5)]),
        (((1, 5),), 5, []),
        (((2, 5),), 5, [(1, 1)]),
        (((1, 4),), 5, [(5, 5)]),
        (((1, 2), (4, 5)), 5, [(3, 3)]),
        (((3, 3), (7, 8)), 10, [(1, 2), (4, 6), (9, 10)]),
        (((0, 5),), 5, []),
        (((0, 0),), 3, [(1, 3)]),
    ],
)
async def test_what_never_arrived_is_lacking(
    storage: Storage, seqs: Ranges, last_seq: int, lacking: list[Range]
) -> None:
    """Before, between and after the ranges that came, up to the greatest number given out."""

    assert lacking == await call(storage, contact(seqs, last_seq=last_seq))


async def test_lacking_numbers_are_those_of_the_epoch(storage: Storage) -> None:
    """Another epoch, another camera and another site count for themselves; `missing` is of all epochs of the camera."""
    await call(storage, contact(((1, 5),), epoch="e1", last_seq=8))
    await call(storage, contact(((1, 100),), epoch="e1"), camera="C2")

    assert [(1, 3)] == await call(storage, contact(((4, 4),), epoch="e2"))
    assert [(6, 8)] == await call(storage, contact(epoch="e1", last_seq=0))
    assert (3 + 3, 0) == ((await camera_of(storage)).missing, (await camera_of(storage, "C2")).missing)


async def test_the_greatest_number_ever_given_out_counts(storage: Storage) -> None:
    """A late request with an older count takes nothing back."""
    await call(storage, contact(((1, 1),), last_seq=9))

    assert [(2, 9)] == await call(storage, contact(((1, 1),), last_seq=4))


async def test_a_receipt_says_which_number_is_the_greatest_known(storage: Storage) -> None:
    """Of its epoch, whatever this call says of itself; numbers that will never come, and other epochs, raise it not."""
    told = []
    for said in (
        contact(((1, 3),), last_seq=9),
        contact(((4, 4),), last_seq=4),
        contact(((20, 30),), epoch="e2", last_seq=12),
        contact(epoch="e1", last_seq=0, is_live=False),
    ):
        (stored,) = await storage.store([delivery(camera="C1", contact=said)], decide=decide)
        told.append(stored.last_seq)
    (bare,) = await storage.store([delivery(event("10:00", "W1", "working"))], decide=decide)

    assert ([9, 9, 12, 9], None) == (told, bare.last_seq)


async def test_no_more_than_a_hundred_ranges_are_named(storage: Storage) -> None:
    """The first ones; the next receipt names the next."""
    every_other = tuple((number, number) for number in range(2, 602, 2))
    lacking = await call(storage, contact(every_other))

    assert [(number, number) for number in range(1, 201, 2)] == lacking
    assert 300 == (await camera_of(storage)).missing


async def test_what_waits_at_the_camera_is_not_missing(storage: Storage) -> None:
    """Missing are the numbers that neither came nor wait there, and never less than none."""
    await call(storage, contact(((1, 5),), last_seq=12, pending=4))
    one = (await camera_of(storage)).missing
    await call(storage, contact(last_seq=12, pending=400))

    assert (3, 0) == (one, (await camera_of(storage)).missing)


@pytest.mark.filterwarnings("error")
async def test_the_greatest_numbers_break_nothing(storage: Storage) -> None:
    """A camera that claims the greatest numbers of the wire in every epoch spoils its own figures at most."""
    greatest = 2**53 - 1
    for epoch in range(12):
        await call(storage, contact(((0, greatest),) if epoch % 2 else (), epoch=f"e{epoch}", last_seq=greatest))
    camera = await camera_of(storage)

    assert (6 * greatest - 6, int) == (camera.missing, type(camera.missing))
    assert [(1, greatest)] == await call(storage, contact(epoch="e0"))


async def test_a_sum_over_ever_so_many_epochs_breaks_nothing(storage: Storage) -> None:
    """It is beyond what an integer of a database holds; what has arrived is taken off exactly all the same."""
    greatest = 2**53 - 1
    claims = [contact(epoch=f"e{number}", last_seq=greatest) for number in range(1_030)]
    came = [contact(((11, greatest),), epoch=f"e{number}") for number in range(1_030)]
    missing = []
    for calls in (claims, came):
        await storage.store([delivery(camera="C1", contact=each) for each in calls], decide=decide)
        missing.append((await camera_of(storage)).missing)

    assert [1_030 * greatest, 10_300] == missing
    assert [int, int] == [type(each) for each in missing]


epochs = count()
ranges = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4).map(normalise)


@given(calls=st.lists(ranges, min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
async def test_ranges_merge_in_any_order(storage: Storage, calls: list[Ranges]) -> None:
    """Whatever overlaps, touches or nests: lacking is the first numbers less all that came, as sets."""
    epoch = f"e{next(epochs)}"
    came: set[int] = set()
    for seqs in calls:
        lacking = await call(storage, contact(seqs, epoch=epoch, last_seq=31))
        came |= set(numbers(seqs))

        assert list(subtract(((1, 31),), of_numbers(came))) == lacking


async def test_a_camera_that_has_events_stays_at_its_site(open_again: Open) -> None:
    """An edit of the settings moves neither it nor its events, also over a restart."""
    storage = await open_again()
    await storage.store([delivery(event("10:00", "W1", "working"), camera="C1", site="north")], decide=decide)
    for _ in range(2):
        moved = delivery(event("10:05", "W1", "idle"), camera="C1", site="south", contact=contact(((2, 2),)))
        await storage.store([moved], decide=decide)
        storage = await open_again()
    snapshot = await storage.snapshot()

    assert [("north", "C1")] == [(camera.site, camera.name) for camera in await storage.cameras()]
    assert {("north", "W1"): 2} == {worker: len(each) for worker, each in snapshot.sightings.items()}


async def test_a_camera_without_events_goes_where_the_settings_say(storage: Storage) -> None:
    """It was set up at the wrong site and had only called; its numbering begins anew with its events."""
    await call(storage, contact(watermark=at("10:00")), site="north")
    await call(storage, contact(), site="south")
    await storage.store([delivery(event("10:00", "W1", "working"), camera="C1", site="south")], decide=decide)
    await call(storage, contact(), site="north")

    assert [("south", "C1")] == [(camera.site, camera.name) for camera in await storage.cameras()]


async def test_two_sites_in_one_transaction_do_not_split_a_camera(storage: Storage) -> None:
    """The delivery that comes first decides, as it would in a transaction of its own; where each is stored is told."""
    deliveries = [
        delivery(event("10:00", "W1", "working"), camera="C1", site="north"),
        delivery(event("10:05", "W1", "idle"), camera="C1", site="south"),
    ]
    became = await storage.store(deliveries, decide=decide)

    assert ["north", "north"] == [stored.site for stored in became]
    assert [("north", "C1")] == [(camera.site, camera.name) for camera in await storage.cameras()]
    assert [("north", "W1")] == list((await storage.snapshot()).sightings)


async def test_cameras_are_asked_for_by_site(storage: Storage) -> None:
    """In the order of site and name by code point."""
    for camera, site in (("b", "south"), ("B", "south"), ("a", "north"), ("z", "north")):
        await call(storage, contact(), camera=camera, site=site)

    assert ["a", "z", "B", "b"] == [camera.name for camera in await storage.cameras()]
    assert ["B", "b"] == [camera.name for camera in await storage.cameras(["south"])]
    assert [] == await storage.cameras([])
    assert [] == await storage.cameras(["west"])


async def test_where_cameras_are_known_is_told_of_those_that_are_asked_for(storage: Storage) -> None:
    """One that has events stays there, and so does one that has a token; what only called may be placed elsewhere."""
    await storage.store([delivery(event("10:00", "W1", "working"), camera="C1", site="north")], decide=decide)
    await call(storage, contact(), camera="C2", site="south")
    await storage.access.apply(AddCamera("C3", "west", "default", bytes(32), NOON_AFTER))
    await call(storage, contact(), camera="C4", site="south")

    assert {
        "C1": Home("north", stays=True),
        "C2": Home("south", stays=False),
        "C3": Home("west", stays=True),
    } == await storage.homes(["C1", "C2", "C3", "C9"])
    assert {} == await storage.homes([])


async def test_sites_are_told_of_those_that_are_asked_for(storage: Storage) -> None:
    """In the order of their names; one that has nothing is left out."""
    for site in ("north", "south", "east"):
        await call(storage, contact(), camera=f"C-{site}", site=site)

    assert ["east", "south"] == await storage.sites(["south", "west", "east"])
    assert {"south": 0} == await storage.hour_offsets(["south", "west"])
    assert [] == await storage.sites([])


async def test_only_the_cameras_of_few_sites_are_a_short_question(storage: Storage) -> None:
    """Those of many wait for other long questions, so that no token waits for them."""
    sites = [f"P{number}" for number in range(FEW_SITES + 1)]
    for number, site in enumerate(sites):
        await call(storage, contact(), camera=f"C{number}", site=site)
    goes_on = Event()

    def wait(_offset: int) -> Parts:
        goes_on.wait()
        return Parts((None, None))

    measures = [asyncio.create_task(storage.measure(["P0"], split=wait)) for _ in range(LONG_AT_ONCE)]
    of_many = [asyncio.create_task(storage.cameras(each)) for each in (None, sites)]
    of_few = [await storage.cameras(sites[:FEW_SITES]) for _ in range(2)]
    waits = [not each.done() for each in (*measures, *of_many)]
    goes_on.set()
    found = await asyncio.gather(*of_many)
    await asyncio.gather(*measures)

    assert [True] * len(waits) == waits
    assert [FEW_SITES] * 2 == [len(each) for each in of_few]
    assert [FEW_SITES + 1] * 2 == [len(each) for each in found]
