"""Who looked at whose data, as each store keeps it: the same within an hour once, for a year."""

import pytest

from collector.measures import Look
from collector.storage import looks
from collector.storage.base import Storage
from collector.storage.postgres import looks as postgres_looks
from shared.instants import HOUR
from tests.support.collector import NOON_AFTER, decide, delivery, event

ONE = Look(NOON_AFTER, "ann", "supervisor", "timeline", "default", "W1")
AT_ALL = Look(NOON_AFTER + 1, "bob", "supervisor", "metrics/workers", None, None)
AT_A_SITE = Look(NOON_AFTER + 2, "bob", "supervisor", "metrics/workers", "east", None)


async def seen(storage: Storage, *looks: Look) -> None:
    """Note looks, at two sites where there is somebody."""
    await storage.store(
        [delivery(event("10:00", "W1", "idle")), delivery(event("10:00", "W2", "idle"), site="east")], decide=decide
    )
    for look in looks:
        await storage.note_look(look)


async def test_who_looked_is_told_the_newest_first(storage: Storage) -> None:
    """All of it, at a worker, and at a site; a look at everybody is one at each."""
    await seen(storage, ONE, AT_ALL, AT_A_SITE)

    assert [AT_A_SITE, AT_ALL, ONE] == await storage.looks(worker_id=None, site=None)
    assert [AT_A_SITE, AT_ALL, ONE] == await storage.looks(worker_id="W1", site=None)
    assert [AT_ALL, ONE] == await storage.looks(worker_id="W1", site="default")
    assert [AT_A_SITE, AT_ALL] == await storage.looks(worker_id=None, site="east")


async def test_the_same_within_an_hour_is_written_once(storage: Storage) -> None:
    """With its first instant; nobody is there for a worker or a site that nobody knows."""
    of_nobody = [ONE._replace(worker_id="W9"), AT_A_SITE._replace(site="west"), ONE._replace(site="east")]
    later = ONE._replace(at=NOON_AFTER + HOUR)
    await seen(storage, ONE, ONE._replace(at=NOON_AFTER + 5), later, *of_nobody)

    assert [later, ONE] == await storage.looks(worker_id=None, site=None)


async def test_a_look_at_nobody_is_told_apart(storage: Storage) -> None:
    """It may be somebody a moment later; what stands there already is noted as well as what is new."""
    nobody = ONE._replace(worker_id="W9"), AT_A_SITE._replace(site="west")
    await seen(storage)

    assert [True, True, True, False, False] == [
        await storage.note_look(look) for look in (ONE, ONE, AT_A_SITE, *nobody)
    ]


async def test_a_look_is_forgotten_after_a_year(storage: Storage) -> None:
    """With the next one at the same."""
    later = ONE._replace(at=NOON_AFTER + 366 * 24 * HOUR)
    await seen(storage, ONE, later)

    assert [later] == await storage.looks(worker_id=None, site=None)


async def test_whoever_asks_who_saw_a_worker_is_told_of_everybody(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all looks only the newest are told, of those at one worker all: the worker has a right to them."""
    for module in (looks, postgres_looks):
        monkeypatch.setattr(module, "MOST", 1)
    await seen(storage, ONE, AT_ALL)

    assert (1, 2) == (
        len(await storage.looks(worker_id=None, site=None)),
        len(await storage.looks(worker_id="W1", site=None)),
    )
