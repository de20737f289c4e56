"""Ranges of numbers that do not touch: what is lacking stays exact, what a call costs is its own, and a camera has only so many."""

from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.records import Delivery
from collector.storage.base import Storage
from collector.storage.migrating import migrate
from collector.storage.opening import open_writer, transaction
from collector.storage.ranges_kept import ALWAYS_OF_AN_EPOCH, MOST_OF_A_CAMERA
from collector.storage.registry import Registry
from collector.storage.sqlite_write import store
from shared.receipts import Range, Ranges, normalise, subtract, union
from shared.wire import MAX_LACKING_RANGES
from tests.collector.contract.test_cameras import call, camera_of
from tests.collector.contract.test_sqlite_costs import steps_of
from tests.support.collector import NOON_AFTER, RULES, contact, decide, delivery

MOST_STEPS = 100
"""Two look-ups and a row; the first calls add up what is there."""
LAST = 700
EVERY_OTHER = tuple((number, number) for number in range(2, LAST, 2))
cameras = count()
ranges = st.lists(st.tuples(st.integers(0, LAST), st.integers(0, LAST)), max_size=4).map(normalise)


def every_other(how_many: int, *, first: int = 2) -> Ranges:
    """Return so many numbers with a gap before each."""
    return tuple((number, number) for number in range(first, first + 2 * how_many, 2))


def lacking_of(came: Ranges, last: int) -> list[Range]:
    """Return what a receipt has to name."""
    return list(subtract(((1, last),), came)[:MAX_LACKING_RANGES])


@given(calls=st.lists(ranges, min_size=1, max_size=4), together=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
async def test_among_many_ranges_what_is_lacking_is_exact(
    storage: Storage, calls: list[Ranges], together: bool
) -> None:
    """Whatever closes gaps among hundreds, call by call or in one transaction: the last receipt names the first hundred."""
    camera = f"C{next(cameras)}"
    said = [contact(seqs, last_seq=LAST) for seqs in (EVERY_OTHER, *calls)]
    deliveries = [delivery(camera=camera, contact=each) for each in said]
    first, last = ([], deliveries) if together else (deliveries[:-1], deliveries[-1:])
    for each in first:
        await storage.store([each], decide=decide)
    stored = await storage.store(last, decide=decide)

    assert lacking_of(normalise(each for seqs in (EVERY_OTHER, *calls) for each in seqs), LAST) == [*stored[-1].lacking]


async def test_what_a_camera_has_beyond_the_bound_is_lacking_until_it_is_told_again(storage: Storage) -> None:
    """What closes a gap is noted always and makes room; nothing is said to have come that did not."""
    told = every_other(MOST_OF_A_CAMERA + 5)
    last = told[-1][1]
    await call(storage, contact(told))
    full = (await camera_of(storage)).missing
    await call(storage, contact(((last + 2, last + 2),)))
    beyond = (await camera_of(storage)).missing
    lacking = await call(storage, contact(((1, 19),)))
    closed = (await camera_of(storage)).missing
    await call(storage, contact(told[-5:], last_seq=last + 2))
    again = (await camera_of(storage)).missing

    assert MOST_OF_A_CAMERA + 5 + 5 == full
    assert full + 2 == beyond
    assert lacking_of(union(told[:MOST_OF_A_CAMERA], ((1, 19),)), last + 2) == lacking
    assert beyond - 10 == closed
    assert closed - 5 == again


async def test_an_epoch_has_its_first_ranges_whatever_there_is_of_others(storage: Storage) -> None:
    """A camera whose token was stolen has its numbering again: as many gaps as a receipt names."""
    await call(storage, contact(every_other(MOST_OF_A_CAMERA)))
    before = (await camera_of(storage)).missing
    told = every_other(ALWAYS_OF_AN_EPOCH + 50, first=1)
    lacking = await call(storage, contact(told, epoch="e2"))

    assert before + told[-1][1] - ALWAYS_OF_AN_EPOCH == (await camera_of(storage)).missing
    assert lacking_of(told[:ALWAYS_OF_AN_EPOCH], told[-1][1]) == lacking


def test_ranges_cost_no_more_than_they_are(tmp_path: Path) -> None:
    """Ten thousand in one envelope are as many look-ups, and not each one a search among all."""
    connection = open_writer(tmp_path / "collector.db")
    migrate(connection, rules=RULES)
    registry = Registry(connection, hour_offset_of=lambda _: 0)

    def steps(told: Ranges) -> int:
        def write() -> None:
            with transaction(connection, "immediate"):
                deliveries = [Delivery("default", "C1", NOON_AFTER, [], contact=contact(told))]
                store(connection, registry, deliveries=deliveries, decide=decide)

        return steps_of(connection, write)

    most = 10_000
    cost = {"alone": steps(every_other(most)), "between": steps(every_other(most, first=1)), "one": steps(((1, 1),))}
    connection.close()

    assert (cost["alone"] <= MOST_STEPS * most, cost["between"] <= MOST_STEPS * most) == (True, True), cost
    assert cost["one"] <= 10 * MOST_STEPS
