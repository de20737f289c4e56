"""Images of a stopped agent's disk: put back, they look like the queue that stopped, to whoever sees nothing else."""

import shutil
from contextlib import closing
from pathlib import Path

from sqlite_utils.utils import sqlite3

from edge_agent.buffer.epochs import STOP, clean_stop
from edge_agent.buffer.findings import QUEUE_FILE


def image_of(folder: Path, target: Path) -> Path:
    """Copy the queue folder of an agent that was stopped, so that the copy has stopped cleanly too, as in an image."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.lock", "*.sock", "*-shm"))
    file = target / QUEUE_FILE
    with closing(sqlite3.connect(file)) as queue, queue:
        ((note,),) = queue.execute("select value from meta where key = ?", (STOP,)).fetchall()
        before, known = note.rsplit(" ", 1)
        assert before == clean_stop(folder / QUEUE_FILE)
        queue.execute("update meta set value = ? where key = ?", (clean_stop(file, known=int(known)), STOP))
    return target
