/** Hours: the last seven days unless something else is asked for, as bars, as a map of hours and days, and as a table. */

import { closed, reduced, WINDOW_KEYS, windowed } from "./address.js";
import { reader } from "./api.js";
import { showNumbers } from "./cards.js";
import { byId, drawOnce, isolated, make, write } from "./elements.js";
import { emptyText } from "./first_steps.js";
import { date, hourMinute, instant } from "./format.js";
import { startHours } from "./hour_choice.js";
import { isOwed, NOT_ALL_IN } from "./hour_rows.js";
import { keyedTable } from "./keyed_table.js";
import { startPage } from "./page.js";
import { linkFiles, ordering } from "./people_and_places.js";
import { named } from "./periods.js";

const asked = new URLSearchParams(window.location.search);
const table = keyedTable(byId("hours"), {
  keyOf: (hour) => `${hour.site} ${hour.from}`,
  ...ordering({ otherwise: { column: "name", descending: true } }),
  draw: {
    name: (cell, hour, view) => {
      const time = `${date(Date.parse(hour.from), view)} ${hourMinute(Date.parse(hour.from), view.zone)}`;
      const owed = isOwed(hour, { ...view.floor, until: view.until });
      drawOnce(cell, `${time} ${owed}`, () => cell.replaceChildren(
        time, make("span", { class: "site" }, " ", isolated(hour.site)), owed ? make("span", { class: "quiet" }, ` ${NOT_ALL_IN}`) : ""));
    },
  },
  rank: { name: (hour) => Date.parse(hour.from) },
});
const charts = startHours("show");

function show(view) {
  showNumbers(view.floor);
  const empty = emptyText(view);
  byId("nobody").hidden = empty === null;
  write(byId("nobody"), empty ?? "");
  charts.draw(view);
  table.update(view.floor.hours, view);
  write(byId("hours-note"), view.floor.has_hours ? "" : "This stretch is too long to be told hour by hour; the file has it.");
  linkFiles(closed(view.search, view.window));
}

/**
 * What to ask for: the address says it, else the week that ends today, by the clock of the site: a page left open past
 * midnight goes on to the next day. `view` is what was shown last, null before the first answer.
 */
async function whatToAsk(view) {
  const query = reduced(window.location.search, WINDOW_KEYS);
  if (["shift", "from", "to"].some((key) => asked.has(key))) {
    return query;
  }
  return windowed(query, named("week", view === null ? await siteClock(query) : { now: view.live ? view.until : view.readAt, zone: view.zone }));
}

/** The instant and the zone of the site's clock; outside its shifts the floor shown is that of the last one. */
async function siteClock(query) {
  const { content, now } = await reader(`/api/floor/${query}`)();
  const { live, time_zone: zone, until } = content.window;
  return { now: live ? instant(until) : now, zone: zone ?? "UTC" };
}

startPage({ show, whatToAsk });
