/**
 * A moment of a worker's timeline, opened: the span it lies in, how long that was and where, which events began and ended
 * it and which camera saw them; or that there is no data. Buttons lead to what was before and after.
 *
 * What is drawn is folded for the eye; what opens are the spans themselves, asked for when somebody wants to know.
 */

import { changed, closed, reduced, WINDOW_KEYS, workerPage } from "./address.js";
import { read, Refused } from "./api.js";
import { assign, byId, isolated, make, write } from "./elements.js";
import { dayAndSeconds, durationSeconds, instant } from "./format.js";
import { UP_TO_DATE_MS } from "./freshness.js";
import { aheadText } from "./header.js";
import { placeName, placesOf } from "./places.js";

const NO_DATA = "Nobody saw anything then, or it has not been delivered yet.";
const NOT_ALL_SEEN = "Not all of it: the camera did not watch, or has not delivered everything yet. The numbers count all of it.";
const ASSUMED = "The state was seen to begin, and no camera vouches for this part of it; the numbers assume it.";

/**
 * Spans of the API and the gaps between them, in order, from `from` to `until` (milliseconds):
 * [{start, end, span}], where a gap's span is null. Gaps of less than a second are none.
 */
export function momentsOf(spans, { from, until }) {
  const found = [];
  let reached = from;
  const gapTo = (end) => (reached !== null && end - reached >= 1000 ? found.push({ start: reached, end, span: null }) : undefined);
  for (const span of spans) {
    const [start, end] = [Date.parse(span.start), Date.parse(span.end)];
    gapTo(start);
    found.push({ start, end, span });
    reached = end;
  }
  gapTo(until);
  return found;
}

/** The place of the last one that has begun by an instant; the first where none has. */
export const placeAt = (moments, at) => Math.max(0, moments.filter(({ start }) => start <= at).length - 1);

/**
 * Whether all of a moment is drawn as something that was seen: neither paler nor hatched, but for what is too short to be drawn.
 * Of whom nothing is drawn nothing is known of that. A picture never reaches to `now`, the collector's clock in its answer:
 * where it ends no further back than a camera that is up to date may be, what comes next is on its way.
 */
export function isAllSeen({ start, end }, { timeline, from, until, now }) {
  if (timeline.length === 0) {
    return true;
  }
  const [lastAt, lastLength] = timeline[timeline.length - 1];
  const drawnTo = from + (lastAt + lastLength) * 1000;
  const judgedTo = now - drawnTo <= UP_TO_DATE_MS ? Math.min(end, drawnTo) : end;
  const seen = timeline.map(([at, length, , , assumed]) => (assumed
    ? 0 : Math.max(0, Math.min(judgedTo, from + (at + length) * 1000) - Math.max(start, from + at * 1000))));
  const unseen = judgedTo - start - seen.reduce((sum, part) => sum + part, 0);
  return unseen <= Math.max(2000, (until - from) / 800);
}

function sighting(event, view) {
  if (event === null) {
    return ["nothing seen"];
  }
  return [`${event.event_type} ${dayAndSeconds(Date.parse(event.timestamp), view)}`];
}

function whyOf(moment, { worker, view }) {
  if (moment.span.basis === "assumed") {
    return [["Why", [ASSUMED]]];
  }
  return isAllSeen(moment, { ...view, timeline: worker.timeline }) ? [] : [["Seen", [NOT_ALL_SEEN]]];
}

function factsOf(moment, shown) {
  const { start, end, span } = moment;
  const { worker, view } = shown;
  const facts = [
    ["From", [dayAndSeconds(start, view)]],
    ["To", [dayAndSeconds(end, view)]],
    ["Length", [`${durationSeconds((end - start) * 1000)} (h:mm:ss)`]],
  ];
  if (span === null) {
    return [...facts, ["Why", [NO_DATA]]];
  }
  const camera = span.began_by.camera;
  return [...facts, ["Station", [isolated(placeName(placesOf(view.floor), worker.site, span.workstation_id))]], ["Camera", [camera ? isolated(camera) : "none: sent directly"]],
    ["Began with", sighting(span.began_by, view)], ["Counts up to", sighting(span.ended_by, view)],
    ...whyOf(moment, shown)];
}

let opened = null; // {worker, view, moments, place}
let latest = 0; // the number of the last question: an answer to an earlier one is not shown
let isReady = false; // whether its buttons work

function show() {
  const { worker, view, moments, place } = opened;
  const moment = moments[place];
  const state = moment.span?.state ?? "no-data";
  const isAssumed = moment.span?.basis === "assumed";
  byId("moment-title").replaceChildren(isolated(worker.name || worker.worker_id), ": ",
    make("i", { class: `key ${state}${isAssumed ? " assumed" : ""}` }), state === "no-data" ? "no data" : state, isAssumed ? ", assumed" : "");
  byId("moment").replaceChildren(...factsOf(moment, opened).map(([name, parts]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, ...parts))));
  write(byId("moment-place"), `${place + 1} of ${moments.length}`);
  byId("moment-earlier").disabled = place === 0;
  byId("moment-later").disabled = place === moments.length - 1;
  const { worker_id: id, site } = worker;
  const from = new Date(Math.min(moment.start, instant(moment.span?.began_by.timestamp) ?? moment.start)).toISOString();
  const to = new Date(moment.end + 1).toISOString(); // with the event that ended it
  assign(byId("moment-events"), { href: `/dashboard/data${changed("", { site, from, to, worker_id: id })}` });
  assign(byId("moment-worker"), { href: workerPage(id, site, view.search) });
}

function step(by) {
  opened = { ...opened, place: opened.place + by };
  show();
}

/** What there is to say where the collector refuses to tell the moments, in its own words. */
function showRefusal(message, { worker, view }) {
  const { worker_id: id, site } = worker;
  byId("moment-title").replaceChildren(isolated(worker.name || id));
  byId("moment").replaceChildren(make("div", {}, make("dt", {}, "Not told"), make("dd", {}, message)));
  write(byId("moment-place"), "");
  byId("moment-earlier").disabled = true;
  byId("moment-later").disabled = true;
  const query = changed(closed(reduced(view.search, WINDOW_KEYS), view.window), { site, worker_id: id });
  assign(byId("moment-events"), { href: `/dashboard/data${query}` });
  assign(byId("moment-worker"), { href: workerPage(id, site, view.search) });
  byId("moment-dialog").showModal();
}

/** Closes what is open, and keeps nothing of it: it is about a person. */
export function forgetMoment() {
  opened = null;
  latest += 1;
  byId("moment-dialog").close();
  for (const id of ["moment-title", "moment", "moment-place"]) {
    byId(id).replaceChildren();
  }
  for (const id of ["moment-events", "moment-worker"]) {
    byId(id).removeAttribute("href");
  }
}

function makeReady() {
  if (!isReady) {
    isReady = true;
    byId("moment-earlier").addEventListener("click", () => step(-1));
    byId("moment-later").addEventListener("click", () => step(1));
  }
}

function showMoments(told, { worker, view, at }) {
  const from = Math.max(view.from, instant(told.kept_from) ?? view.from);
  const moments = momentsOf(told.spans, { from, until: view.until });
  if (moments.length > 0) {
    makeReady();
    opened = { worker, view, moments, place: placeAt(moments, at) };
    show();
    byId("moment-dialog").showModal();
  }
}

/** Opens the moment of an instant of a worker's timeline, or says why it cannot be told; of several asked for the last. */
export async function open(worker, view, at) {
  latest += 1;
  const mine = latest;
  const ahead = aheadText(view);
  if (ahead !== null) {
    showRefusal(ahead, { worker, view });
    return;
  }
  const query = changed(closed(reduced(view.search, WINDOW_KEYS), view.window), { worker_id: worker.worker_id, site: worker.site });
  try {
    const told = await read(`/api/timeline/${query}`);
    if (mine === latest) {
      showMoments(told, { worker, view, at });
    }
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    if (mine === latest) {
      showRefusal(error.message, { worker, view });
    }
  }
}
