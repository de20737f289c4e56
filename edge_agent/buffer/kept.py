"""Which settled numbers still have their event on disk: what can be sent again if the collector lost it.

Reads on a connection that the caller holds, by primary key; nothing is decoded.
"""

from edge_agent.buffer.rows import Connection
from shared.receipts import Ranges, intersect, of_numbers

# Sent events go first when room is short, so what is below this is gone.
_FIRST = """
select min(seq)
from event_log
"""

# By primary key: as many rows are touched as the range has numbers.
_NUMBERS = """
select seq
from event_log
where seq between ? and ?
"""


def first_kept(connection: Connection) -> int | None:
    """Return the least number that has a row, None without any."""
    row = connection.execute(_FIRST).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def kept(connection: Connection, ranges: Ranges) -> Ranges:
    """Return the numbers of these ranges that have a row; takes as long as the ranges are."""
    found = (number for ends in ranges for (number,) in connection.execute(_NUMBERS, ends).fetchall())
    return intersect(ranges, of_numbers(found))
