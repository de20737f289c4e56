/** The tables of workers and workstations: what identifies a row, and the cells that are more than one formatted field. */

import { changed, stationPage, workerPage } from "./address.js";
import { assign, drawOnce, isolated, make, write, writeIsolated } from "./elements.js";
import { clockTime, count, duration, instant } from "./format.js";
import { keyedTable } from "./keyed_table.js";
import { startMoments } from "./opens.js";
import { compare } from "./order.js";
import { placeName, placesOf } from "./places.js";
import { remember } from "./tabs.js";
import { drawTimeline, keepAxis } from "./timeline.js";

const A_MINUTE_US = 60_000_000;
const SEEN_ENOUGH_US = 15 * A_MINUTE_US; // less observed time says little of a worker

const keyOf = (row) => JSON.stringify([row.site, row.worker_id ?? row.station_id]);

/** A name that leads to its page; beside it the id where the two differ, and the site where there are several. */
function drawName(cell, { name, id, site, search, pageOf }) {
  drawOnce(cell, `${site}\n${id}\n${name}`, () => {
    const parts = [make("a", { href: pageOf(id, site, search) }, isolated(name || id))];
    if (name && name !== id) {
      parts.push(" ", assign(isolated(id), { class: "id" }));
    }
    cell.replaceChildren(...parts, make("span", { class: "site" }, " ", isolated(site)));
  });
}

/** A state's shape, its name, and how long it has lasted. */
export function drawState(cell, { state, since, until }) {
  const shape = state === null ? "no-data" : state;
  const lasted = since === null ? "" : duration((until - since) * 1000);
  drawOnce(cell, `${shape} ${lasted}`, () =>
    cell.replaceChildren(make("i", { class: `key ${shape}` }), state ?? "no data", " ", make("span", { class: "quiet" }, lasted)));
}

/** When a worker was last known of: the end of what is drawn; null where that is nothing. */
function lastKnown(worker, from) {
  const last = worker.timeline[worker.timeline.length - 1];
  return last === undefined || from === null ? null : from + (last[0] + last[1]) * 1000;
}

/** Since when a worker is in the state shown, or when he was last known of where there is none. */
export const stateSince = (worker, view) => (worker.state === null ? lastKnown(worker, view.from) : instant(worker.state_since));

function placeOf(worker, view) {
  const last = worker.timeline[worker.timeline.length - 1];
  return worker.workstation_id === null ? (last === undefined ? null : view.floor.stations[last[3]]) : placeName(view.places, worker.site, worker.workstation_id);
}

function nowOf(worker, view) {
  const since = stateSince(worker, view);
  const known = since === null ? "" : ` since ${clockTime(since, { now: view.until, zone: view.zone })}`;
  return `${worker.state ?? "no data"}${known}`;
}

/** What a timeline says to those who do not see it. */
export function sentenceOf(worker, view) {
  const spent = [
    `working ${duration(worker.working_us)}`, `idle ${duration(worker.idle_us)}`, `absent ${duration(worker.absent_us)}`,
  ];
  const unseen = [["not watched", worker.unwatched_us], ["assumed", worker.assumed_us]].filter(([, time]) => time >= A_MINUTE_US);
  if (unseen.length > 0) {
    spent.push(`of these ${unseen.map(([name, time]) => `${name} ${duration(time)}`).join(" and ")}`);
  }
  if (worker.no_data_us !== null) {
    spent.push(`no data ${duration(worker.no_data_us)}`);
  }
  if (view.keptFrom !== null) {
    spent.push(`before ${clockTime(view.keptFrom, { now: view.now, zone: view.zone })} no longer kept`);
  }
  return `${worker.name}: ${spent.join(", ")}${view.live ? `; now ${nowOf(worker, view)}` : ""}.`;
}

function drawWorkerTimeline(cell, worker, view) {
  if (view.floor.has_timelines) {
    drawTimeline(cell, { ...view, opens: true, segments: worker.timeline, sentence: sentenceOf(worker, view) });
  }
}

/** Whoever needs attention first: the longest idle, then the least utilized; who was hardly seen comes last. */
export function byAttention(left, right) {
  const hardlySeen = (worker) => (worker.working_us + worker.idle_us < SEEN_ENOUGH_US ? 1 : 0);
  const idleSince = (worker) => (worker.state === "idle" ? Date.parse(worker.state_since) : null);
  return hardlySeen(left) - hardlySeen(right)
    || compare(idleSince(left), idleSince(right))
    || compare(left.utilization_percent, right.utilization_percent)
    || compare(left.name, right.name) || compare(keyOf(left), keyOf(right));
}

/** "-units_produced" in an address is {column: "units_produced", descending: true}. */
export function orderOf(text) {
  const descending = (text ?? "").startsWith("-");
  return text ? { column: descending ? text.slice(1) : text, descending } : null;
}

/**
 * What lets a table take its order from the address, and write it there; without one it is `otherwise`, if that is given. Of several tables
 * on a page each has a key of its own, by its `name`; `sort` alone is of any.
 */
export function ordering({ name = null, otherwise = null } = {}) {
  const asked = new URLSearchParams(window.location.search);
  const key = name === null ? "sort" : `sort_${name}`;
  return {
    order: orderOf(asked.get(key) ?? asked.get("sort")),
    otherwise,
    onOrder: ({ column, descending }) => remember(key, `${descending ? "-" : ""}${column}`),
  };
}

/** Lets the pictures in a table of workers open. */
export function opensMoments(table, inTable) {
  startMoments(table.tBodies[0], (frame) => {
    const { item, context } = inTable.shownIn(frame.closest("tr"));
    return item === undefined ? null : { worker: item, view: context };
  });
}

/** The table of workers; the context of its updates is the view, with `places` of places.js. */
export function workersTable(table) {
  const inTable = keyedTable(table, {
    keyOf,
    first: byAttention,
    ...ordering({ name: "workers" }),
    moving: ["state", "place", "timeline"], // a place may get another name, too
    draw: {
      name: (cell, worker, view, row) => {
        row.classList.toggle("faint", worker.working_us + worker.idle_us < SEEN_ENOUGH_US);
        drawName(cell, { ...worker, id: worker.worker_id, search: view.search, pageOf: workerPage });
      },
      state: (cell, worker, view) => drawState(cell, { state: worker.state, since: stateSince(worker, view), until: view.until }),
      place: (cell, worker, view) => writeIsolated(cell, placeOf(worker, view) ?? "–"),
      timeline: drawWorkerTimeline,
    },
    rank: {
      name: (worker) => worker.name || worker.worker_id,
      state: (worker) => `${worker.state ?? "no data"} ${worker.state_since}`,
      place: placeOf,
    },
  });
  const showAxis = keepAxis(table.tHead.querySelector(".timeline"));
  opensMoments(table, inTable);

  function update(rows, view) {
    inTable.update(rows, { ...view, places: placesOf(view.floor) });
    if (view.floor.has_timelines) {
      showAxis(view);
    }
  }

  return { ...inTable, update };
}

/** How many are at a workstation now; null where nobody knows. */
const knownThere = (station) => (station.is_unknown ? null : station.workers_now);

/** The table of workstations; the context of its updates is the view. */
export const stationsTable = (table) => keyedTable(table, {
  keyOf,
  ...ordering({ name: "stations", otherwise: { column: "name", descending: false } }),
  moving: ["state"],
  draw: {
    name: (cell, station, view) =>
      drawName(cell, { ...station, id: station.station_id, search: view.search, pageOf: stationPage }),
    state: (cell, station, view) => (station.state === null && !station.is_unknown
      ? writeIsolated(cell, "–")
      : drawState(cell, { state: station.state, since: instant(station.state_since), until: view.until })),
    workers_now: (cell, station) => write(cell, count(knownThere(station))),
  },
  rank: {
    name: (station) => station.name || station.station_id,
    workers_now: knownThere,
    state: (station) => (station.state === null && !station.workers_late ? null : `${station.state ?? "no data"} ${station.state_since}`),
  },
});

/** Whether anything is known of a worker in the window. */
export const wasSeen = (worker) => worker.state !== null
  || worker.working_us + worker.idle_us + worker.absent_us + worker.units_produced > 0;

/** Whether a row has a text in its name, its id or its place: what this is called here, and its id. */
export function finds(text) {
  const alike = (words) => words.normalize("NFC").toLowerCase(); // not as a Turkish browser would: ids are of no language
  const wanted = alike(text.trim());
  return (row, view) => [row.name, row.worker_id, row.station_id, row.workstation_id, row.timeline ? placeOf(row, view) : null]
    .some((field) => alike(field ?? "").includes(wanted));
}

/** The files beside the tables hold what the tables show. */
export function linkFiles(query) {
  for (const link of document.querySelectorAll("a[data-csv]")) {
    assign(link, { href: link.pathname + query });
  }
}

/** A query of the data page about one worker or workstation. */
export const eventsOf = (field, id, query) => `/dashboard/data${changed(query, { [field]: id })}`;
