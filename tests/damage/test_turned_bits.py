"""Bits that turn where SQLite has no eye for them: the header, the schema, the small tables of a queue that has seen something.

A stopped queue has everything in its file and no log that would cover the damage. Whatever turns, the next start has a
queue that takes events, brings every number to an end, and is found sound by the start after that.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.epochs import is_token
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.removal import OVERFLOW
from edge_agent.delivery.batching import plan
from edge_agent.delivery.settlement import DeadLetter
from shared.receipts import Ranges, numbers, subtract
from tests.damage.files import PAGE, copy_queue, fill, flip_bit, lost_numbers, readable
from tests.support.events import event
from tests.support.fake_clock import FakeClock

HEADER_BYTES = 100
LAST = 40
GONE: Ranges = ((1, 3), (9, 9))
"""Sent and expired, and given up: nobody asks for their events."""


class SqueezedLog(EventLog):
    """A log that drops and expires what it is told to."""

    def lose(self, numbers_to_go: Ranges, *, because: str | None = None) -> None:
        """Let events leave the disk."""
        self._remove(numbers_to_go, dropped_because=because)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A queue after a kill and a clean stop: two epochs, and something in each table."""
    root = tmp_path_factory.mktemp("queue")
    with closing(SqueezedLog.open(root / "first", clock=FakeClock())) as log:
        fill(log, last=20)
        log.settle(settled=((1, 8),), dead=[DeadLetter(11, "bad_id", "no"), DeadLetter(12, "bad_id", "no")])
        log.tidy()
        log.lose(((9, 9),), because=OVERFLOW)
        log.lose(((1, 3),))
        log.remember("camera", "cam-1")
        folder = copy_queue(root / "first", root / "second")
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        fill(log, last=LAST)
        log.settle(settled=((25, 28),), dead=())
    return folder


def check(folder: Path, *, place: int, bit: int, most_lost: int) -> None:
    """Turn a bit in a copy of the queue, and hold two starts to what is promised."""
    target = folder.with_name("turned")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    flip_bit(place, bit=bit)(target)
    what = f"bit {bit} of byte {place % PAGE} of page {place // PAGE}"
    with closing(EventLog.open(target, clock=FakeClock())) as log:
        lost, found = lost_numbers(log), readable(log)
        done_with = set(numbers((*log.settled(), *log.dead())))
        log.append([event(9_001)])

        assert 0 == log.counts().unaccounted, what
        assert set() == set(range(1, LAST + 1)) - found.keys() - lost - done_with - set(numbers(log.facts().pending)), (
            what
        )
        assert len(set(numbers(subtract(((1, LAST),), GONE))) - found.keys() - done_with) <= most_lost, what
        bring_to_an_end(log)
    with closing(EventLog.open(target, clock=FakeClock())) as log:
        assert None is log.counts().recovery, what


def bring_to_an_end(log: EventLog) -> None:
    """Settle all that waits, batch by batch, as a collector would."""
    for turn in range(20):
        planned = plan(log.facts(), max_events=500, turn=turn)
        if planned is None:
            break
        log.settle(settled=planned.seqs, dead=())
    assert () == log.facts().pending


def test_a_bit_of_the_header_costs_nothing(lived_in: Path) -> None:
    """Each of the first hundred bytes, with one of its bits; what says who made the file and how to read it with all."""
    chance = random.Random(1)
    telling = {18, 19, 47, 63, 71}
    for place in range(HEADER_BYTES):
        for bit in range(8) if place in telling else (chance.randrange(8),):
            check(lived_in, place=place, bit=bit, most_lost=0)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seed", "many"), [(1, 5), pytest.param(2, 400, marks=pytest.mark.gauntlet)], ids=["short", "long"]
)
def test_a_bit_of_any_page_leaves_a_queue_that_works(
    lived_in: Path, seed: int, many: int, figure: Callable[[str], None]
) -> None:
    """So many of every page: where its cells are counted, where something is written. One page of events is lost at most."""
    chance = random.Random(seed)
    places = list(written_bytes(lived_in / QUEUE_FILE, chance=chance, many=many))
    figure(f"{len(places):,} bits turned in {PAGE}-byte pages of a queue of {LAST} events, seed {seed}")
    for place in places:
        check(lived_in, place=place, bit=chance.randrange(8), most_lost=30)


def written_bytes(path: Path, *, chance: random.Random, many: int) -> Iterator[int]:
    """Yield places in the file, as many in a small table as in a large one."""
    content = path.read_bytes()
    for start in range(0, len(content), PAGE):
        page = [place for place in range(start, start + PAGE) if content[place] or place - start < 12]
        yield from chance.sample(page, min(many, len(page)))


def test_a_bit_of_a_token_makes_no_header_that_is_refused(lived_in: Path, tmp_path: Path) -> None:
    """A digit of the token is no digit any more: that epoch gets a new one, the others keep theirs, and no event is lost."""
    folder = copy_queue(lived_in, tmp_path / "queue")
    with closing(sqlite3.connect(folder / QUEUE_FILE, isolation_level=None)) as connection:
        before = dict(connection.execute("select number, token from epoch").fetchall())
        connection.execute("update epoch set token = ? where number = 1", (before[1][:7] + "\x10" + before[1][8:],))
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        recovery, found = log.counts().recovery or "", readable(log)
        tokens = [one.token for one in (*log.retired(), *log.facts().epochs)]

    assert "the token of epoch 1 is none" in recovery
    assert [] == [token for token in tokens if not is_token(token)]
    assert {token for number, token in before.items() if number > 1} <= set(tokens)
    assert set(numbers(((10, 24), (29, LAST)))) <= found.keys()


@pytest.mark.parametrize(
    "damage",
    [
        "update sqlite_sequence set seq = 8",
        "update sqlite_sequence set seq = 1099511627816",
        "update settled set last = 1032 where first = 25",
        "update removed set last = 35 where first = 9",
        "update epoch set first_seq = 85 where number = 2",
        "update epoch set number = 65 where number = 1",
        "update dead_letter set seq = 27 where seq = 11",
        "drop table mark",
        "alter table event_log rename column payload to payload_",
        "update meta set value = cast(x'63ec65616e' as text) where key = 'stop'",
    ],
)
def test_what_sqlite_calls_whole_is_held_against_itself(lived_in: Path, tmp_path: Path, damage: str) -> None:
    """Numbers, epochs and schema that do not agree: each would stop the queue, or take what waits for done."""
    folder = copy_queue(lived_in, tmp_path / "queue")
    with closing(sqlite3.connect(folder / QUEUE_FILE, isolation_level=None)) as connection:
        tokens_before = {token for (token,) in connection.execute("select token from epoch")}
        connection.execute(damage)
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        is_whole = connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        found, recovery = readable(log), log.counts().recovery or ""
        log.append([event(9_001)])
        bring_to_an_end(log)

        tokens = {one.token for one in (*log.retired(), *log.facts().epochs)}

    assert tokens_before <= tokens, "or the collector would wait for ever"
    assert (True, True) == (is_whole, "queue.db was damaged" in recovery)
    assert set(numbers(((10, 24), (29, LAST)))) <= found.keys()
