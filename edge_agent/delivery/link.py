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
    """The link as of the last attempt. Instants are by the agent's clock."""

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
    next_try_at: int | None = None
    watermark: int | None = None
    """The greatest one that the collector has confirmed."""
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
                return replace(self, last_error=reason, last_error_at=now, next_try_at=None)
            case _ as never:
                assert_never(never)

    def confirmed(self, *, watermark: int | None, clock_offset: int) -> "Link":
        """Return the link after a receipt for a batch with this watermark."""
        known = [value for value in (self.watermark, watermark) if value is not None]
        return replace(self, watermark=max(known, default=None), clock_offset=clock_offset)

    def waiting_until(self, instant: int) -> "Link":
        """Return the link while the next attempt waits."""
        return replace(self, next_try_at=instant)

    def _well(self, receipt: Receipt, now: int) -> "Link":
        return replace(
            self,
            state="ok",
            cause="",
            paused_for=None,
            failing_since=None,
            last_contact_at=now,
            next_try_at=None,
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
