/**
 * The floor page: reads the collector, fills cards and tables, says how fresh they are.
 *
 * The page computes no metric: cards and totals rows show fields of the factory answer, cells fields of their row.
 * After a failure everything stays as it was last read, and the line on top says so.
 */

import { metricsQuery, readFloor, Refused, siteQuery } from "./api.js";
import { askedWindow, goesOn } from "./asked.js";
import { showFirstSteps } from "./first_steps.js";
import * as format from "./format.js";
import { judge } from "./freshness.js";
import { write } from "./keyed_table.js";
import { keepAsking } from "./polling.js";
import { camerasTable, workersTable, workstationsTable } from "./tables.js";
import { barMinutes } from "./time_bar.js";
import { showOutage, showRefusal, showVerdict, showWarnings } from "./trust_strip.js";

const SILENT_AFTER_MS = 15_000; // a visible page without an answer for this long says so, even mid-question

const byId = (id) => document.getElementById(id);
const search = window.location.search;
const asked = new URLSearchParams(search);
const asksFor = askedWindow(search);
const tables = {
  workers: workersTable(byId("workers")),
  workstations: workstationsTable(byId("workstations")),
  cameras: camerasTable(byId("cameras")),
};
const openedAt = Date.now();
let floor = null; // the last answer, with `heardAt` of the browser's own clock
let seenSince = Date.now(); // when the tab last came to the front: a hidden page asks seldom, which is no outage
let outage = null; // {nextAt} while the collector does not answer
let refusal = null;

/** The tables as files hold what the tables show. */
function linkFiles(query) {
  for (const link of document.querySelectorAll("a[data-csv]")) {
    link.search = link.dataset.csv === "site" ? siteQuery(search) : query;
  }
}

function showFrame(now) {
  const sites = new Set([...floor.workers, ...floor.workstations, ...floor.cameras].map((row) => row.site));
  document.body.classList.toggle("one-site", sites.size <= 1);
  document.body.classList.toggle("no-window", !asked.has("from") && !asked.has("to"));
  write(byId("site"), asked.has("site") ? ` · ${asked.get("site")}` : "");
  write(byId("window"), format.period(asksFor, { now }) + (goesOn(asksFor, now) ? ", so far" : ""));
  write(byId("zone"), `Times in ${format.zoneName(now)}.`);
  write(byId("read-at"), `Read at ${format.clockSeconds(now)}.`);
}

function showNumbers() {
  for (const node of document.querySelectorAll("[data-factory]")) {
    write(node, format[node.dataset.format](floor.factory[node.dataset.factory]));
  }
  const fullMinutes = Math.max(0, ...floor.workers.map(barMinutes));
  tables.workers.update(floor.workers, { fullMinutes });
  tables.workstations.update(floor.workstations, {});
  tables.cameras.update(floor.cameras, { now: floor.now });
  showFirstSteps(floor);
}

function showTrust() {
  const now = Date.now();
  const heardAt = floor?.heardAt ?? openedAt;
  if (refusal !== null) {
    showRefusal(refusal);
  } else if (outage !== null || (!document.hidden && now - Math.max(heardAt, seenSince) > SILENT_AFTER_MS)) {
    showOutage({ readAt: floor?.now ?? null, since: heardAt, nextAt: outage?.nextAt ?? now, now });
  } else if (floor !== null) {
    showVerdict(judge(floor.cameras, { until: typeof asksFor.to === "number" ? asksFor.to : null, now: floor.now }));
  }
}

function onAnswer(answer) {
  floor = { ...answer, heardAt: Date.now() };
  outage = null;
  refusal = null;
  byId("numbers").classList.remove("unread");
  linkFiles(floor.query);
  showFrame(floor.now);
  showNumbers();
  showWarnings(floor.warnings);
  showTrust();
}

function onFailure(error, { nextAt }) {
  refusal = error instanceof Refused ? error.message : null;
  outage = { nextAt };
  showTrust();
}

linkFiles(metricsQuery(search));
const asking = keepAsking({ ask: () => readFloor(search), onAnswer, onFailure });
document.addEventListener("visibilitychange", () => {
  seenSince = Date.now();
});
byId("try-now").addEventListener("click", asking.now);
setInterval(showTrust, 1_000);
