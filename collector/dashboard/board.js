/**
 * The board for a screen across the hall: workstations and totals, never persons. Nothing scrolls; more workstations than
 * fit take turns. When nothing comes any more, that fills the width. After an upgrade the board loads itself anew.
 */

import { showNumbers } from "./cards.js";
import { byId, isolated, make, write } from "./elements.js";
import { count, duration, hourMinute, clockTime, instant } from "./format.js";
import { byStart, isUnknown } from "./hour_charts.js";
import { startPage } from "./page.js";

const TURN_MS = 12_000;
const UPGRADE_MS = 60_000;
const A_PAGE = 20;
const MOST_HOURS = 12;
let shown = null;
let turn = 0;

const WORDS = { working: "WORKING", idle: "IDLE", absent: "NOBODY", "no-data": "NO DATA" };

function tile(station, { until, live }) {
  const state = station.state ?? "none";
  const nothing = station.workers_late > 0 ? "no-data" : "absent";
  const word = live ? WORDS[station.state ?? nothing] : ""; // of the past no state is told
  const lasted = station.state === null ? "" : duration((until - instant(station.state_since)) * 1000);
  return make("li", { class: "tile", "data-state": state },
    make("span", { class: "tile-name" }, isolated(station.name)),
    make("span", { class: "tile-state" }, live ? make("i", { class: `key ${station.state ?? nothing}` }) : "",
      word, " ", make("span", { class: "quiet" }, lasted)),
    make("span", { class: "tile-units" }, count(station.units_produced), make("small", {}, " units")));
}

/** Those where something was done first; on a board an unused place is no news. */
function inOrder(stations) {
  const used = stations.filter((station) => station.state !== null || station.occupancy_us + station.units_produced > 0);
  return used.length > 0 ? used : stations;
}

function showStations() {
  const stations = inOrder(shown.floor.workstations);
  const pages = Math.max(1, Math.ceil(stations.length / A_PAGE));
  const page = turn % pages;
  write(byId("board-page"), pages > 1 ? `${page + 1} / ${pages}` : "");
  const there = stations.slice(page * A_PAGE, (page + 1) * A_PAGE);
  byId("board-stations").dataset.many = String(Math.min(A_PAGE, stations.length) > 8);
  byId("board-stations").replaceChildren(...there.map((station) => tile(station, shown)));
}

/** What was made, and of a site with a target what of it should have been. */
const unitsOf = ({ units_produced: made, target_units: target }) => (target === null ? count(made) : `${count(made)} / ${count(target)}`);

function showHours() {
  const hours = byStart(shown.floor.hours).slice(-MOST_HOURS);
  const rows = hours.map((hour) => {
    const isGoingOn = shown.live && hour.to === shown.until;
    const name = `${hourMinute(hour.from, shown.zone)}–${isGoingOn ? "now" : hourMinute(hour.to, shown.zone)}`;
    const cells = isUnknown(hour)
      ? [make("td", { class: "heat no-data", colspan: 3 }, make("span", { class: "unseen" }, "no data"))]
      : [unitsOf(hour), duration(hour.working_us), duration(hour.idle_us)].map((text) => make("td", { class: "number" }, text));
    return make("tr", { class: isGoingOn ? "going-on" : "" }, make("th", { scope: "row" }, name), ...cells);
  });
  byId("board-hours").tBodies[0].replaceChildren(...rows);
}

function show(view) {
  shown = view;
  showNumbers(view.floor);
  showStations();
  showHours();
  write(byId("clock"), hourMinute(view.until, view.zone));
  write(byId("clock-of"), ` as of, ${view.zone}`);
}

function onOutage(outage) {
  byId("stale-bar").hidden = outage === null;
  if (outage !== null) {
    const since = outage.readAt === null ? "" : ` SINCE ${clockTime(outage.readAt, { now: Date.now(), zone: outage.zone })}`;
    write(byId("stale-bar"), `NO DATA${since}`);
  }
}

let edition = null; // the tag of this page: every file of the dashboard counts

async function lookForUpgrade() {
  const answer = await fetch(window.location.pathname, { method: "HEAD", cache: "no-store" }).catch(() => null);
  const tag = answer?.ok ? answer.headers.get("ETag") : null;
  if (tag !== null && edition !== null && tag !== edition) {
    window.location.reload();
  }
  edition = tag ?? edition;
}

setInterval(() => {
  turn += 1;
  if (shown !== null) {
    showStations();
  }
}, TURN_MS);
setInterval(lookForUpgrade, UPGRADE_MS);
lookForUpgrade();
startPage({ show, onOutage });
