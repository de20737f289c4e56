/**
 * How it was a week before, by the same clock of the site and for as long: the API's numbers of that stretch beside those
 * shown. Asked for after the page is drawn, at most once a minute; what is refused is asked for again in the next stretch.
 */

import { changed, reduced } from "./address.js";
import { read, Refused } from "./api.js";
import { byId, write } from "./elements.js";
import { percent, workers } from "./format.js";
import { DAY, MINUTE, offsetOf } from "./zoned.js";

const WEEK = 7 * DAY;
const NOTHING = "\u00a0"; // the line keeps its height
let told = null; // {from, at, then, isRefused}: of which stretch, when it was asked for, and the answer; null while none came

/** The instant at which the clock of a zone showed the same seven days earlier. */
export const weekBefore = (instant, zone) => instant - WEEK + offsetOf(instant, zone) - offsetOf(instant - WEEK, zone);

/** "▲ a week before 71.20 %, 12 workers"; the mark says what became of it since. Empty where that is not known. */
export function trendText(now, then) {
  if (then === null || then.active_workers === null || now.average_utilization_percent === null) {
    return "";
  }
  if (then.active_workers === 0) {
    return "no work on record a week before";
  }
  const [here, there] = [now.average_utilization_percent, then.average_utilization_percent];
  const mark = here > there ? "▲" : here < there ? "▼" : "=";
  return `${mark} a week before ${percent(there)}, ${workers(then.active_workers)}`;
}

function show({ floor, from }) {
  write(byId("trend"), trendText(floor.factory, told?.from === from ? told.then : null) || NOTHING);
}

/** Shows what is known, and asks for what is not. */
export async function showTrend(view) {
  show(view);
  const { from, until, zone } = view;
  const isNew = told === null || told.from !== from || (!told.isRefused && Date.now() - told.at >= MINUTE);
  if (!isNew || from === null || until <= from || until - from > WEEK) {
    return;
  }
  const ends = { from: new Date(weekBefore(from, zone)).toISOString(), to: new Date(weekBefore(until, zone)).toISOString() };
  const before = told;
  told = { from, at: Date.now(), then: before?.from === from ? before.then : null, isRefused: false };
  const asked = told;
  try {
    asked.then = await read(`/api/metrics/factory/${changed(reduced(view.search, ["site"]), ends)}`);
    show(view);
  } catch (error) {
    asked.isRefused = error instanceof Refused && error.status < 500; // of an outage the line on top tells
  }
}
