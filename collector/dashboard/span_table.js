/**
 * The table that explains each minute of a worker's stretch of time: every span that the numbers are made of, and between
 * them what nobody saw. Together they are the stretch, as far as it has passed and is kept; less than a second is no row.
 */

import { drawOnce, isolated, make, write, writeIsolated } from "./elements.js";
import { dayAndSeconds, durationSeconds, instant, microseconds } from "./format.js";
import { keyedTable } from "./keyed_table.js";
import { momentsOf } from "./moment.js";
import { ordering } from "./people_and_places.js";
import { placeName } from "./places.js";

const NO_DATA = "no data";
const NOTHING = "–";

const iso = (at) => new Date(at).toISOString();
const asGap = ({ start, end }) => ({
  start: iso(start), end: iso(end), state: NO_DATA, basis: null, unwatched_us: 0, workstation_id: null, began_by: null, ended_by: null,
});
const lengthOf = (span) => microseconds(span.end) - microseconds(span.start);

/** Spans of the API and rows like them for the time between; `from` (null: none before the first) and `until` in milliseconds. */
export const explained = (spans, { from, until }) => momentsOf(spans, { from, until }).map((moment) => moment.span ?? asGap(moment));

function drawState(cell, { state, basis }) {
  const shape = state === NO_DATA ? "no-data" : state;
  const isAssumed = basis === "assumed";
  drawOnce(cell, `${state} ${basis}`, () => cell.replaceChildren(make("i", { class: `key ${shape}${isAssumed ? " assumed" : ""}` }), state,
    isAssumed ? make("span", { class: "quiet" }, " assumed") : ""));
}

function drawEvent(cell, event, view) {
  if (event === null) {
    drawOnce(cell, "nothing seen", () => cell.replaceChildren(make("span", { class: "quiet" }, "nothing seen")));
    return;
  }
  const time = dayAndSeconds(Date.parse(event.timestamp), view);
  const camera = event.camera ? [" by ", isolated(event.camera)] : [];
  drawOnce(cell, `${event.event_type} ${time} ${event.camera}`, () =>
    cell.replaceChildren(`${event.event_type} `, make("span", { class: "quiet" }, time, ...camera)));
}

/** How much of a span no camera watched; null where it is less than a second. */
const unwatchedOf = (span) => (span.unwatched_us < 1_000_000 ? null : span.unwatched_us);

/** What a span's workstation is called. */
const placeOf = (span, view) => (span.workstation_id === null ? null : placeName(view.places, view.site, span.workstation_id));

/** Takes the table over; the context of its updates is the view, with `places` of places.js and the worker's `site`. */
export const spanTable = (table) => keyedTable(table, {
  keyOf: (span) => `${span.start} ${span.basis} ${span.state}`,
  ...ordering({ name: "spans", otherwise: { column: "name", descending: false } }),
  draw: {
    name: (cell, span, view) => write(cell, dayAndSeconds(Date.parse(span.start), view)),
    end: (cell, span, view) => write(cell, dayAndSeconds(Date.parse(span.end), view)),
    length: (cell, span) => write(cell, durationSeconds(lengthOf(span))),
    unwatched: (cell, span) => write(cell, durationSeconds(unwatchedOf(span))),
    state: drawState,
    place: (cell, span, view) => writeIsolated(cell, placeOf(span, view) ?? NOTHING),
    began: (cell, span, view) => drawEvent(cell, span.began_by, view),
    ended: (cell, span, view) => (span.state === NO_DATA ? writeIsolated(cell, NOTHING) : drawEvent(cell, span.ended_by, view)),
  },
  rank: {
    name: (span) => Date.parse(span.start),
    end: (span) => Date.parse(span.end),
    length: lengthOf,
    unwatched: unwatchedOf,
    place: placeOf,
    began: (span) => instant(span.began_by?.timestamp),
    ended: (span) => instant(span.ended_by?.timestamp),
  },
});

/** Shows what the API told of a worker (`told`) in such a table. */
export function showSpans(table, told, view) {
  const kept = instant(told.kept_from);
  const from = kept === null || view.from === null ? view.from : Math.max(view.from, kept);
  table.update(explained(told.spans, { from, until: view.until }), view);
}
