"""What a look at a database on a server shows, whichever driver looked: plain values for those who judge and print them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from collector.records import LedgerRules


class TableSize(NamedTuple):
    """A table with its indexes; rows as the server last counted them."""

    name: str
    rows: int
    dead_rows: int
    size_bytes: int


class Held(NamedTuple):
    """A lock of ours that somebody holds alone, or waits for."""

    what: str
    pid: int
    who: str
    """The program and where it runs."""
    is_waiting: bool
    seconds: float


class Standbys(NamedTuple):
    """The synchronous standbys of a server."""

    names: str
    """The setting that says who may be one."""
    wanted: int
    """How many of them a commit waits for."""
    there: int | None
    """How many it would hear from; None if this user is not told."""


@dataclass(frozen=True, slots=True)
class ServerCondition:
    """What a look shows."""

    place: str
    """The address, without a password."""
    version: str
    size_bytes: int
    unsafe: Sequence[str]
    """Settings of the server with which a commit may be lost."""
    tables: Sequence[TableSize]
    """The largest first."""
    steps: int
    """Of the schema, that it has."""
    steps_missing: Sequence[str]
    rules: LedgerRules | None
    """What its sums were made with; None if they are not complete."""
    unfinished: str | None
    """Why its sums are not complete; None if they are."""
    ours: Sequence[str]
    """Where the sessions of collectors and commands are from, one each."""
    sessions: int
    """Of all programs and databases, as far as this user is told."""
    most_sessions: int
    held: Sequence[Held]
    standbys: Standbys | None
    """None if commits wait for no standby."""
    is_spread: bool
    """Over the machines of a Citus cluster."""
    silent: Sequence[str]
    """Those machines of it that did not answer."""
