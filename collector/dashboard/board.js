/**
 * The board for a screen across the hall: workstations and totals, never persons. Nothing scrolls; more workstations than
 * fit take turns, until somebody stops them (WCAG 2.2.2). When nothing comes any more, from the collector or from any camera, that fills the width, and the clock
 * stands still. After an upgrade the board loads itself anew.
 */

import { changed, reduced } from "./address.js";
import { showNumbers } from "./cards.js";
import { assign, byId, isolated, make, renew, write } from "./elements.js";
import { clockTime, count, duration, hourMinute, instant } from "./format.js";
import { aheadText, periodText } from "./header.js";
import { hoursTold, isGoingOn, isUnknown, NOT_ALL_IN, partTold } from "./hour_rows.js";
import { startPage } from "./page.js";
import { knownUntil, noDataSince } from "./silence.js";

const TURN_MS = 12_000;
const UPGRADE_MS = 60_000;
const A_PAGE = 20;
const A_ROW = 4; // of many tiles
const MOST_HOURS = 12;
const WIDTHS = [[3, false], [3, true], [2, true], [1, true]]; // columns beside the hour, and whether what is said of it stands below it
let shown = null;
let outage = null; // {readAt, zone} while nothing new comes from the collector
let turn = 0;
let isPaused = false; // not remembered: a board that has loaded itself anew turns its pages again
let most = A_PAGE; // tiles that fit, as far as has been tried

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

/** Pages of about the same number of tiles. */
function showPage(stations) {
  const pages = Math.max(1, Math.ceil(stations.length / most));
  const [page, each] = [turn % pages, Math.ceil(stations.length / pages)];
  write(byId("board-page"), pages > 1 ? `${page + 1} / ${pages}` : "");
  byId("board-pause").hidden = pages === 1;
  const tiles = stations.slice(page * each, (page + 1) * each).map((station) => tile(station, shown));
  renew(byId("board-stations"), tiles);
  return [...byId("board-stations").children];
}

const isCut = (part) => part.scrollHeight > part.clientHeight;
const isTooWide = (part) => part.scrollWidth > part.clientWidth;

/** As many a page as have room for all that they say: a row fewer where one is cut off. */
function showStations() {
  const stations = inOrder(shown.floor.workstations);
  byId("board-stations").dataset.many = String(Math.min(A_PAGE, stations.length) > 8);
  while (showPage(stations).some(isCut) && most > A_ROW) {
    most -= A_ROW;
  }
}

function onRoom() {
  most = A_PAGE;
  if (shown !== null) {
    showHours(); // which leave the stations their room
    showStations();
  }
}

/** What was made, and of a site with a target what of it should have been. */
const unitsOf = ({ units_produced: made, target_units: target }) => (target === null ? count(made) : `${count(made)} / ${count(target)}`);

/** "12:00–13:00", or where the part of an hour that can be right ends: of one that goes on now, or where the last camera stands. */
function hourName(hour) {
  const isNow = isGoingOn(hour, shown) && hour.end === hour.to;
  return `${hourMinute(hour.from, shown.zone)}–${isNow ? "now" : hourMinute(hour.end, shown.zone)}`;
}

function hourRow(hour, columns) {
  const isOwed = hour.is_owed && !isUnknown(hour);
  const name = [hourName(hour), isOwed ? make("span", { class: "quiet" }, ` ${NOT_ALL_IN}`) : ""];
  const cells = isUnknown(hour)
    ? [make("td", { class: "heat no-data", colspan: columns }, make("span", { class: "unseen" }, "no data"))]
    : [unitsOf(hour), duration(hour.working_us), duration(hour.idle_us)].slice(0, columns).map((text) => make("td", { class: "number" }, text));
  return make("tr", { class: `${isGoingOn(hour, shown) ? "going-on" : ""}${isOwed ? " owed" : ""}` }, make("th", { scope: "row" }, ...name), ...cells);
}

function drawHours(hours, [columns, isTight]) {
  const table = byId("board-hours");
  assign(table, { "data-tight": String(isTight) });
  [...table.tHead.rows[0].cells].forEach((cell, place) => (cell.hidden = place > columns));
  renew(table.tBodies[0], hours.map((hour) => hourRow(hour, columns)));
}

/** As many hours as have room, with all columns: what is said of an hour goes below it first, then the last column makes way, and the oldest hour. */
function showHours() {
  const section = byId("board-hours").closest("section");
  let hours = hoursTold(shown).slice(-MOST_HOURS);
  write(byId("board-units"), hours.some((hour) => hour.target_units !== null) ? "Units / target" : "Units");
  const fits = (width) => {
    drawHours(hours, width);
    return !isTooWide(section);
  };
  const width = WIDTHS.find(fits) ?? WIDTHS[WIDTHS.length - 1];
  while (hours.length > 1 && isCut(section)) {
    hours = hours.slice(1);
    drawHours(hours, width);
  }
}

/** The bar across the screen, and of what the clock stands at then; the earlier of two silences, for what is older is older. */
function showSilence() {
  const since = noDataSince({ view: shown, outage });
  byId("stale-bar").hidden = since === undefined;
  byId("clock-as-of").hidden = since === undefined || shown === null;
  if (since !== undefined) {
    const [now, zone] = outage === null ? [shown.until, shown.zone] : [Date.now(), outage.zone];
    write(byId("stale-bar"), `NO DATA${since === null ? "" : ` SINCE ${clockTime(since, { now, zone })}`}`);
  }
}

function show(view) {
  shown = view;
  showNumbers(view.floor);
  showHours();
  showStations();
  showSilence();
  write(byId("clock"), hourMinute(knownUntil(view), view.zone));
  write(byId("clock-of"), ` in ${view.zone}`);
  write(byId("board-of"), view.live ? periodText(view) : aheadText(view) ?? `${periodText(view)}, over`);
}

/** Of the hour in which all cameras fell silent, what is asked of it until then. */
async function readPart(floor, read) {
  const part = partTold(floor);
  return part === null ? null : read(`/api/metrics/hours/${changed(reduced(window.location.search, ["site"]), part)}`).catch(() => null);
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

function onTurn() {
  turn += isPaused ? 0 : 1;
  if (shown !== null) {
    showStations();
  }
}

byId("board-pause").addEventListener("click", () => {
  isPaused = !isPaused;
  assign(byId("board-pause"), { "aria-pressed": String(isPaused) });
});
setInterval(onTurn, TURN_MS);
new ResizeObserver(() => window.requestAnimationFrame(onRoom)).observe(byId("board-stations"));
setInterval(lookForUpgrade, UPGRADE_MS);
lookForUpgrade();
startPage({ more: readPart, show, onOutage });
