"""A start never fails because of the buffer: what lies there is salvaged, set aside or left alone, and the agent runs."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.reader import LogReader
from edge_agent.buffer.salvage import SALVAGED, salvage
from edge_agent.buffer.schema import SCHEMA_VERSION
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import NotFound
from shared.events import canonical_json
from tests.damage.files import (
    FRAME,
    LOG_HEADER,
    PAGE,
    check,
    cut_to,
    flip_bit,
    killed_queue,
    make_dangling_link,
    make_directory,
    make_empty,
    make_foreign,
    make_link_to_itself,
    make_newer,
    make_pipe,
    make_socket,
    make_text,
    noise_at,
    opened,
    readable,
    remove,
    set_version,
    stopped_queue,
)
from tests.support.events import events


@pytest.mark.parametrize(
    ("damage", "may_lose", "says"),
    [
        (noise_at(0), 0, "file is not a database|it is no SQLite database"),
        (noise_at(100, size=PAGE - 100), 0, ""),  # the log has a newer image of this page
        (noise_at(8 * PAGE), 60, "queue.db was damaged"),
        (noise_at(20 * PAGE, size=2 * PAGE), 90, "queue.db was damaged"),
        (cut_to(0), 300, "it is empty"),
        (cut_to(16 * PAGE), 300, "queue.db was damaged"),
        (cut_to(16 * PAGE + 1_000), 300, "queue.db was damaged"),
        (noise_at(LOG_HEADER + 10 * FRAME + 24, size=PAGE, ending="-wal"), 30, "the log of queue.db was damaged"),
        (noise_at(0, size=LOG_HEADER, ending="-wal"), 0, "the log of queue.db was damaged"),
        (remove(""), 300, "it is missing but its log is there"),
    ],
    ids=[
        "header",
        "first page",
        "middle",
        "two pages",
        "empty",
        "cut",
        "cut in a page",
        "log",
        "log's header",
        "missing",
    ],
)
def test_a_damaged_queue_is_salvaged_and_set_aside(
    tmp_path: Path, damage: Callable[[Path], None], may_lose: int, says: str
) -> None:
    """Noise, cuts and missing files: what verifies is there again, what is not has a number and a reason."""
    folder, told = killed_queue(tmp_path, last=600, folded=300)
    damage(folder)

    said = check(folder, told, may_lose=may_lose)

    assert any(one in said for one in says.split("|"))


def test_a_flipped_bit_in_the_log_loses_no_event_behind_it(tmp_path: Path) -> None:
    """SQLite drops every frame behind it and calls the file whole; we read on."""
    folder, told = killed_queue(tmp_path, last=300)
    size = (folder / f"{QUEUE_FILE}-wal").stat().st_size
    flip_bit(size // 2, bit=3, ending="-wal")(folder)

    said = check(folder, told, may_lose=3)

    assert "the log of queue.db was damaged" in said


def test_a_log_that_is_gone_does_not_bring_its_numbers_back(tmp_path: Path) -> None:
    """After a clean stop and another run: that it ran is known from the file, so the numbers go on under a new token."""
    folder, told = killed_queue(tmp_path, last=60, folded=30)
    remove("-wal")(folder)
    with closing(opened(folder)) as log:
        facts = log.facts()
        log.append(events(31, 31))

    assert ((1, 30),) == facts.pending
    assert facts.epochs[-1].token not in told.tokens


def test_what_was_settled_and_buried_stays_so(tmp_path: Path) -> None:
    """As long as SQLite can read what became of the events, they are not sent again; the epoch keeps its token."""
    folder = tmp_path / "queue"
    with closing(opened(folder)) as log:
        log.append(events(1, 400))
        log.settle(settled=((1, 100), (201, 250)), dead=[DeadLetter(150, "bad_id", "no")])
        token = log.facts().epochs[0].token
    noise_at((folder / QUEUE_FILE).stat().st_size - 3 * PAGE)(folder)

    with closing(opened(folder)) as log:
        counts, facts = log.counts(), log.facts()

    assert (400, 150, 1) == (counts.last_seq, counts.settled, counts.dead)
    assert (0, token) == (counts.unaccounted, facts.epochs[0].token)
    assert counts.dropped == 400 - 150 - 1 - counts.pending


def test_damage_that_shows_while_running_is_salvaged_too(tmp_path: Path) -> None:
    """The request that meets it is refused; the next one finds the log mended."""
    folder, told = stopped_queue(tmp_path, last=2_000)
    with closing(opened(folder)) as log:
        log.salvage("a test says so")

        assert told.payloads == readable(log)
        assert "a test says so" in (log.counts().recovery or "")
        log.append(events(1, 1))


@pytest.mark.parametrize("make", [make_foreign, make_newer], ids=["foreign", "newer"])
def test_a_file_that_is_not_ours_is_left_untouched(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """The queue goes on beside it, there again after the next start, and says so; commands that read find it too."""
    path = tmp_path / QUEUE_FILE
    make(path)
    before = path.read_bytes()
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 3))
        said = log.counts().recovery or ""
    with closing(opened(tmp_path)) as log:
        again = log.facts().pending
    with LogReader(tmp_path) as reader:
        read = reader.counts().pending

    assert (before, ((1, 3),), 3) == (path.read_bytes(), again, read)
    assert "queue.db was left untouched" in said
    assert not path.with_name(f"{QUEUE_FILE}-wal").exists()


def unread(path: Path) -> tuple[int, ...]:
    """What is known of a thing without looking into it, but for when it was last looked at."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (make_pipe, "a named pipe"),
        (make_socket, "a socket"),
        (make_directory, "a directory"),
        (make_dangling_link, "a link that leads nowhere"),
        (make_link_to_itself, "a link that leads nowhere"),
    ],
    ids=["pipe", "socket", "directory", "dangling link", "link to itself"],
)
def test_what_is_no_file_is_left_alone_and_nobody_waits_for_it(
    tmp_path: Path, make: Callable[[Path], None], what: str
) -> None:
    """The queue goes on beside it, for commands too; before there is one, they say what they found instead."""
    path = tmp_path / QUEUE_FILE
    make(path)
    before = unread(path)
    with pytest.raises(NotFound, match=f"queue.db was left untouched: it is {what}"):
        LogReader(tmp_path)
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 3))
        said = log.counts().recovery or ""
    with LogReader(tmp_path) as reader:
        read = reader.counts().pending

    assert (before, 3) == (unread(path), read)
    assert f"queue.db was left untouched: it is {what}" in said


def test_a_queue_behind_a_link_is_the_queue(tmp_path: Path) -> None:
    """Once its disk is mounted, what was kept beside it is taken in."""
    make_dangling_link(tmp_path / QUEUE_FILE)
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 3))
    with closing(opened(tmp_path / "not-mounted")) as log:
        log.append(events(4, 5))
    with closing(opened(tmp_path)) as log:
        read = list(readable(log).values())

    assert [canonical_json(one).encode() for one in (*events(4, 5), *events(1, 3))] == read


def test_what_waits_beside_the_queue_is_taken_in_once_the_queue_is_ours_again(tmp_path: Path) -> None:
    """An older program ran for a while, and now the newer one is back: what was accepted meanwhile is delivered too."""
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 5))
    set_version(tmp_path / QUEUE_FILE, SCHEMA_VERSION + 1)
    with closing(opened(tmp_path)) as log:
        log.append(events(6, 1_300))
        log.settle(settled=((1, 200),), dead=())
    set_version(tmp_path / QUEUE_FILE, SCHEMA_VERSION)
    with closing(opened(tmp_path)) as log:
        read = list(readable(log).values())

    assert [canonical_json(one).encode() for one in [*events(1, 5), *events(206, 1_300)]] == read
    assert ["queue.db"] == [file.name for file in tmp_path.glob("queue*")]
    assert 1 == len(quarantine.sets(tmp_path, why="adopted"))


@pytest.mark.parametrize("make", [make_text, make_empty], ids=["text", "empty"])
def test_what_is_no_database_is_set_aside(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Whatever it was, not a byte of it changes."""
    path = tmp_path / QUEUE_FILE
    make(path)
    before = path.read_bytes()
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 1))

    (folder,) = quarantine.sets(tmp_path)
    assert before == (folder / QUEUE_FILE).read_bytes()


@pytest.mark.parametrize("moved", ["nothing", "the log", "everything"])
def test_a_salvage_that_was_cut_short_is_finished(tmp_path: Path, moved: str) -> None:
    """Once the new file is complete, the next start only has to put it in its place."""
    folder, told = killed_queue(tmp_path, last=60)
    noise_at(0)(folder)
    salvage(folder / QUEUE_FILE)
    for ending in {"nothing": (), "the log": ("-wal",), "everything": ("-wal", "")}[moved]:
        (folder / (QUEUE_FILE + ending)).unlink()

    check(folder, told)

    assert not (folder / (QUEUE_FILE + SALVAGED)).exists()


def test_a_salvage_leaves_no_half_file(tmp_path: Path) -> None:
    """Killed in the midst of it, the next start begins anew from the damaged files."""
    folder, told = killed_queue(tmp_path, last=60)
    noise_at(0)(folder)
    (folder / f"{QUEUE_FILE}.new").write_bytes(b"half")

    check(folder, told)
