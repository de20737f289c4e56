"""Whether a file that SQLite calls whole is still the queue that was written: its schema, its numbers, its epochs.

SQLite has no checksums. A bit that turns in the text of the schema, in the greatest number given out or in a range leaves
a file in which `integrity_check` finds nothing, and a queue that cannot be opened, refuses every event, or takes what
waits for sent. What has to agree with each other is looked at here:

    sqlite_sequence     the greatest number given out: of the last row, or of one that was removed
    settled, dropped    within what was given out, each number in one place
    removed             never a number that waits
    epoch               the first and the last row of each bear its number; the token has the form of one

Takes a few look-ups whatever the queue holds, so that it is done before every start. Events have checksums of their own.
"""

from contextlib import closing

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from edge_agent.buffer import rows, schema
from edge_agent.buffer.audit import Books
from edge_agent.buffer.epochs import is_token
from edge_agent.buffer.removal import ranges_of
from shared.receipts import count, intersect, normalise, subtract

# As bytes: what is damaged need not be text.
_OBJECTS = """
select cast(name as blob), cast(sql as blob)
from sqlite_schema
where sql is not null
and name not like '%sqlite_migrations%'
"""

# What is read of them must be text.
_TEXTS = """
select key, value
from meta
union all
select code, error
from dead_letter
"""

_GREATEST_ROW = """
select max(seq)
from event_log
"""

_FIRST_OF_EPOCH = """
select epoch
from event_log
where seq between ? and ?
order by seq
limit 1
"""

_LAST_OF_EPOCH = """
select epoch
from event_log
where seq between ? and ?
order by seq desc
limit 1
"""


def problem(connection: rows.Connection) -> str | None:
    """Return what is not as this program has written it, in words; None if nothing is found.

    Raises:
        sqlite3.Error: it cannot even be looked at.
    """
    try:
        return _problem_of_schema(connection) or _problem_of_books(connection)
    except (TypeError, ValueError, OverflowError) as error:
        return f"it holds values that nobody wrote: {error}"


def _problem_of_schema(connection: rows.Connection) -> str | None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        schema.migrations.apply(Database(fresh, execute_plugins=False))
        meant = set(fresh.execute(_OBJECTS).fetchall())
    return None if meant == set(connection.execute(_OBJECTS).fetchall()) else "its schema is not what was written"


def _problem_of_books(connection: rows.Connection) -> str | None:
    connection.execute(_TEXTS).fetchall()
    last, removed = rows.last_seq(connection), normalise(rows.removed(connection))
    greatest = max(connection.execute(_GREATEST_ROW).fetchone()[0] or 0, removed[-1][1] if removed else 0)
    if greatest != last:
        return f"the greatest number given out is {greatest:,}, and noted is {last:,}"
    numbers = ((1, last),) if last else ()
    books = Books(
        last_seq=last,
        settled=rows.settled(connection),
        dead=rows.dead(connection),
        dropped=ranges_of(rows.dropped(connection)),
        removed=removed,
        rows=subtract(numbers, removed),
    )
    if not 0 <= rows.folded(connection) <= count(books.settled):
        return "more numbers are called given up than were dealt with"
    return next(iter(books.differences()), None) or _problem_of_epochs(connection, books)


def _problem_of_epochs(connection: rows.Connection, books: Books) -> str | None:
    epochs = rows.epochs(connection)
    begin = min((epoch.first for epoch in epochs.values()), default=1)
    if any(epoch.first > epoch.last + 1 for epoch in epochs.values()) or intersect(books.pending, ((1, begin - 1),)):
        return "epochs begin where none has begun"
    for number, epoch in epochs.items():
        if not is_token(epoch.token):
            return f"the token of epoch {number} is none"
        for query in (_FIRST_OF_EPOCH, _LAST_OF_EPOCH):
            row = connection.execute(query, (epoch.first, epoch.last)).fetchone()
            if row is not None and row[0] != number:
                return f"numbers of epoch {row[0]} stand in epoch {number}"
    return None
