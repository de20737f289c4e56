/** What a page shows, made of an answer of the floor and of what was read beside it: pure functions, no document, no clock. */

import { instant } from "./format.js";
import { judge } from "./freshness.js";

const A_SECOND = 1000;

/** What a page shows when nothing has changed but the time; a live one goes on in steps of the collector's. */
export const laterView = (view, now) => ({ ...view, readAt: now, now: view.live ? view.now : now });

/**
 * What a page shows, from an answer of the floor. `stamp` changes when cells must be redrawn though their row did not;
 * `atOnce`: no row waits for a turn, for it may be that one cannot be drawn; `end`: where pictures of it end, those of a window
 * without an end where the numbers do, and never less than a second after its begin.
 */
export function viewOf({ content: floor, extra, now }, { search, atOnce }) {
  const { window: shown } = floor;
  const zone = shown.time_zone ?? "UTC";
  const [from, to, until] = [shown.from, shown.to, shown.until].map(instant);
  return {
    floor, extra, zone, search, window: shown, readAt: now, now: shown.live ? until : now,
    from, to, until, end: Math.max(to ?? until, from + A_SECOND), live: shown.live, keptFrom: instant(floor.timelines_from),
    stamp: `${shown.until} ${zone}`, atOnce,
  };
}

/** Whether the numbers of a view can be trusted, as freshness.js has it. */
export function trustOf(view) {
  const until = view.to !== null && view.to <= view.now ? view.to : null;
  const hasEvents = view.floor.workstations.length > 0;
  return judge(view.floor.completeness, { until, hasEvents, now: view.now, zone: view.zone });
}
