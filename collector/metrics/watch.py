"""How long the cameras of a site have watched, taken together: two cameras that watch for an hour have watched for two.

stretches      |==========|    |=====|
                    |==========|
until(at)      0  as long as all that lies before `at`
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate, chain

from collector.measures import Watched


class Watch:
    """Stretches of several cameras, which can be asked for any window; asking costs two look-ups for each end."""

    def __init__(self, watched: Watched) -> None:
        """Take stretches of any number of cameras."""
        self._begun = _Since(start for start, _ in chain.from_iterable(watched.values()))
        self._ended = _Since(end for _, end in chain.from_iterable(watched.values()))

    def within(self, start: int, end: int) -> int:
        """Return the microseconds that were watched in `[start, end)`.

        >>> Watch({"C1": [(0, 10), (20, 30)], "C2": [(5, 25)]}).within(8, 22)
        18
        """
        return self._until(end) - self._until(start)

    def _until(self, at: int) -> int:
        # Every stretch counts since its start, and since its end no longer.
        return self._begun.up_to(at) - self._ended.up_to(at)


class _Since:
    """Instants, and the time that has gone by since all those that lie before another."""

    def __init__(self, instants: Iterable[int]) -> None:
        self._instants = sorted(instants)
        self._sums = [0, *accumulate(self._instants)]

    def up_to(self, at: int) -> int:
        """Return the sum of the times since each instant before `at`."""
        before = bisect_left(self._instants, at)
        return at * before - self._sums[before]
