/** When a camera watched, in words: its picture for those who do not see it. */

import { isAhead } from "./address.js";
import { clockTime, duration } from "./format.js";
import { UP_TO_DATE_MS } from "./freshness.js";
import { gapsOf } from "./timeline.js";
import { MINUTE } from "./zoned.js";

const MOST_NAMED = 3; // of more breaks nobody keeps the times in mind

/** What was not watched, as [start, end] in milliseconds; of a camera that is up to date what it has not told of yet is on its way. */
function breaksOf({ stretches, state }, { from, end, until, now }) {
  const gaps = gapsOf(stretches, { until: (until - from) / 1000, whole: (end - from) / 1000 })
    .map(([start, length]) => [from + start * 1000, from + (start + length) * 1000]);
  const isOnItsWay = ([start, reached]) => state === "Up" && until - reached < 1 && now - start <= UP_TO_DATE_MS;
  return gaps.filter((gap) => !isOnItsWay(gap));
}

/** Some breaks as they are spelled, to the minute: those within one are not named. */
function spelled(breaks, { until, zone }) {
  const named = breaks.filter(([start, reached]) => Math.floor(start / MINUTE) < Math.floor(reached / MINUTE));
  if (named.length === 0) {
    return breaks.length === 0 ? "without a break" : "without a break of a minute";
  }
  const time = (at) => clockTime(at, { now: until, zone });
  const first = named.slice(0, MOST_NAMED).map(([start, reached]) => `${time(start)}–${time(reached)}`);
  const more = named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} times more`] : [];
  return `not ${[...first, ...more].join(", ")}`;
}

/**
 * "cam-1 watched 2:10, not 08:00–10:00."; a camera is a row of the floor's watches, whose stretches are seconds after `from`, with
 * its `state`.
 */
export function watchedSentence(camera, view) {
  if (isAhead(view)) {
    return `${camera.camera}: this has not begun yet.`;
  }
  if (camera.stretches.length === 0) {
    return `${camera.camera} watched never.`;
  }
  return `${camera.camera} watched ${duration(camera.watched_us)}, ${spelled(breaksOf(camera, view), view)}.`;
}
