/** A workstation: now, its numbers, and who was there when. */

import { changed, closed, idOf, isAhead, reduced, stationPage, WINDOW_KEYS, workerPage } from "./address.js";
import { Refused } from "./api.js";
import { assign, byId, drawOnce, isolated, make, write, writeIsolated } from "./elements.js";
import * as format from "./format.js";
import { aheadText, nameHeading } from "./header.js";
import { keyedTable } from "./keyed_table.js";
import { startPage } from "./page.js";
import { drawState, eventsOf, opensMoments, ordering, stateSince } from "./people_and_places.js";
import { drawTimeline, keepAxis, noteTimelines } from "./timeline.js";
import { showWhich } from "./which_one.js";
import { DAY } from "./zoned.js";

const { pathname, search } = window.location;
const id = idOf(pathname, search);
const asked = reduced(search, WINDOW_KEYS);
const showAxis = keepAxis(byId("workers").tHead.querySelector(".timeline"));
const A_MINUTE_US = 60_000_000;
const LONGEST_MS = 31 * DAY; // the collector tells for no longer window how long a workstation was occupied

const isThis = (row) => row.station_id === id;

const isHereNow = (row) => row.workstation_id === id;
const keyOf = (row) => JSON.stringify([row.site, row.worker_id]);

const people = keyedTable(byId("workers"), {
  keyOf,
  draw: {
    name: (cell, row, view) => drawOnce(cell, `${keyOf(row)} ${row.name}`, () => cell.replaceChildren(
      make("a", { href: workerPage(row.worker_id, row.site, view.search) }, isolated(row.name || row.worker_id)))),
    state: (cell, row, view) => (isHereNow(row) || row.isLost
      ? drawState(cell, { state: row.state, since: stateSince(row, view), until: view.until })
      : writeIsolated(cell, "–")),
    timeline: (cell, row, view) => drawTimeline(cell, {
      ...view, opens: true, segments: row.here, partial: true, lostFrom: row.isLost ? stateSince(row, view) : null, sentence: `${row.name} at this workstation, ${format.plural(row.here.length, "stretch")}`.replace("stretchs", "stretches"),
    }),
  },
  ...ordering({ otherwise: { column: "name", descending: false } }),
  rank: {
    name: (row) => row.name || row.worker_id,
    state: (row) => (isHereNow(row) || row.isLost ? `${row.state ?? "no data"} ${row.state_since}` : null),
  },
});

opensMoments(byId("workers"), people);

/** Who was at a workstation: the collector's numbers of that alone, and of the floor's picture what is here. */
function whoWasHere(view, station) {
  const index = view.floor.workstations.indexOf(station);
  const onFloor = new Map(view.floor.workers.map((row) => [keyOf(row), row]));
  return (view.extra.people ?? []).filter((row) => row.site === station.site).map((row) => {
    const { state = null, state_since: since = null, workstation_id: place = null, timeline = [] } = onFloor.get(keyOf(row)) ?? {};
    const isLost = view.live && state === null && timeline[timeline.length - 1]?.[3] === index; // he was last seen here, and nobody knows since
    return { ...row, state, state_since: since, workstation_id: place, timeline, isLost, here: timeline.filter((segment) => segment[3] === index) };
  });
}

function showNow(row, view) {
  if (view.live && row.isLeftOut) {
    writeIsolated(byId("now"), "–");
    write(byId("now-more"), "not told of so many workstations");
    return;
  }
  if (!view.live || row.state === null) {
    const isUnknown = view.live && row.is_unknown;
    if (isUnknown) {
      drawState(byId("now"), { state: null, since: null });
    } else {
      writeIsolated(byId("now"), view.live ? "nobody" : "–");
    }
    write(byId("now-more"), isUnknown ? (row.workers_late > 0 ? `${format.workers(row.workers_late)} seen here last` : "no camera vouches for it")
      : view.live ? "is working or idle here" : "not a live window");
    return;
  }
  drawState(byId("now"), { state: row.state, since: Date.parse(row.state_since), until: view.until });
  write(byId("now-more"), `${format.workers(row.workers_now)} here`);
}

function showPeople(view, row) {
  const found = whoWasHere(view, row);
  people.update(found, view);
  byId("people").hidden = found.length === 0;
  const isDrawn = view.floor.has_timelines && !row.isLeftOut;
  document.body.classList.toggle("no-timelines", !isDrawn);
  noteTimelines(view.floor);
  if (isDrawn && found.length > 0) {
    showAxis(view);
  }
}

/** The rows of this id: the floor's, or beyond those that a floor tells of the collector's numbers alone. */
function rowsOf(view) {
  const found = view.floor.workstations.filter(isThis);
  const leftOut = found.length === 0 && view.floor.workstations_left_out > 0 ? view.extra.stations ?? [] : [];
  return [...found, ...leftOut.filter(isThis).map((row) => ({ ...row, state: null, isLeftOut: true, occupancy_us: row.occupancy_minutes * A_MINUTE_US }))];
}

function show(view) {
  const found = rowsOf(view);
  const row = found.length === 1 ? found[0] : undefined;
  const ahead = aheadText(view);
  byId("nobody").hidden = row !== undefined && ahead === null;
  if (found.length > 1) {
    showWhich(byId("nobody"), found, { id, what: "a workstation", pageOf: stationPage, search });
  } else if (row !== undefined) {
    write(byId("nobody"), ahead ?? "");
  } else {
    const isTold = view.extra.stations !== null || view.floor.workstations_left_out === 0;
    writeIsolated(byId("nobody"), isTold ? `There is no workstation ${format.apart(id)} here.` : `There are too many workstations here to tell of ${format.apart(id)}.`);
  }
  nameHeading(row?.name || id, view);
  assign(byId("to-events"), { href: eventsOf("workstation_id", id, closed(asked, view.window)) });
  if (row === undefined) {
    return;
  }
  assign(byId("people-csv"), { href: `/api/metrics/workers.csv${peopleOf(view.window)}` });
  showNow(row, view);
  for (const node of document.querySelectorAll("[data-row]")) {
    write(node, format[node.dataset.format](row[node.dataset.row]));
  }
  const here = view.extra.stations?.find((one) => isThis(one) && one.site === row.site);
  write(byId("occupied"), format.duration(here?.occupied_us));
  showPeople(view, row);
}

const peopleOf = (shownWindow) => changed(closed(asked, shownWindow), { workstation_id: id });

/** What the collector tells, null where it refuses to for as much as that is; any other failure is one of the page. */
async function askedOf(read, path) {
  try {
    return await read(path);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 400) {
      throw error;
    }
    return null;
  }
}

/** The collector's rows of all workstations, with how long each was occupied where that can be told; null where they are not needed. */
async function readStations(floor, read) {
  const { from, until } = floor.window;
  const isLeftOut = floor.workstations_left_out > 0 && !floor.workstations.some(isThis);
  const ask = (more) => askedOf(read, `/api/metrics/workstations/${changed(closed(asked, floor.window), more)}`);
  const isTold = from !== null && Date.parse(until) - Date.parse(from) <= LONGEST_MS && from !== until;
  const told = isTold ? await ask({ include: "occupied" }) : null; // null: too full to be told, the rest is shown
  return told ?? (isLeftOut ? ask({}) : null);
}

/** Nothing is asked for in vain: of persons by those who see none, of a workstation that nobody knows, of a time that has not begun. */
async function readPeople(floor, read, stations) {
  const isThere = floor.shows_persons && !isAhead(floor.window) && [...floor.workstations, ...(stations ?? [])].some(isThis);
  return isThere ? askedOf(read, `/api/metrics/workers/${peopleOf(floor.window)}`) : null;
}

async function readMore(floor, read) {
  const stations = await readStations(floor, read);
  return { stations, people: await readPeople(floor, read, stations) };
}

startPage({ more: readMore, show });
