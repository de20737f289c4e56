/**
 * What each hour brought: bars of units per hour, and a table of hours and days with the value in each cell.
 *
 * An hour that goes on is outlined and not extrapolated. An hour in which nobody watched and nothing came is hatched: that is
 * no zero. Of what a camera still owes a part the outline is broken.
 */

import { assign, draw, drawOnce, make, renew, write } from "./elements.js";
import { count, date, duration, hourMinute, rate } from "./format.js";
import { byStart, isGoingOn, isUnknown, NOT_ALL_IN } from "./hour_rows.js";
import { partsOf } from "./zoned.js";

const HEIGHT = 140;
const BASE = 118;
const MOST_BARS = 31 * 24;
const FEW = 26; // hours that each have room for their own text
const A_VALUE = 17; // pixels from a bar to the upper edge of its value
/** Where a third of the labels have room. */
export const NARROW = "(max-width: 45rem)";
const SPELL = { units_produced: count, working_us: duration, idle_us: duration, utilization_percent: rate };
const MOST = { utilization_percent: 100 }; // of others the greatest one shown

/** What an hour aims at, where that is told of this field and is more than nothing. */
const targetOf = (hour, field) => (field === "units_produced" && hour.target_units > 0 ? hour.target_units : null);

const mostOf = (hours, field) => MOST[field] ?? Math.max(0, ...hours.map((hour) => hour[field]));
const highest = (hours, field) => Math.max(mostOf(hours, field), ...hours.map((hour) => targetOf(hour, field) ?? 0));

const share = (part, whole) => `${((100 * part) / whole).toFixed(3)}%`;

/** How an hour is marked that is not over, or not all in. */
const looksOf = (hour, view) => `${isGoingOn(hour, view) ? " going-on" : ""}${hour.is_owed ? " owed" : ""}`;

/** How high a bar's value stands: on the bar, or above the line of its target where that would strike it out. */
export const valueHeight = (height, aim) => (aim !== null && aim > height && aim < height + A_VALUE ? aim : height);

/** What stands below a bar: of few hours each one's time, of many the days where they begin. */
function labelOf(hour, { number, every, index, view, isNarrow }) {
  if (number > FEW) {
    const { hour: clock } = partsOf(hour.from, view.zone);
    const fits = !isNarrow || index < 0.8 * number;
    return fits && clock === 0 && (index / 24) % every < 1 ? date(hour.from, view) : null;
  }
  return index % every === 0 ? hourMinute(hour.from, view.zone) : null;
}

function bar(hour, { index, number, most, view, field, isNarrow }) {
  const heightOf = (value) => (most === 0 ? 0 : Math.round((BASE - 16) * (value / most)));
  const height = heightOf(hour[field]);
  const [x, width] = [share(index + 0.1, number), share(0.8, number)];
  const parts = isUnknown(hour)
    ? [draw("rect", { class: "no-data", x: share(index, number), width: share(1, number), y: 16, height: BASE - 16 })]
    : [draw("rect", { class: `bar${looksOf(hour, view)}`, x, width, y: BASE - height, height })];
  const target = targetOf(hour, field);
  const aim = target === null ? null : heightOf(target);
  if (aim !== null) {
    const y = BASE - aim;
    const ends = { x1: share(index, number), x2: share(index + 1, number), y1: y, y2: y };
    const edge = number <= FEW ? [draw("line", { class: "target-edge", ...ends })] : []; // of narrow bars it would leave shreds
    parts.push(...edge, draw("line", { class: "target", ...ends }));
  }
  const middle = share(index + 0.5, number);
  const every = Math.ceil(number > FEW ? number / 24 / (isNarrow ? 4 : 10) : number / (isNarrow ? 6 : 13));
  const text = labelOf(hour, { number, every, index, view, isNarrow });
  if (number <= (isNarrow ? FEW / 3 : FEW) && !isUnknown(hour) && hour[field] !== null) {
    parts.push(draw("text", { x: middle, y: BASE - valueHeight(height, aim) - 4, "text-anchor": "middle" }, SPELL[field](hour[field])));
  }
  if (text !== null) {
    const anchor = number <= FEW ? "middle" : index > 0.94 * number ? "end" : "start";
    parts.push(draw("text", { class: "quiet", x: middle, y: BASE + 16, "text-anchor": anchor }, text));
  }
  return parts;
}

function bars(hours, { view, field, title, isNarrow }) {
  const most = highest(hours, field);
  const told = hours.map((hour) => {
    const target = targetOf(hour, field);
    const aim = target === null ? "" : ` of ${count(target)}`;
    return `${hourMinute(hour.from, view.zone)} ${isUnknown(hour) ? "no data" : `${SPELL[field](hour[field])}${aim}${hour.is_owed ? `, ${NOT_ALL_IN}` : ""}`}`;
  });
  const sentence = hours.length <= FEW ? `${title} per hour: ${told.join("; ")}.` : `${title} per hour, at most ${SPELL[field](mostOf(hours, field))}.`;
  const picture = draw("svg", { class: "bars", role: "img", height: HEIGHT, "aria-label": sentence });
  picture.append(...hours.flatMap((hour, index) => bar(hour, { index, number: hours.length, most, view, field, isNarrow })),
    draw("line", { class: "base", x1: "0", x2: "100%", y1: BASE, y2: BASE }));
  return picture;
}

/** Draws the bars of a field into a box. */
export function drawHourBars(box, view, { field = "units_produced", title = "Units" } = {}) {
  const hours = byStart(view).slice(0, MOST_BARS);
  const isNarrow = window.matchMedia(NARROW).matches;
  drawOnce(box, JSON.stringify([hours, view.until, view.zone, field, isNarrow]),
    () => renew(box, [bars(hours, { view, field, title, isNarrow })]));
}

/** The days of hours in order: [{title, cells: Map(hour of the clock → hours)}]. */
function days(hours, view) {
  const found = new Map();
  for (const hour of hours) {
    const { year, month, day, hour: clock } = partsOf(hour.from, view.zone);
    const key = `${year}-${month}-${day}`;
    if (!found.has(key)) {
      found.set(key, { title: date(hour.from, view), cells: new Map() });
    }
    const { cells } = found.get(key);
    cells.set(clock, [...(cells.get(clock) ?? []), hour]); // twice the same on a day that is set back
  }
  return [...found.values()];
}

function heatCell(hours, { field, most, view }) {
  const cell = make("td", { class: "heat" });
  if (hours === undefined) {
    cell.className = "heat none";
    return cell;
  }
  if (hours.every(isUnknown)) {
    cell.className = "heat no-data";
    cell.append(make("span", { class: "unseen" }, "no data"));
    return cell;
  }
  const greatest = Math.max(0, ...hours.map((hour) => hour[field]));
  write(cell, hours.map((hour) => SPELL[field](hour[field])).join(" + "));
  const looks = new Set(hours.flatMap((hour) => looksOf(hour, view).split(" ").slice(1)));
  cell.classList.add(...looks);
  if (looks.has("owed")) {
    cell.append(make("span", { class: "unseen" }, ` ${NOT_ALL_IN}`));
  }
  return assign(cell, { "data-heat": most === 0 ? 0 : Math.ceil((5 * greatest) / most) });
}

/**
 * Where not all hours fit, the first ones of which anything is known are in sight: nobody works at midnight. That waits until the box
 * is laid out, by itself or when its tab is opened: asking where a cell is would have the whole page laid out twice.
 */
function showKnown(box) {
  new ResizeObserver((_, observer) => {
    const known = [...box.querySelectorAll("td.heat:not(.none):not(.no-data)")].sort((left, right) => left.cellIndex - right.cellIndex);
    if (known.length > 0 && box.clientWidth > 0) {
      box.scrollLeft = known[0].offsetLeft - known[0].parentElement.cells[0].offsetWidth;
      observer.disconnect();
    }
  }).observe(box);
}

function heatMap(hours, { view, field }) {
  const rows = days(hours, view);
  const most = mostOf(hours, field);
  const clocks = [...new Set(rows.flatMap((row) => [...row.cells.keys()]))].sort((left, right) => left - right);
  const head = make("tr", {}, make("th", { scope: "col" }, "Day"),
    ...clocks.map((clock) => make("th", { scope: "col", class: "number" }, String(clock).padStart(2, "0"))));
  const body = rows.map((row) => make("tr", {}, make("th", { scope: "row" }, row.title),
    ...clocks.map((clock) => heatCell(row.cells.get(clock), { field, most, view }))));
  return make("table", { class: "heat-map" }, make("thead", {}, head), make("tbody", {}, ...body));
}

/** Draws a table of the clock's hours and the days into a box; the value of `field` stands in each cell. */
export function drawHeat(box, view, { field }) {
  const hours = byStart(view);
  const isFirst = box.firstElementChild === null; // later on it stays where the reader has moved it
  drawOnce(box, JSON.stringify([hours, view.live, view.zone, field]), () => renew(box, [heatMap(hours, { view, field })]));
  if (isFirst) {
    showKnown(box);
  }
}
