"""From the items of a body to a delivery, and from what the store says to the answer of SEMANTICS §7. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from operator import attrgetter
from typing import Any

from collector.pseudonyms import disguised
from collector.records import Contact, Delivery, Outcome, Refusal, Stored
from shared.events import Event, Rejection, read_event
from shared.instants import SECOND, format_instant
from shared.receipts import normalise
from shared.wire import REPLAY_SUFFIX, AgentHeader, Body

KEPT_ITEM_CHARACTERS = 2_000
WITHHELD = "withheld: this site keeps pseudonyms"
"""Of an item that is no event nobody can say where in it a worker is named."""
_AT = attrgetter("at")
_PLAIN_MEMBERS = 20
_ENCODER = json.JSONEncoder(ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides whether an item is accepted here."""

    max_future_skew: int
    """Microseconds an event may be ahead of this collector's clock."""
    time_zone: tzinfo | None
    """The zone of timestamps without an offset; None refuses them."""


class Reception:
    """One body on its way in: judged when made, then turned into a delivery, then into the answer."""

    def __init__(self, body: Body, *, now: int, rules: Rules) -> None:
        self._body = body
        self._now = now
        self._judged = _judge_all(body, now=now, rules=rules)

    def delivery(
        self, *, site: str, camera: str | None, is_live: bool = True, pseudonym_key: bytes | None = None
    ) -> Delivery:
        """Return what is to be stored; `is_live` is False where the sender is not the camera as it is now.

        Where a site has a key, nothing in it names a worker by another id than a pseudonym.
        """
        events = [event for event in self._judged if isinstance(event, Event)]
        refusals = self._refusals() if len(events) < len(self._judged) else []
        if pseudonym_key is not None:
            events = disguised(events, key=pseudonym_key)
            refusals = [replace(refusal, item=WITHHELD) for refusal in refusals]
        agent = self._body.agent
        return Delivery(
            site=site,
            camera=camera,
            received_at=self._now,
            events=events,
            refusals=refusals,
            contact=_contact(agent, now=self._now, is_live=is_live) if agent else None,
        )

    def _refusals(self) -> list[Refusal]:
        return [
            Refusal(result.code, result.error, _excerpt(item))
            for item, result in zip(self._body.items, self._judged, strict=True)
            if isinstance(result, Rejection)
        ]

    def refused_object(self, stored: Stored) -> Rejection | None:
        """Return why the one object of a body was not stored as an event; None for a list, or if it was."""
        if self._body.is_list:
            return None
        result = self._judged[0]
        return result if isinstance(result, Rejection) else _refused(stored.outcomes[0], stored)

    def answer(self, stored: Stored) -> dict[str, Any]:
        """Return the answer in the form that belongs to the body."""
        if not self._body.is_list:
            return _object_answer(stored)
        answer = _list_answer(self._judged, stored)
        agent = self._body.agent
        if agent is not None:
            answer["receipt"] = {
                "batch": agent.batch,
                "epoch": agent.epoch,
                "received_at": format_instant(self._now),
                "lacking": stored.lacking,
                "last_seq": stored.last_seq,
            }
        return answer


def _judge_all(body: Body, *, now: int, rules: Rules) -> Sequence[Event | Rejection]:
    events = body.events(time_zone=rules.time_zone)
    if events is not None and max(map(_AT, events), default=0) <= now + rules.max_future_skew:
        return events
    return [_judge(item, now=now, rules=rules) for item in body.items]


def _judge(item: Any, *, now: int, rules: Rules) -> Event | Rejection:
    event = read_event(item, time_zone=rules.time_zone)
    if isinstance(event, Event) and event.at > now + rules.max_future_skew:
        ahead = (event.at - now) // SECOND
        told = f"timestamp is {ahead:,} s ahead of the collector's clock"
        return Rejection("timestamp_in_future", told, field="timestamp")
    return event


def _contact(header: AgentHeader, *, now: int, is_live: bool) -> Contact:
    numbers = normalise([*header.seqs, *((first, last) for first, last, _ in header.skipped)])
    return Contact(
        epoch=header.epoch,
        seqs=numbers,
        last_seq=max(header.last_seq, numbers[-1][1] if numbers else 0),
        version=header.version,
        is_live=is_live and not header.version.endswith(REPLAY_SUFFIX),
        # Nobody can have watched what lies ahead of our clock.
        watermark=None if header.watermark is None else min(header.watermark, now),
        pending=header.pending,
        oldest_pending_at=header.oldest_pending_at,
        clock_offset_us=header.sent_at - now,
        watched=header.watched,
    )


def _object_answer(stored: Stored) -> dict[str, Any]:
    outcome = stored.outcomes[0]
    if outcome is Outcome.accepted:
        return {"status": "success", "result": "accepted"}
    return {"status": "success", "result": "duplicate"} | ({"conflict": True} if outcome is Outcome.conflict else {})


def _list_answer(judged: Sequence[Event | Rejection], stored: Stored) -> dict[str, Any]:
    is_all_new = stored.outcomes.count(Outcome.accepted) == len(judged)
    results = [] if is_all_new else _results(judged, stored)
    words = [result["result"] for result in results]
    return {
        "status": "success",
        "accepted": len(judged) - len(results),
        "duplicates": words.count("duplicate"),
        "conflicts": sum("conflict" in result for result in results),
        "rejected": words.count("rejected"),
        "results": results,
    }


def _results(judged: Sequence[Event | Rejection], stored: Stored) -> list[dict[str, Any]]:
    """Return what became of every item that was not plainly accepted."""
    outcomes = iter(stored.outcomes)
    results: list[dict[str, Any]] = []
    for index, item in enumerate(judged):
        if isinstance(item, Rejection):
            results.append({"index": index, "result": "rejected", **item.told()})
            continue
        outcome = next(outcomes)
        refused = _refused(outcome, stored)
        if refused is not None:
            results.append({"index": index, "result": "rejected", **refused.told()})
        elif outcome is Outcome.conflict:
            results.append({"index": index, "result": "duplicate", "conflict": True})
        elif outcome is Outcome.duplicate:
            results.append({"index": index, "result": "duplicate"})
    return results


def _refused(outcome: Outcome, stored: Stored) -> Rejection | None:
    """Return why the store did not take an event; None if it did."""
    if outcome is Outcome.too_old:
        horizon = "the site's horizon" if stored.horizon is None else format_instant(stored.horizon)
        told = f"timestamp lies before {horizon}: earlier events of this site are no longer kept"
        return Rejection("too_old", told, field="timestamp")
    if outcome is Outcome.forgotten:
        told = "the worker was erased here, and no event of that worker is taken any more"
        return Rejection("forgotten", told, field="worker_id")
    return None


def _excerpt(item: Any) -> str:
    if isinstance(item, Rejection):
        return (item.line or "")[:KEPT_ITEM_CHARACTERS]
    if _is_plain(item):
        return json.dumps(item, ensure_ascii=True)[:KEPT_ITEM_CHARACTERS]
    # Written only as far as it is kept: the whole of an item may be 4 MiB, and its pieces ten times that.
    text = ""
    for piece in _ENCODER.iterencode(item):
        text += piece
        if len(text) >= KEPT_ITEM_CHARACTERS:
            break
    return text[:KEPT_ITEM_CHARACTERS]


def _is_plain(item: Any) -> bool:
    """Say whether an item is as small as an event: then writing it in one go is ten times as fast."""
    if not isinstance(item, dict) or len(item) > _PLAIN_MEMBERS:
        return not isinstance(item, dict | list)
    return not any(isinstance(value, dict | list) for value in item.values())
