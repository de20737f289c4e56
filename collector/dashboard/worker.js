/** A worker: now, the numbers, the day as a picture, and every span that the numbers are made of. */

import { closed, idOf, isAhead, reduced, WINDOW_KEYS, workerPage } from "./address.js";
import { Refused } from "./api.js";
import { assign, byId, drawOnce, isolated, write, writeIsolated } from "./elements.js";
import { emptyText } from "./first_steps.js";
import * as format from "./format.js";
import { nameHeading } from "./header.js";
import { keyedTable } from "./keyed_table.js";
import { startMoments } from "./opens.js";
import { startPage } from "./page.js";
import { drawState, eventsOf, ordering, sentenceOf, stateSince } from "./people_and_places.js";
import { placeName, placesOf } from "./places.js";
import { showSpans, spanTable } from "./span_table.js";
import { drawTimeline, keepAxis, noteTimelines } from "./timeline.js";
import { showWhich } from "./which_one.js";
import { DAY, HOUR } from "./zoned.js";

const { pathname, search } = window.location;
const id = idOf(pathname, search);
const showAxis = keepAxis(byId("axis"));
let pictured = null; // whose picture there is, and in which view
startMoments(byId("timeline"), () => pictured);
const ofParts = {
  keyOf: (part) => part.from,
  draw: { name: (cell, part, view) => write(cell, partName(part, view)) },
  rank: { name: (part) => Date.parse(part.from) },
};
const EARLIEST_FIRST = { column: "name", descending: false };
const parts = keyedTable(byId("parts"), { ...ofParts, ...ordering({ name: "parts", otherwise: EARLIEST_FIRST }) });
const days = keyedTable(byId("days"), { ...ofParts, ...ordering({ name: "days", otherwise: EARLIEST_FIRST }) });
const spans = spanTable(byId("spans"));

function partName(part, view) {
  const from = Date.parse(part.from);
  const isHour = Date.parse(part.to) - from <= HOUR;
  return isHour ? `${format.date(from, view)} ${format.hourMinute(from, view.zone)}` : format.date(from, view);
}

const rowIn = (floor, site) => (floor.workers ?? []).find((row) => row.worker_id === id && row.site === site);

function showNow(row, view) {
  const isNow = view.live && row !== undefined && row.state !== null;
  if (!isNow) {
    const isLeftOut = row === undefined && view.floor.workers_left_out > 0; // there are more than a floor tells of
    if (view.live && !isLeftOut) {
      drawState(byId("now"), { state: null, since: null });
    } else {
      writeIsolated(byId("now"), "–");
    }
    const known = view.live && row !== undefined ? stateSince(row, view) : null;
    const nothing = isLeftOut ? "not told of so many workers" : known === null ? "not seen now" : `nothing after ${format.clockTime(known, view)}`;
    writeIsolated(byId("now-more"), view.live ? nothing : "not a live window");
    return;
  }
  drawState(byId("now"), { state: row.state, since: Date.parse(row.state_since), until: view.until });
  const place = placeName(view.places, row.site, row.workstation_id);
  const since = ` since ${format.clockTime(Date.parse(row.state_since), view)}`;
  drawOnce(byId("now-more"), place + since, (node) => node.replaceChildren("at ", isolated(place), since));
}

function fill(attribute, values) {
  for (const node of document.querySelectorAll(`[data-${attribute}]`)) {
    write(node, format[node.dataset.format](values?.[node.dataset[attribute]]));
  }
}

function showPicture(row, view) {
  noteTimelines(view.floor);
  byId("timeline").parentElement.hidden = !view.floor.has_timelines || row === undefined;
  if (view.floor.has_timelines && row !== undefined) {
    pictured = { worker: row, view };
    drawTimeline(byId("timeline"), { ...view, opens: true, segments: row.timeline, sentence: sentenceOf(row, view) });
    showAxis(view);
  }
}

/** Beside the hours of more than a day its days, too: a night shift is one thing, whatever midnight makes of it. */
function showDays(rows, view) {
  byId("days-section").hidden = rows.length === 0;
  assign(byId("days-csv"), { href: `/api/timeline.csv?${queryOf(view.window)}&of=days` });
  days.update(rows, view);
}

function queryOf(shownWindow) {
  const query = new URLSearchParams(closed(reduced(search, WINDOW_KEYS), shownWindow));
  query.set("worker_id", id);
  return query;
}

/** What there is to say where there are no spans; what is no longer kept is told on top. */
function nobody(told, view) {
  if (told.refusal !== undefined) {
    return `Spans, hours and days are not told: ${told.refusal}.`;
  }
  const since = format.instant(told.kept_from);
  if (told.spans.length > 0 || (since !== null && since >= view.until)) {
    return null;
  }
  const unwatched = emptyText(view);
  if (unwatched !== null) {
    return unwatched;
  }
  const name = format.apart(told.name);
  return since === null ? `Nobody saw ${name} then.` : `Nobody saw ${name} after ${format.clockTime(since, view)}.`;
}

/** Of an id that several sites know none is shown: it may be that of several people. */
function showSeveral(rows, view) {
  for (const section of document.querySelectorAll("#numbers > section")) {
    section.hidden = true;
  }
  nameHeading(id, view);
  byId("nobody").hidden = false;
  showWhich(byId("nobody"), rows, { id, what: "a worker", pageOf: workerPage, search });
}

function show(seen) {
  const told = seen.extra;
  if (told.several !== undefined) {
    showSeveral(told.several, seen);
    return;
  }
  const view = { ...seen, places: placesOf(seen.floor), site: told.site };
  const row = rowIn(view.floor, told.site);
  byId("now").closest("section").hidden = false; // once several sites knew the id
  nameHeading(told.name, view);
  showNow(row, view);
  fill("row", row ?? told.totals);
  fill("total", told.totals);
  showPicture(row, view);
  const byHour = told.hours.length > 1;
  write(byId("parts-title"), byHour ? "Hour by hour" : "Day by day");
  write(byId("parts-csv"), `${byHour ? "Hours" : "Days"} as CSV`);
  assign(byId("parts-csv"), { href: `/api/timeline.csv?${queryOf(view.window)}&of=${byHour ? "hours" : "days"}` });
  parts.update(byHour ? told.hours : told.days, view);
  byId("parts-section").hidden = told.days.length === 0;
  showDays(byHour && told.days.length > 1 && view.end - view.from > DAY ? told.days : [], view);
  const hasSpans = told.refusal === undefined && !isAhead(view.window);
  byId("spans-section").hidden = !hasSpans;
  if (hasSpans) {
    showSpans(spans, told, view);
  }
  const empty = nobody(told, view);
  byId("nobody").hidden = empty === null;
  write(byId("nobody"), empty ?? "");
  assign(byId("spans-csv"), { href: `/api/timeline.csv?${queryOf(view.window)}` });
  assign(byId("to-events"), { href: eventsOf("worker_id", id, closed(reduced(search, WINDOW_KEYS), view.window)) });
}

/** A row that the floor has of the worker as his timeline, without a span. */
const rowAlone = (row) => ({ name: row.name, site: row.site, totals: row, spans: [], hours: [], days: [], kept_from: null });

/**
 * How the worker spent the window; of one that has not begun his row, and where it is too much to be told, with why in `refusal`; of several
 * sites {several}, their rows.
 */
async function readTimeline(floor, read) {
  const rows = (floor.workers ?? []).filter((row) => row.worker_id === id);
  if (rows.length > 1) {
    return { several: rows };
  }
  const alone = rows.length === 1 ? rowAlone(rows[0]) : null;
  if (isAhead(floor.window) && alone !== null) {
    return alone;
  }
  try {
    return await read(`/api/timeline/?${queryOf(floor.window)}`);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 400 || alone === null) {
      throw error;
    }
    return { ...alone, refusal: error.message };
  }
}

startPage({
  more: readTimeline,
  show,
});
