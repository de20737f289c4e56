"""How the way to the collector is: what the status page and the log say of it.

A value that each verdict turns into the next one; its four states are words of the interface:

    connecting ──receipt──▶ ok ──failure──▶ retrying / paused ──receipt──▶ ok
"""

from dataclasses import dataclass, replace
from typing import Literal, assert_never

from edge_agent.delivery.answers import Receipt
from edge_agent.delivery.outcome import Bury, Pause, PauseReason, Retry, Settle, Split, Verdict

State = Literal["connecting", "ok", "retrying", "paused"]


@dataclass(frozen=True, slots=True)
class Link:
    """The link as of the last attempt. Instants are what the agent's clock said then; what lies ahead goes by the other clock."""

    state: State = "connecting"
    cause: str = ""
    """Of `retrying` and `paused`, in words."""
    paused_for: PauseReason | None = None
    """What has to be mended, in one word, while `paused`."""
    failing_since: int | None = None
    last_contact_at: int | None = None
    """When the last receipt came."""
    last_error: str | None = None
    """Stays after the link is well again."""
    last_error_at: int | None = None
    next_try: float | None = None
    """When the next attempt is due, by the clock that does not jump."""
    watermark: int | None = None
    """The greatest one that the collector has confirmed, each as no later than the collector's clock then (SEMANTICS §4)."""
    clock_offset: int | None = None
    """Microseconds that the collector's clock is ahead, ± half of the request's time."""
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    retries: int = 0
    """Attempts that ended with a wait."""

    @property
    def words(self) -> str:
        """The state for a status line."""
        return f"{self.state}: {self.cause}" if self.cause else self.state

    @property
    def is_failing(self) -> bool:
        """True while attempts end without the collector's word."""
        return self.state in ("retrying", "paused")

    def after(self, verdict: Verdict, *, now: int) -> "Link":
        """Return the link after an attempt that ended at `now`."""
        match verdict:
            case Settle(receipt):
                return self._well(receipt, now)
            case Retry(reason):
                return replace(self._failing("retrying", reason, now=now), paused_for=None)
            case Pause(cause, reason):
                return replace(self._failing("paused", cause, now=now), paused_for=reason)
            case Split(reason) | Bury(_, reason):
                return replace(self, last_error=reason, last_error_at=now, next_try=None)
            case _ as never:
                assert_never(never)

    def next_try_seconds(self, monotonic: float) -> float | None:
        """Return how long until the next attempt, None if none is put off.

        >>> Link(next_try=60.0).next_try_seconds(43.0), Link(next_try=60.0).next_try_seconds(61.0)
        (17.0, 0.0)
        """
        return None if self.next_try is None else max(self.next_try - monotonic, 0.0)

    def confirmed(self, *, watermark: int | None, received_at: int, clock_offset: int) -> "Link":
        """Return the link after a receipt, of that instant of the collector's clock, for a batch with this watermark.

        What our clock said while it was ahead is no more than what the collector made of it: else nothing of a later
        day would show until that day has come.

        >>> Link(watermark=5).confirmed(watermark=900, received_at=7, clock_offset=-893).watermark
        7
        """
        capped = None if watermark is None else min(watermark, received_at)
        known = [value for value in (self.watermark, capped) if value is not None]
        return replace(self, watermark=max(known, default=None), clock_offset=clock_offset)

    def waiting_until(self, monotonic: float) -> "Link":
        """Return the link while the next attempt waits."""
        return replace(self, next_try=monotonic)

    def _well(self, receipt: Receipt, now: int) -> "Link":
        return replace(
            self,
            state="ok",
            cause="",
            paused_for=None,
            failing_since=None,
            last_contact_at=now,
            next_try=None,
            accepted=self.accepted + receipt.accepted,
            duplicates=self.duplicates + receipt.duplicates,
            conflicts=self.conflicts + receipt.conflicts,
            rejected=self.rejected + len(receipt.rejected),
        )

    def _failing(self, state: Literal["retrying", "paused"], cause: str, *, now: int) -> "Link":
        since = now if self.failing_since is None else self.failing_since
        return replace(
            self,
            state=state,
            cause=cause,
            failing_since=since,
            last_error=cause,
            last_error_at=now,
            retries=self.retries + 1,
        )
