/**
 * What of the stretch shown is no longer kept, in words: a pure function. Sums outlast persons, persons outlast events;
 * a page says only what is missing from itself, and never lets "no longer kept" look like "nobody was seen".
 */

import { clockTime, instant } from "./format.js";

const EVENTS_GONE = {
  floor: (before) => `${before} no timelines are kept any more; the numbers are.`,
  worker: (before) => `${before} spans are no longer kept.`,
  station: (before) => `${before} it is no longer kept when who was here; the numbers are.`,
  data: (before) => `${before} events are no longer kept; their numbers are.`,
};
const PERSONS_GONE = {
  floor: (before) => `${before} it is no longer kept who worked: that is in sums and workstations, not in the rows of workers.`,
  worker: (before) => `${before} hours name nobody any more, and are not in these numbers.`,
};
const DRAWN = new Set(["floor", "station"]); // what they lose is a picture, and only where there would be one

/** Sentences for a page by its name; none where all of it is kept. `until` ends the stretch, `zone` and `now` spell instants. */
export function goneFrom(page, floor, { until, now, zone }) {
  const before = (text) => (instant(text) >= until ? "Of this time" : `Before ${clockTime(instant(text), { now, zone })}`);
  const { timelines_from: events, persons_from: persons } = floor;
  const showsEvents = floor.shows_persons && (floor.has_timelines || !DRAWN.has(page));
  return [
    events !== null && showsEvents ? EVENTS_GONE[page]?.(before(events)) : undefined,
    persons === null ? undefined : PERSONS_GONE[page]?.(before(persons)),
  ].filter((sentence) => sentence !== undefined);
}
