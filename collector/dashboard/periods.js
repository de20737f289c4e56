/** Choosing what to look at: by keys, by the dialog behind the window's name, by typed times of the site's own clock. */

import { windowed } from "./address.js";
import { assign, byId, write } from "./elements.js";
import { dayStart, instantOfText, wallText } from "./zoned.js";

const iso = (instant) => new Date(instant).toISOString().replace(".000Z", "Z");

/** The site that is looked at, be it asked for or the only one. */
function siteOf({ search, floor: { sites } }) {
  const asked = new URLSearchParams(search).get("site");
  return sites.length === 1 ? sites[0] : sites.find((one) => one.site === asked);
}

/** What to ask for by name: live, today, yesterday, week (the last seven days, today among them). */
export function named(name, { now, zone }) {
  const days = { today: [0, 1], yesterday: [-1, 0], week: [-6, 1] }[name];
  if (days === undefined) {
    return {};
  }
  const [from, to] = days.map((plus) => iso(dayStart(now, zone, { plus })));
  return { from, to };
}

/**
 * The same on a page that shows the last seven days where nothing is asked for: there even the shift that goes on must be,
 * and where there are no shifts today.
 */
function namedOnPage(name, view) {
  if (name !== "live" || document.body.dataset.page !== "hours") {
    return named(name, view);
  }
  return siteOf(view)?.shifts.length > 0 ? { shift: "current" } : named("today", view);
}

const addressOf = (query) => windowed(window.location.search, query) || window.location.pathname;

/** Goes to a stretch of time by its name. */
export const goTo = (name, view) => window.location.assign(addressOf(namedOnPage(name, view)));

function showShifts(view) {
  const { window: shown } = view.floor;
  const shifts = siteOf(view)?.shifts ?? [];
  byId("shift-choice").hidden = shifts.length === 0;
  const [day, current] = shown.shift === null ? [wallText(view.until, view.zone).slice(0, 10), null] : shown.shift.split(/\/(.*)/s);
  byId("shift-day").value = day;
  byId("shift-name").replaceChildren(...shifts.map((name) => new Option(name, name, false, name === current)));
}

function open(view) {
  for (const name of ["live", "today", "yesterday", "week"]) {
    assign(byId(`go-${name}`), { href: addressOf(namedOnPage(name, view)) });
  }
  showShifts(view);
  byId("period-from").value = view.from === null ? "" : wallText(view.from, view.zone);
  byId("period-to").value = view.to === null ? "" : wallText(view.to, view.zone);
  write(byId("period-zone"), view.zone);
  byId("period-dialog").showModal();
}

function typed(zone) {
  const ends = { from: byId("period-from").value, to: byId("period-to").value };
  const query = {};
  for (const [end, text] of Object.entries(ends)) {
    const instant = instantOfText(text, zone);
    if (instant !== null) {
      query[end] = iso(instant);
    }
  }
  return query;
}

/** Makes the dialog work; `current()` is the view shown last, null before the first answer. */
export function startPeriods(current) {
  byId("period").addEventListener("click", () => (current() === null ? undefined : open(current())));
  byId("period-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const query = event.submitter?.value === "shift"
      ? { shift: `${byId("shift-day").value}/${byId("shift-name").value}` }
      : typed(current().zone);
    window.location.assign(addressOf(query));
  });
}
