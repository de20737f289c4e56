"""Which arriving events are new, which are there already, and which version of an event survives (SEMANTICS §2).

The survivor of a key is the greatest `(count, confidence)`, an unknown confidence being the lowest; its camera is the
least name among all that delivered it. Both are maxima and minima, so neither order nor batching nor repetition matters.
"""

from collections.abc import Mapping, Sequence

from collector.records import Arrival, Decision, Key, Outcome, Version


def decide(known: Mapping[Key, Version], arrivals: Sequence[Arrival]) -> Decision:
    """Return what the arrivals change, judged one after the other.

    `known` holds what is stored under the keys of the arrivals, where there is something.
    """
    outcomes: list[Outcome] = []
    survivors: dict[Key, Version] = {}
    losers: list[Arrival] = []
    for key, arriving in arrivals:
        standing = survivors.get(key) or known.get(key)
        if standing is None:
            outcomes.append(Outcome.accepted)
            survivors[key] = arriving
            continue
        differs = arriving[:2] != standing[:2]
        outcomes.append(Outcome.conflict if differs else Outcome.duplicate)
        winner, loser = (arriving, standing) if _rank(arriving) > _rank(standing) else (standing, arriving)
        if differs:
            losers.append(Arrival(key, loser))
        survivor = winner._replace(camera=least_camera(arriving.camera, standing.camera))
        if survivor != standing:
            survivors[key] = survivor
    return Decision(outcomes, survivors, losers)


def least_camera(left: str | None, right: str | None) -> str | None:
    """Return the lesser name by code point; any camera before none."""
    if left is None or right is None:
        return left or right
    return min(left, right)


def _rank(version: Version) -> tuple[int, float]:
    return (version.count, -1.0 if version.confidence is None else version.confidence)
