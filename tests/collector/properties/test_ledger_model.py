"""A store's life: deliveries, restarts, kills, renames, other settings, rebuilds cut off and taken up; the numbers stay right.

A kill is a copy of the file and its log as they lie on the disk at that moment; life goes on with the copy.
"""

import asyncio
import shutil
from contextlib import ExitStack
from functools import partial
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from collector.metrics.ledger import splice
from collector.metrics.windows import Window
from collector.records import Delivery, LedgerRules, NewName
from collector.storage import rebuilding
from collector.storage.rebuilding import Rebuilding
from collector.storage.sqlite import SqliteStorage
from shared.errors import BadRequest, NotFound, StorageUnusable
from tests.collector.properties.histories import HOUR, SITES, batches, offsets, rules, windows
from tests.collector.properties.routes import by_ledger, by_reference
from tests.support.stores import audited, folder, hours_of, new_store

settings_drawn = st.tuples(rules, offsets)
sites = st.sampled_from(SITES)


class StoreLife(RuleBasedStateMachine):
    """One store, opened again and again."""

    def __init__(self) -> None:
        super().__init__()
        self._undo = ExitStack()
        self._undo.enter_context(hours_of(HOUR))
        patch = self._undo.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(rebuilding, "EVENTS_TOGETHER", 3)
        self._folder = self._undo.enter_context(folder())
        self._runner = self._undo.enter_context(asyncio.Runner())
        self._names = count()
        self._storage: SqliteStorage | None = None

    @initialize(wanted=settings_drawn)
    def is_made(self, wanted: tuple[LedgerRules, dict[str, int]]) -> None:
        """Begin with an empty store."""
        self._rules, self._offsets = wanted
        self._file = self._new_file()
        self._storage = new_store(self._file, rules=self._rules, hour_offset_of=self._offset_of)

    @rule(batch=batches)
    def takes_in(self, batch: list[Delivery]) -> None:
        """Store a transaction as the service does: by the rules that the amounts were made with."""
        storage = self._open()
        self._runner.run(storage.store(batch, decide=partial(splice, rules=storage.rules)))

    @rule(wanted=st.none() | settings_drawn)
    def is_restarted(self, wanted: tuple[LedgerRules, dict[str, int]] | None) -> None:
        """Close and open it, perhaps with other settings: they wait for a rebuild."""
        stored = self._open().rules
        self._close()
        self._rules, self._offsets = wanted or (self._rules, self._offsets)

        assert stored == self._open().rules

    @rule()
    def is_killed(self) -> None:
        """Go on with what is on the disk."""
        self._open()
        self._leave()

    @rule(old=sites, new=st.sampled_from([*SITES, "west"]))
    def has_a_site_renamed(self, old: str, new: str) -> None:
        """To a new name, to a taken one, or one that is not there."""
        try:
            self._runner.run(self._open().rename_site(old, new))
        except (BadRequest, NotFound):
            return
        self._offsets = {**self._offsets, new: self._offsets.get(new, 0)}

    @rule(kind=st.sampled_from(["worker", "workstation"]), site=sites, number=st.integers(1, 3))
    def gets_a_name(self, kind: str, site: str, number: int) -> None:
        """Also somebody who has no event yet."""
        self._runner.run(self._open().name([NewName(kind, site, f"{kind[0].upper()}{number}", "Ann")]))

    @rule(wanted=st.none() | settings_drawn, cuts=st.lists(st.integers(0, 4), max_size=2))
    def is_rebuilt(self, wanted: tuple[LedgerRules, dict[str, int]] | None, cuts: list[int]) -> None:
        """With the same settings or others, cut off now and then after some transactions."""
        self._close()
        for transactions in cuts:
            self._rebuild(transactions)
        self._rules, self._offsets = wanted or (self._rules, self._offsets)
        self._rebuild(None)

        assert self._rules == self._open().rules

    @precondition(lambda self: self._storage is not None)
    @rule(window=windows)
    def is_asked(self, window: Window) -> None:
        """The two routes to the numbers agree."""
        storage = self._open()
        reference = self._runner.run(by_reference(storage, window, sites=None))

        assert reference == self._runner.run(by_ledger(storage, window, sites=None))

    @invariant()
    def is_right(self) -> None:
        """What is stored is what the events say."""
        if self._storage is not None:
            assert [] == audited(self._file).differences

    def teardown(self) -> None:
        """Leave nothing behind."""
        self._close()
        self._undo.close()

    def _rebuild(self, transactions: int | None) -> None:
        """Rebuild, to the end or up to a kill after some transactions."""
        wanted = self._rules
        with Rebuilding(self._file, rules=wanted, hour_offset_of=self._offset_of) as under_way:
            under_way.begin()
            steps = under_way.run(partial(splice, rules=wanted))
            done = list(islice(steps, transactions))
            is_done = transactions is None or len(done) < transactions
            if not is_done:
                self._copy()
        if not is_done:
            with pytest.raises(StorageUnusable, match="half made anew"):
                self._open()
            with pytest.raises(StorageUnusable, match="half made anew"):
                SqliteStorage.open_read_only(self._file)

    def _open(self) -> SqliteStorage:
        if self._storage is None:
            self._storage = SqliteStorage.open(self._file, rules=self._rules, hour_offset_of=self._offset_of)
        return self._storage

    def _offset_of(self, site: str) -> int:
        return self._offsets.get(site, 0)

    def _close(self) -> None:
        if self._storage is not None:
            self._runner.run(self._storage.close())
            self._storage = None

    def _leave(self) -> None:
        left, storage = self._file, self._storage
        self._copy()
        assert left != self._file
        self._storage = storage
        self._close()

    def _copy(self) -> None:
        """Take the file and its log as they are now; locks stay behind, as they do with a process."""
        left, self._file = self._file, self._new_file()
        for ending in ("", "-wal"):
            source = left.with_name(left.name + ending)
            if source.exists():
                shutil.copyfile(source, self._file.with_name(self._file.name + ending))

    def _new_file(self) -> Path:
        return self._folder / f"{next(self._names)}.db"


TestStoreLife = StoreLife.TestCase
TestStoreLife.settings = settings(max_examples=16, stateful_step_count=30)
