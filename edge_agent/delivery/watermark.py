"""Up to when the camera was watched and everything was delivered (SEMANTICS §4, DESIGN §3)."""

from shared.instants import MICROSECOND


def watermark(
    *, now: int, last_sign_of_life: int | None, silent_after: int, oldest_unsent_at: int | None
) -> int | None:
    """Return the instant up to which the collector will know everything once this batch has arrived.

    `oldest_unsent_at` is of the oldest event that is neither settled nor in this batch. The result is the earlier of
    just before it and *now* while the producer is alive (a sign within `silent_after`), else its last sign of life;
    None before the first sign after a start: what happened while the agent was down, nobody watched.

    >>> watermark(now=900, last_sign_of_life=850, silent_after=100, oldest_unsent_at=None)
    900
    >>> watermark(now=900, last_sign_of_life=850, silent_after=20, oldest_unsent_at=None)
    850
    >>> watermark(now=900, last_sign_of_life=850, silent_after=100, oldest_unsent_at=700)
    699
    """
    if last_sign_of_life is None:
        return None
    watched_until = now if now - last_sign_of_life <= silent_after else last_sign_of_life
    if oldest_unsent_at is None:
        return watched_until
    return max(min(watched_until, oldest_unsent_at - MICROSECOND), 0)
