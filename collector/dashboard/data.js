/** Data: the stored events of the stretch shown, those that arrived in several versions, and what was rejected. */

import { changed, closed, isAhead, reduced, WINDOW_KEYS } from "./address.js";
import { read } from "./api.js";
import { assign, byId, drawOnce, make, write, writeIsolated } from "./elements.js";
import { eventList } from "./event_list.js";
import { count, dayAndSeconds, plural, words } from "./format.js";
import { aheadText } from "./header.js";
import { keyedTable } from "./keyed_table.js";
import { startPage } from "./page.js";
import { ordering } from "./people_and_places.js";
import { startTabs } from "./tabs.js";

const FILTERS = ["worker_id", "workstation_id", "event_type"];
const MOST_REJECTED = 200;
const search = window.location.search;
const form = byId("filters");
const drawText = (field) => (cell, row) => writeIsolated(cell, words(row[field]));

const events = keyedTable(byId("events"), {
  rank: {
    name: (row) => Date.parse(row.timestamp),
    worker: (row) => row.worker_id,
    station: (row) => row.workstation_id,
    type: (row) => row.event_type,
    losers: (row) => row.conflicts.length,
  },
  keyOf: (row) => JSON.stringify([row.site, row.timestamp, row.worker_id, row.workstation_id, row.event_type]),
  first: () => 0, // as the collector orders them: by site, worker and time
  ...ordering({ name: "events" }),
  draw: {
    name: (cell, row, view) => write(cell, dayAndSeconds(Date.parse(row.timestamp), view)),
    worker: drawText("worker_id"),
    station: drawText("workstation_id"),
    camera: drawText("camera"),
    type: (cell, row) => drawOnce(cell, row.event_type, () => cell.replaceChildren(make("i", { class: `key ${row.event_type}` }), row.event_type)),
    losers: (cell, row) => write(cell, row.conflicts.map((one) => `count ${count(one.count)}, confidence ${words(one.confidence)}`).join("; ")),
  },
});
const rejected = keyedTable(byId("rejected"), {
  keyOf: (row) => row.key,
  first: () => 0, // the newest first
  ...ordering({ name: "rejected" }),
  rank: { name: (row) => Date.parse(row.received_at) },
  draw: {
    name: (cell, row, view) => write(cell, dayAndSeconds(Date.parse(row.received_at), view)),
    camera: drawText("camera"),
    item: (cell, row) => drawOnce(cell, row.item, () => cell.replaceChildren(make("code", {}, row.item))),
  },
});
let shown = null; // the view
let stretch = null; // the window of the last answer, which what is read beside it is about

const asksForConflicts = () => byId("tab-conflicts").getAttribute("aria-selected") === "true";

const stretchQuery = () => reduced(closed(search, stretch), ["from", "to", "site"]);

function eventQuery(more = {}) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, new URLSearchParams(window.location.search).get(name)]));
  return changed(stretchQuery(), { ...filters, conflicts: asksForConflicts() ? "true" : null, ...more });
}

const list = eventList((page) => read(`/api/events/${eventQuery(page)}`));

function noteOf({ rows, next, isRead }) {
  const what = asksForConflicts() ? "event in conflict" : "event";
  const number = plural(rows.length, what).replace("event in conflicts", "events in conflict");
  const [first, more] = next === null ? ["", ""] : ["The first ", " There are more; a header sorts those that are here."];
  return isRead ? `${first}${number}, by worker and time.${more}` : "Not read yet.";
}

function showEvents() {
  const told = list.now();
  events.update(told.rows, shown);
  byId("more-events").hidden = told.next === null;
  write(byId("events-note"), aheadText(shown) ?? noteOf(told));
  assign(byId("events-csv"), { href: `/api/events.csv${eventQuery()}` });
}

/** Reads at once what somebody wants; of an outage the line on top tells, and it is read when that is over. */
async function readNow(how) {
  try {
    if (await how()) {
      showEvents();
    }
  } catch {
    page.again();
  }
}

function chooseList() {
  list.clear();
  if (shown === null) {
    page.again(); // the first answer may be one for the other tab
    return;
  }
  showEvents();
  readNow(list.refresh);
}

byId("more-events").addEventListener("click", () => readNow(list.more));

byId("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  const values = Object.fromEntries(FILTERS.map((name) => [name, form.elements[name].value || null]));
  window.location.assign(changed(window.location.search, values) || window.location.pathname);
});

/** Rejected items with keys: of those that are alike the oldest is the first, so that a new one leaves the keys of others alone. */
function keyed(items) {
  const numbers = new Map();
  return items.reduceRight((found, item) => {
    const alike = JSON.stringify(item);
    numbers.set(alike, (numbers.get(alike) ?? 0) + 1);
    return [{ ...item, key: `${numbers.get(alike)} ${alike}` }, ...found];
  }, []);
}

function show(view) {
  shown = view;
  showEvents();
  const kept = keyed(view.extra);
  rejected.update(kept, view);
  const most = kept.length === MOST_REJECTED ? "The newest " : "";
  const note = kept.length === 0 ? "Nothing received then was rejected." : `${most}${plural(kept.length, "item")} received then and not stored.`;
  write(byId("rejected-note"), aheadText(view) ?? note);
  assign(byId("rejected-csv"), { href: `/api/rejected.csv${stretchQuery()}` });
}

startTabs(document.querySelector("[role=tablist]"), { onChoice: chooseList });
for (const name of FILTERS) {
  form.elements[name].value = new URLSearchParams(search).get(name) ?? "";
}
const page = startPage({
  more: async (floor, readMore) => {
    stretch = floor.window;
    if (isAhead(stretch)) {
      list.clear();
      return [];
    }
    await list.refresh();
    return readMore(`/api/rejected/${changed(stretchQuery(), { limit: MOST_REJECTED })}`);
  },
  show,
});
