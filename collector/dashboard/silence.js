/**
 * Since when nobody knows what goes on: a pure function, no document, no clock. Either the collector gives nothing new,
 * or all its cameras are more than two minutes behind; of that the collector judges.
 */

import { instant } from "./format.js";

/** Up to when a live view can be right, in milliseconds: its end, at most where the furthest of silent cameras stands. */
export function knownUntil({ floor: { completeness }, live, until }) {
  const reached = instant(completeness.reached);
  return live && completeness.is_silent && reached !== null ? Math.min(until, reached) : until;
}

/**
 * Since when nothing is known, as an instant: the earlier of both silences. null: since ever; undefined: all is well.
 * `view` is what was read last, null if nothing was; `outage` {readAt} while the collector gives nothing new, else null.
 */
export function noDataSince({ view, outage }) {
  const isSilent = view !== null && view.live && view.floor.completeness.is_silent;
  if (isSilent) {
    return instant(view.floor.completeness.reached);
  }
  return outage === null ? undefined : outage.readAt;
}
