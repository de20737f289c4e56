"""A store that is purged beside one that keeps everything: what is still answered is the same, to the microsecond.

Both take the same events; those that the purged one refuses as too old, the other never gets. Hours last ten microseconds.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.accounts import Difference
from collector.hours import hour_from, hour_of
from collector.measures import Kept
from collector.metrics.ledger import splice
from collector.metrics.retention import is_due, settle
from collector.metrics.windows import Window
from collector.records import Delivery, Outcome
from collector.storage import rebuilding
from collector.storage.base import Storage
from collector.storage.postgres import rebuilding as of_postgres
from collector.storage.postgres.rebuilding import PostgresRebuilding
from collector.storage.postgres.store import PostgresStorage
from collector.storage.rebuilding import Rebuilding
from collector.storage.sqlite import SqliteStorage
from shared.errors import BeforeHorizon
from tests.collector.properties.histories import HOUR, LAST, History, batches, crowds, histories
from tests.collector.properties.routes import by_ledger
from tests.support.postgres import Server
from tests.support.postgres import audited as audited_on_server
from tests.support.stores import audited, folder, hours_of, new_store


class Twins:
    """The two stores; the one that is purged is in a file of the folder, or in a PostgreSQL database."""

    def __init__(self, place: Path, history: History, *, purged: Storage | None = None, url: str | None = None) -> None:
        self.rules, self.offsets = history.rules, history.offsets
        self.file, self.url = place / "purged.db", url
        self.whole = self._new(place / "whole.db")
        self.purged = purged or self._new(self.file)
        self.decide = partial(splice, rules=self.rules)

    @classmethod
    async def made(cls, place: Path, history: History, *, server: Server | None = None) -> "Twins":
        """Return two stores, one of them on a server if there is one."""
        if server is None:
            return cls(place, history)
        url = await server.emptied_database()
        offsets = history.offsets
        purged = await PostgresStorage.open(url, rules=history.rules, hour_offset_of=lambda site: offsets.get(site, 0))
        return cls(place, history, purged=purged, url=url)

    def _new(self, file: Path) -> SqliteStorage:
        return new_store(file, rules=self.rules, hour_offset_of=self.offset_of)

    def offset_of(self, site: str) -> int:
        """Return where the hours of a site begin."""
        return self.offsets.get(site, 0)

    async def differences(self) -> list[Difference]:
        """Return what the audit of the purged one finds."""
        return (audited(self.file) if self.url is None else await audited_on_server(self.url)).differences

    async def take_in(self, batch: list[Delivery]) -> None:
        """Store a batch in both.

        A camera stays where its first events were, refused ones too; the other store never sees those, so here each has one site.
        """
        batch = [each if each.camera is None else replace(each, camera=f"{each.camera} {each.site}") for each in batch]
        stored = await self.purged.store(batch, decide=self.decide)
        taken = [
            Delivery(
                each.site,
                each.camera,
                each.received_at,
                [
                    event
                    for event, outcome in zip(each.events, became.outcomes, strict=True)
                    if outcome is not Outcome.too_old
                ],
                contact=each.contact,
            )
            for each, became in zip(batch, stored, strict=True)
        ]
        await self.whole.store(taken, decide=self.decide)

    async def purge(self, to: Kept) -> None:
        """Purge every site that there is, step by step."""
        for site, offset in (await self.purged.hour_offsets()).items():
            target = Kept(*(None if at is None else hour_of(at, offset=offset) for at in to))
            for _ in range(1_000):
                kept = (await self.purged.kept())[site]
                if not is_due(kept, target):
                    break
                await self.purged.purge(site, to=target, settle=partial(settle, rules=self.rules))

            assert not is_due((await self.purged.kept())[site], target)

    async def rebuild(self) -> None:
        """Make the amounts of the purged one anew."""
        await self.purged.close()
        await asyncio.to_thread(self._rebuild)
        if self.url is None:
            self.purged = SqliteStorage.open(self.file, rules=self.rules, hour_offset_of=self.offset_of)
        else:
            self.purged = await PostgresStorage.open(self.url, rules=self.rules, hour_offset_of=self.offset_of)

    def _rebuild(self) -> None:
        making = (
            Rebuilding(self.file, rules=self.rules, hour_offset_of=self.offset_of)
            if self.url is None
            else PostgresRebuilding(self.url, rules=self.rules, hour_offset_of=self.offset_of)
        )
        with making as work:
            work.begin()
            for _ in work.run(self.decide):
                pass

    async def close(self) -> None:
        """Let go of both."""
        await self.purged.close()
        await self.whole.close()


def _answerable(window: Window, *, horizon: int, offset: int) -> bool:
    ends = [at for at in (window.start, window.end) if at is not None]
    return all(at >= horizon or at == hour_from(at, offset=offset) for at in ends)


async def _compare(twins: Twins, window: Window) -> None:
    kept, offsets = await twins.purged.kept(), await twins.purged.hour_offsets()
    for site, offset in offsets.items():
        horizon = kept[site].events
        if horizon is not None and not _answerable(window, horizon=horizon, offset=offset):
            with pytest.raises(BeforeHorizon, match="no longer kept"):
                await by_ledger(twins.purged, window, sites=[site])
        else:
            found = await by_ledger(twins.purged, window, sites=[site])

            assert await by_ledger(twins.whole, window, sites=[site]) == found


ends = st.none() | st.integers(-1, (LAST + 30) // HOUR + 2).map(lambda hour: hour * HOUR) | st.integers(0, LAST + 30)
horizons = st.integers(0, LAST + 30)


@pytest.mark.timeout(300)  # a hundred lives of two stores
@given(
    history=histories | crowds(),
    steps=st.lists(horizons | batches, max_size=4),
    spans=st.lists(st.tuples(ends, ends), min_size=3, max_size=6),
    is_rebuilt=st.booleans(),
)
def test_a_purge_changes_no_number_that_is_still_answered(
    history: History,
    steps: list[int | list[Delivery]],
    spans: list[tuple[int | None, int | None]],
    *,
    is_rebuilt: bool,
) -> None:
    """Whole hours before the horizon, any window behind it; also what comes later, and after a rebuild."""
    with hours_of(HOUR):
        asyncio.run(live(history, steps, spans, is_rebuilt=is_rebuilt))


async def live(
    history: History,
    steps: Sequence[int | list[Delivery]],
    spans: Sequence[tuple[int | None, int | None]],
    *,
    is_rebuilt: bool,
    server: Server | None = None,
) -> None:
    """Let both stores live through a history and through steps, and compare them."""
    with folder() as place, pytest.MonkeyPatch.context() as patch:
        for module in (rebuilding, of_postgres):
            patch.setattr(module, "EVENTS_TOGETHER", 2)
        twins = await Twins.made(place, history, server=server)
        for batch in history.batches:
            await twins.take_in(batch)
        for step in steps:
            await (twins.purge(Kept(events=step)) if isinstance(step, int) else twins.take_in(step))

            assert [] == await twins.differences()
        if is_rebuilt:
            await twins.rebuild()

            assert [] == await twins.differences()
        for offset in {0, *history.offsets.values()}:
            for start, end in spans:
                shift = offset if history.offsets else 0
                window = Window(None if start is None else start + shift, None if end is None else end + shift)
                if window.start is None or window.end is None or window.start < window.end:
                    await _compare(twins, window)
        await twins.close()
