"""Writing a SQLite store anew: where it is put aside meanwhile."""

from contextlib import closing, suppress
from pathlib import Path

import pytest

from collector.storage.opening import open_writer, write_anew

SELF = Path("/proc/self/fd")


def put_aside() -> set[str]:
    """Return the folders of SQLite's temporary files that are open."""
    found = set()
    for descriptor in SELF.iterdir():
        with suppress(OSError):
            place = descriptor.readlink()
            if place.name.startswith("etilqs"):
                found.add(str(place.parent))
    return found


@pytest.mark.skipif(not SELF.is_dir(), reason="what is open is listed under /proc")
def test_nothing_is_put_aside_elsewhere(tmp_path: Path) -> None:
    """The whole copy lies in the database's folder, whatever that is called; afterwards others use what they used."""
    folder = tmp_path / "line 7's"
    folder.mkdir()
    seen: set[str] = set()
    with closing(open_writer(folder / "collector.db")) as connection:
        connection.execute("create table piece (content blob)")
        connection.executemany("insert into piece (content) values (randomblob(4000))", [()] * 1_000)
        connection.execute("pragma cache_size = 20")  # what is larger than that is put on disk
        connection.set_progress_handler(lambda: seen.update(put_aside()), 200)
        write_anew(connection)
        after = connection.execute("pragma temp_store_directory").fetchall()

    assert ({str(folder)}, []) == (seen, after)
