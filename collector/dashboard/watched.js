/** When a camera watched, in words: its picture for those who do not see it. */

import { isAhead } from "./address.js";
import { clockTime, duration } from "./format.js";
import { gapsOf } from "./timeline.js";

const MOST_NAMED = 3; // of more breaks nobody keeps the times in mind

/** "cam-1 watched 2:10, not 08:00–10:00."; `camera` is a row of the floor's watches, whose stretches are seconds after `from`. */
export function watchedSentence({ camera, stretches, watched_us: watched }, { from, end, until, zone }) {
  if (isAhead({ from, until })) {
    return `${camera}: this has not begun yet.`;
  }
  if (stretches.length === 0) {
    return `${camera} watched never.`;
  }
  const gaps = gapsOf(stretches, { until: (until - from) / 1000, whole: (end - from) / 1000 });
  const time = (seconds) => clockTime(from + seconds * 1000, { now: until, zone });
  const named = gaps.slice(0, MOST_NAMED).map(([start, length]) => `${time(start)}–${time(start + length)}`);
  const more = gaps.length > MOST_NAMED ? [`${gaps.length - MOST_NAMED} times more`] : [];
  const breaks = gaps.length === 0 ? "without a break" : `not ${[...named, ...more].join(", ")}`;
  return `${camera} watched ${duration(watched)}, ${breaks}.`;
}
