/** Cameras: who delivers, who is behind, and when each of them watched. */

import { reduced } from "./address.js";
import { assign, byId, drawOnce, isolated, make, write } from "./elements.js";
import { showLines } from "./first_lines.js";
import { ago, clockTime, count, instant, plural, rate } from "./format.js";
import { aheadText } from "./header.js";
import { keyedTable } from "./keyed_table.js";
import { startPage } from "./page.js";
import { ordering } from "./people_and_places.js";
import { drawTimeline, keepAxis } from "./timeline.js";
import { watchedSentence } from "./watched.js";

const WORST_FIRST = ["Down", "Late", "New", "Paused", "Up"];
const LEAST_OFFSET = 0.005; // seconds; less is shown as none
const search = window.location.search;
const showAxis = keepAxis(byId("cameras").tHead.querySelector(".timeline"));
const rankOf = (camera) => WORST_FIRST.indexOf(camera.state);
const isDrawn = (view) => view.floor.has_hours && view.from !== null;
const keyOf = (camera) => JSON.stringify([camera.site, camera.camera]);

/** Every camera has a row, so this is no number that another place would tell otherwise. */
const sumOf = (rows, field) => rows.reduce((sum, row) => sum + row[field], 0);

function drawState(cell, camera) {
  cell.dataset.cameraState = camera.state;
  write(cell, camera.state);
}

function drawWatched(cell, camera, view) {
  if (camera.stretches === null || !isDrawn(view)) {
    cell.replaceChildren();
  } else {
    const segments = camera.stretches.map(([start, length]) => [start, length, "w", 0, 0]);
    drawTimeline(cell, { ...view, keptFrom: null, segments, sentence: watchedSentence(camera, view) });
  }
}

const table = keyedTable(byId("cameras"), {
  keyOf,
  ...ordering({ otherwise: { column: "state", descending: false } }), // the worst first
  draw: {
    name: (cell, camera) => drawOnce(cell, keyOf(camera), () =>
      cell.replaceChildren(isolated(camera.camera), make("span", { class: "site" }, " ", isolated(camera.site)))),
    state: drawState,
    watched: drawWatched,
    watermark: (cell, camera, view) => write(cell, clockTime(instant(camera.watermark), view)),
    last_contact_at: (cell, camera, view) => write(cell, ago(instant(camera.last_contact_at), view.now)),
    oldest_pending_at: (cell, camera, view) => write(cell, clockTime(instant(camera.oldest_pending_at), view)),
    clock_offset_seconds: (cell, camera) => {
      const offset = camera.clock_offset_seconds;
      const shown = offset === null || Math.abs(offset) < LEAST_OFFSET ? Math.abs(offset ?? 0) : offset;
      write(cell, offset === null ? "–" : `${shown >= LEAST_OFFSET ? "+" : ""}${rate(shown)}\u00a0s`);
    },
  },
  rank: {
    name: (camera) => camera.camera,
    state: rankOf,
    watermark: (camera) => instant(camera.watermark),
    last_contact_at: (camera) => instant(camera.last_contact_at),
    oldest_pending_at: (camera) => instant(camera.oldest_pending_at),
  },
});

/** Why pictures are empty, or why there are none or not all. */
function noteOf(view, leftOut) {
  const others = leftOut > 0 ? `${plural(leftOut, "camera")} more watched then; no picture says when.` : "";
  return aheadText(view) ?? (isDrawn(view) ? others : "This stretch is too long for pictures of when they watched.");
}

function show(view) {
  const watches = new Map(view.floor.watches.map((watch) => [keyOf(watch), watch]));
  const { watches_left_out: leftOut } = view.floor;
  const untold = leftOut > 0 ? null : []; // beside some that are left out, nothing tells one that never watched from them
  const rows = view.extra.map((camera) => ({ ...camera, stretches: untold, ...watches.get(keyOf(camera)) }));
  table.update(rows, { ...view, stamp: `${view.stamp} ${view.now}` });
  write(byId("watches-note"), noteOf(view, leftOut));
  write(byId("all-pending"), count(sumOf(rows, "pending")));
  write(byId("all-missing"), count(sumOf(rows, "missing")));
  if (rows.length === 0 && byId("first-steps").hidden) {
    showLines(view.now);
  }
  byId("first-steps").hidden = rows.length > 0;
  byId("cameras").closest("section").hidden = rows.length === 0;
  assign(byId("cameras-csv"), { href: `/api/cameras.csv${reduced(search, ["site"])}` });
  if (isDrawn(view)) {
    showAxis(view);
  }
}

startPage({
  more: (floor, read) => read(`/api/cameras/${reduced(search, ["site"])}`),
  show,
  onSame: show, // ages go on though nothing is new
});
