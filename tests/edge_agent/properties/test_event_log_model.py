"""The durable log against a dict: whatever is appended, settled, buried, dropped, expired, stopped or killed, in any order.

A kill is a copy of the files as they are, opened anew: what the model was told `append` had taken must be in it.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.reader import LogReader
from edge_agent.buffer.removal import OVERFLOW
from edge_agent.buffer.space import Limits
from edge_agent.delivery.settlement import DeadLetter
from shared.events import Event, canonical_json
from shared.receipts import first_numbers, numbers, of_numbers
from tests.support.events import event
from tests.support.fake_clock import START, FakeClock

_INSTANTS = st.integers(START - 50, START + 50)


LIMITS = Limits(retain_sent_seconds=60)


class SqueezedLog(EventLog):
    """A log that drops when it is told to, and not when it is full."""

    def drop_oldest(self, most: int) -> None:
        """Give up the oldest events that wait."""
        self._drop(first_numbers(self._facts.pending, most), because=OVERFLOW)


class LogAgainstModel(RuleBasedStateMachine):
    """Every number is pending, settled or dead, and the file agrees with memory."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="log-"))
        self.folders = 0
        self.events: dict[int, Event] = {}
        self.tokens: dict[int, str] = {}
        self.settled: set[int] = set()
        self.dead: set[int] = set()
        self.dropped: set[int] = set()
        self.removed: set[int] = set()
        self.clock = FakeClock()
        self.all_tokens: list[str] = []

    @initialize()
    def start(self) -> None:
        """Begin with an empty folder."""
        self.folder = self.root / "0"
        self.log = SqueezedLog.open(self.folder, clock=self.clock, limits=LIMITS)
        self.all_tokens.append(self.token)

    @property
    def token(self) -> str:
        """The epoch that is being written."""
        return self.log.facts().epochs[-1].token

    @property
    def pending(self) -> set[int]:
        """What the model takes for pending."""
        return set(self.events) - self.settled - self.dead - self.dropped

    @rule(instants=st.lists(_INSTANTS, max_size=12))
    def append(self, instants: list[int]) -> None:
        """Keep some events."""
        first = len(self.events) + 1
        new = {number: event(number, at=at) for number, at in enumerate(instants, first)}
        self.log.append(list(new.values()))
        self.events.update(new)
        self.tokens.update(dict.fromkeys(new, self.token))

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """Settle and bury numbers, some of which may not be pending any more."""
        known = st.sampled_from(sorted(self.events) or [1])
        settled = data.draw(st.sets(known, max_size=12)) if self.events else set()
        dead = data.draw(st.sets(known, max_size=3)) if self.events else set()
        pending = self.pending
        self.log.settle(settled=of_numbers(settled), dead=[DeadLetter(seq, "bad_id", "no") for seq in sorted(dead)])
        self.dead |= dead & pending
        self.settled |= (settled & pending) - dead

    @rule(most=st.integers(1, 6))
    def drop_oldest(self, most: int) -> None:
        """Give up the oldest of what waits."""
        oldest = set(sorted(self.pending)[:most])
        self.log.drop_oldest(most)
        self.dropped |= oldest
        self.removed |= oldest

    @rule(jump=st.sampled_from([0, 10**15, -(10**15)]))
    def grow_old(self, jump: int) -> None:
        """Let the agent run for longer than sent events are kept, whatever the wall clock does."""
        up_to = min(self.pending, default=len(self.events) + 1)
        for seconds in (10, 61):
            self.clock.advance(seconds)
            self.clock.set(self.clock.now() + jump)
            while self.log.tidy():
                pass
        self.removed |= {number for number in self.settled if number < up_to}

    @rule()
    def stop_and_start(self) -> None:
        """End cleanly: the epoch goes on."""
        before = self.token
        self.log.close()
        self.log = SqueezedLog.open(self.folder, clock=self.clock, limits=LIMITS)

        assert (before, None) == (self.token, self.log.counts().recovery)

    @precondition(lambda self: self.folders < 8)
    @rule()
    def kill_and_start(self) -> None:
        """Go on with the files as a kill leaves them: under a token never seen before."""
        self.folders += 1
        target = self.root / str(self.folders)
        shutil.copytree(self.folder, target, ignore=shutil.ignore_patterns("agent.lock"))
        self.log.close()
        self.folder = target
        self.log = SqueezedLog.open(target, clock=self.clock, limits=LIMITS)

        assert self.token not in self.all_tokens
        assert None is self.log.counts().recovery
        self.all_tokens.append(self.token)

    @invariant()
    def memory_agrees(self) -> None:
        """The three places hold what the model holds."""
        facts, counts = self.log.facts(), self.log.counts()

        assert of_numbers(self.pending) == facts.pending
        assert (len(self.events), len(self.settled), len(self.pending), len(self.dead), len(self.dropped)) == (
            *(counts.last_seq, counts.settled),
            *(counts.pending, counts.dead, counts.dropped),
        )
        assert (len(self.settled - self.removed), 0) == (counts.retained, counts.unaccounted)
        assert self.tokens == {
            number: epoch.token for epoch in facts.epochs for number in numbers(((epoch.first, epoch.last),))
        }

    @invariant()
    def rows_agree(self) -> None:
        """Each event that was not dropped or kept long enough is read as it was appended."""
        read = self.log.read(((1, len(self.events)),)) if self.events else []

        assert [
            (number, self.tokens[number], one.at, canonical_json(one).encode())
            for number, one in self.events.items()
            if number not in self.removed
        ] == [(entry.seq, entry.epoch, entry.at, entry.payload) for entry in read]

    @invariant()
    def oldest_agrees(self) -> None:
        """So few events are looked at one by one: the oldest is exact."""
        oldest = min((self.events[number].at for number in self.pending), default=None)

        assert oldest == self.log.oldest_pending_at(without=())

    @invariant()
    def a_reader_agrees(self) -> None:
        """Another connection sees the same."""
        with LogReader(self.folder) as reader:
            assert self.log.facts() == reader.facts()
            assert replace(self.log.counts(), free_disk_bytes=0) == replace(reader.counts(), free_disk_bytes=0)

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.log.close()
        shutil.rmtree(self.root)


LogAgainstModel.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestLogAgainstModel = LogAgainstModel.TestCase
