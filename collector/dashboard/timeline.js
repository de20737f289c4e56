/**
 * A worker's states over a stretch of time as one small picture.
 *
 * States differ by height as well as by colour: working is full, idle half from the baseline, absent the baseline only;
 * time without data is hatched, assumed time paler in an outline. Nothing is drawn behind `until`. Geometry is in attributes alone,
 * because the page's policy allows no inline style. The states are paths stretched to the cell, one for each look; the
 * hatched gaps are rectangles in the cell's own pixels, so that the hatching is not stretched with them.
 */

import { assign, byId, draw, drawOnce, make, write } from "./elements.js";
import { hourMinute, MONTHS } from "./format.js";
import { alikeSegments } from "./same.js";
import { DAY, partsOf, ticks } from "./zoned.js";

const HEIGHT = 20;
const A_LABEL = 62; // pixels, with room around it
const HALF_A_LABEL = 18;
const SEEN = { w: [1, HEIGHT], i: [10, HEIGHT], a: [18, HEIGHT] }; // top and bottom of a state
const ASSUMED = { w: [1.5, HEIGHT - 0.5], i: [10.5, HEIGHT - 0.5], a: [19, HEIGHT] }; // of outlines, and of a thin baseline
const CLASSES = { w: "working", i: "idle", a: "absent" };
const UNSEEN = 1 / 2000; // of the stretch, half a pixel: ends of segments are rounded to the second, that is no gap

/** The paths of segments by their look, such as {"working": "M0 1h60V20h-60z", "idle assumed": …}. */
export function pathsOf(segments) {
  const paths = {};
  for (const [start, length, state, , assumed] of segments) {
    const look = assumed ? `${CLASSES[state]} assumed` : CLASSES[state];
    const [top, bottom] = (assumed ? ASSUMED : SEEN)[state];
    paths[look] = `${paths[look] ?? ""}M${start} ${top}h${length}V${bottom}h-${length}z`;
  }
  return paths;
}

/** What lies between segments, from `since` to `until`, as [start, length] in seconds. */
export function gapsOf(segments, { since = 0, until, whole }) {
  const least = whole * UNSEEN;
  const gaps = [];
  let reached = since;
  for (const [start, length] of segments) {
    if (start - reached > least) {
      gaps.push([reached, start - reached]);
    }
    reached = Math.max(reached, start + length);
  }
  if (until - reached > least) {
    gaps.push([reached, until - reached]);
  }
  return gaps;
}

function blankFrame(attributes) {
  const states = draw("svg", { class: "states", preserveAspectRatio: "none", width: "100%", height: HEIGHT });
  const picture = draw("svg", { class: "picture", role: "img", height: HEIGHT + 2 }, draw("g", { class: "gaps" }), states,
    draw("line", { class: "now", y1: 0, y2: HEIGHT + 2 }));
  return make("div", { class: "frame", ...attributes }, picture);
}

const share = (part, whole) => `${((100 * part) / whole).toFixed(3)}%`;

/** Of what is alike the attributes that differ are set: on a live page every picture grows at its end, again and again. */
function drawGaps(group, gaps, whole) {
  const places = gaps.map(([start, length]) => ({ x: share(start, whole), width: share(length, whole) }));
  const there = [...group.children];
  there.slice(gaps.length).forEach((rectangle) => rectangle.remove());
  there.slice(0, gaps.length).forEach((rectangle, index) => assign(rectangle, places[index]));
  group.append(...places.slice(there.length).map((place) => draw("rect", { class: "no-data", ...place, y: 1, height: HEIGHT - 1 })));
}

function drawStates(picture, segments, whole) {
  assign(picture, { viewBox: `0 0 ${whole} ${HEIGHT}` });
  const paths = Object.entries(pathsOf(segments));
  const there = [...picture.children];
  if (paths.length === there.length && paths.every(([look], index) => there[index].getAttribute("class") === look)) {
    paths.forEach(([, d], index) => assign(there[index], { d }));
  } else {
    picture.replaceChildren(...paths.map(([look, d]) => draw("path", { class: look, d })));
  }
}

// Copies of these are cheaper than the same built anew, and a true button takes half as long again to lay out.
const blank = { still: blankFrame({}), opening: blankFrame({ role: "button", tabindex: "0" }) };
const drawn = new WeakMap(); // picture → what it shows, so that only what somebody can see changed is drawn again

/** Whether two pictures differ by less than anybody sees: on a live page each answer moves all of them by a few seconds. */
function looksLike(before, { segments, whole, since, passed, live }) {
  const within = whole * UNSEEN;
  return before !== undefined && before.live === live
    && Math.abs(before.whole - whole) < within && Math.abs(before.passed - passed) < within && Math.abs(before.since - since) < within
    && alikeSegments(before.segments, segments, within);
}

/**
 * Draws into a cell. `segments` as the API has them, seconds after `from`; `from`, `end`, `until` are instants in
 * milliseconds; `sentence` tells the same to those who do not see it; `live` marks where now is; `keptFrom`: what was
 * before is not unknown but no longer kept; `partial`: what lies between the segments is left out, but for what is unknown
 * from `lostFrom` on, an instant, to `until`; `opens`: it is a button
 * (opens.js).
 */
export function drawTimeline(cell, { segments, from, end, until, sentence, live, keptFrom = null, partial = false, lostFrom = null, opens = false }) {
  const picture = (cell.firstElementChild ?? cell.appendChild(blank[opens ? "opening" : "still"].cloneNode(true))).firstElementChild;
  const first = partial ? lostFrom ?? until : keptFrom ?? from;
  const whole = (end - from) / 1000;
  const [since, passed] = [(first - from) / 1000, (until - from) / 1000];
  const shown = { segments, whole, since, passed, live };
  if (!looksLike(drawn.get(picture), shown)) {
    const [gaps, states, now] = picture.children;
    drawn.delete(picture); // what cannot be drawn leaves a picture of neither
    drawStates(states, segments, whole);
    drawGaps(gaps, gapsOf(partial ? [] : segments, { since, until: passed, whole }), whole);
    const x = share(passed, whole);
    assign(now, { x1: x, x2: x, visibility: live ? "visible" : "hidden" });
    drawn.set(picture, shown);
  }
  assign(picture, { "aria-label": sentence });
}

/** Says below the table, or in the picture's place, why there are no timelines where there could be some. */
export function noteTimelines({ has_timelines: hasTimelines, shows_persons: showsPersons }) {
  const hasNone = showsPersons && !hasTimelines;
  byId("timelines-note").hidden = !hasNone;
  write(byId("timelines-note"), hasNone ? "This stretch is too long for timelines." : "");
}

function label(at, { from, end, zone }) {
  if (end - from > 2 * DAY) {
    const { day, month } = partsOf(at, zone);
    return `${day} ${MONTHS[month - 1]}`;
  }
  return hourMinute(at, zone);
}

function drawAxis(cell, { from, end, zone, width }) {
  const most = Math.max(1, Math.floor(width / A_LABEL));
  const edge = HALF_A_LABEL / Math.max(1, width);
  drawOnce(cell, [from, end, zone, width].join(" "), () => {
    cell.querySelector("svg")?.remove();
    cell.append(draw("svg", { class: "axis", "aria-hidden": "true", height: 16 }, ...ticks(from, end, { zone, most }).map((at) => {
      const part = (at - from) / (end - from);
      const [x, anchor] = part < edge ? ["0", "start"] : part > 1 - edge ? ["100%", "end"] : [share(at - from, end - from), "middle"];
      return draw("text", { x, y: 12, "text-anchor": anchor }, label(at, { from, end, zone }));
    })));
  });
}

/**
 * Keeps the clock above timelines in a cell, at whatever width the cell has; a label that would leave it is kept inside.
 * Returns what is told which stretch it is: ({from, end, zone}). The width is never asked for: that would cost a layout.
 */
export function keepAxis(cell) {
  let shown = null;
  let width = 0;
  const redraw = () => (shown === null || width === 0 ? undefined : drawAxis(cell, { ...shown, width }));
  new ResizeObserver(([change]) => {
    width = Math.floor(change.contentRect.width);
    redraw();
  }).observe(cell);
  return ({ from, end, zone }) => {
    shown = { from, end, zone };
    redraw();
  };
}
