"""Which version of an event survives when two of the same key meet (SEMANTICS §2).

The survivor of a key is the greatest `(count, confidence)`, an unknown confidence being the lowest; its camera is the
least name among all that delivered it. Both are maxima and minima, so neither order nor batching nor repetition matters.
"""

from collector.records import Entry


def meet(standing: Entry, arriving: Entry) -> tuple[Entry, Entry | None]:
    """Return the survivor of two versions of one event, and the version that lost; None if they say the same."""
    camera = least_camera(standing.camera, arriving.camera)
    if standing[3:5] == arriving[3:5]:
        return standing._replace(camera=camera), None
    winner, loser = (arriving, standing) if _rank(arriving) > _rank(standing) else (standing, arriving)
    return winner._replace(camera=camera), loser


def least_camera(left: str | None, right: str | None) -> str | None:
    """Return the lesser name by code point; any camera before none."""
    if left is None or right is None:
        return left or right
    return min(left, right)


def _rank(version: Entry) -> tuple[int, float]:
    return (version.count, -1.0 if version.confidence is None else version.confidence)
