/**
 * The board for a screen across the hall: workstations and totals, never persons. Nothing scrolls; more workstations than
 * fit take turns. When nothing comes any more, from the collector or from any camera, that fills the width, and the clock
 * stands still. After an upgrade the board loads itself anew.
 */

import { showNumbers } from "./cards.js";
import { byId, isolated, make, write } from "./elements.js";
import { count, duration, hourMinute, clockTime, instant } from "./format.js";
import { periodText } from "./header.js";
import { byStart, isUnknown } from "./hour_charts.js";
import { startPage } from "./page.js";
import { knownUntil, noDataSince } from "./silence.js";

const TURN_MS = 12_000;
const UPGRADE_MS = 60_000;
const A_PAGE = 20;
const MOST_HOURS = 12;
let shown = null;
let outage = null; // {readAt, zone} while nothing new comes from the collector
let turn = 0;

const WORDS = { working: "WORKING", idle: "IDLE", absent: "NOBODY", "no-data": "NO DATA" };

function tile(station, { until, live }) {
  const state = station.state ?? "none";
  const nothing = station.is_unknown ? "no-data" : "absent";
  const word = live ? WORDS[station.state ?? nothing] : ""; // of the past no state is told
  const lasted = station.state === null ? "" : duration((until - instant(station.state_since)) * 1000);
  return make("li", { class: "tile", "data-state": state },
    make("span", { class: "tile-name" }, isolated(station.name), make("span", { class: "site" }, " ", isolated(station.site))),
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

/** Where the part of an hour that can be right ends: of one that goes on now, or where the last camera stands. */
function hourEnd(hour, isGoingOn) {
  const end = Math.max(hour.from, Math.min(hour.to, knownUntil(shown)));
  return isGoingOn && end === hour.to ? "now" : hourMinute(end, shown.zone);
}

function showHours() {
  const hours = byStart(shown.floor.hours).slice(-MOST_HOURS);
  write(byId("board-units"), hours.some((hour) => hour.target_units !== null) ? "Units / target" : "Units");
  const rows = hours.map((hour) => {
    const isGoingOn = shown.live && hour.to === shown.until;
    const name = `${hourMinute(hour.from, shown.zone)}–${hourEnd(hour, isGoingOn)}`;
    const cells = isUnknown(hour)
      ? [make("td", { class: "heat no-data", colspan: 3 }, make("span", { class: "unseen" }, "no data"))]
      : [unitsOf(hour), duration(hour.working_us), duration(hour.idle_us)].map((text) => make("td", { class: "number" }, text));
    return make("tr", { class: isGoingOn ? "going-on" : "" }, make("th", { scope: "row" }, name), ...cells);
  });
  byId("board-hours").tBodies[0].replaceChildren(...rows);
}

/** The bar across the screen; the earlier of two silences, for what is older is older. */
function showSilence() {
  const since = noDataSince({ view: shown, outage });
  byId("stale-bar").hidden = since === undefined;
  if (since !== undefined) {
    const [now, zone] = outage === null ? [shown.until, shown.zone] : [Date.now(), outage.zone];
    write(byId("stale-bar"), `NO DATA${since === null ? "" : ` SINCE ${clockTime(since, { now, zone })}`}`);
  }
}

function show(view) {
  shown = view;
  showNumbers(view.floor);
  showStations();
  showHours();
  showSilence();
  write(byId("clock"), hourMinute(knownUntil(view), view.zone));
  write(byId("clock-of"), ` in ${view.zone}`);
  write(byId("board-of"), view.live ? periodText(view) : `${periodText(view)}, over`);
}

function onOutage(found) {
  outage = found;
  showSilence();
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
