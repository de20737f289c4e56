/** The floor: can I trust it, how are we doing, who and where, when. */

import { changed, closed } from "./address.js";
import { showNumbers } from "./cards.js";
import { assign, byId, write } from "./elements.js";
import { showEmptiness } from "./first_steps.js";
import { plural } from "./format.js";
import { startHours } from "./hour_choice.js";
import { startPage } from "./page.js";
import { finds, linkFiles, stationsTable, wasSeen, workersTable } from "./people_and_places.js";
import { placesOf } from "./places.js";
import { remember, startTabs } from "./tabs.js";
import { noteTimelines } from "./timeline.js";
import { showTrend } from "./trend.js";

const tabs = startTabs(document.querySelector("[role=tablist]"));
const tables = { workers: workersTable(byId("workers")), stations: stationsTable(byId("stations")) };
let rows = []; // of workers, as they were read last
let shown = null; // the view that they are of, with what places are called
let namesAll = true; // whether all hours shown still name who worked
const charts = startHours("chart");
const find = byId("find");

const unseen = byId("show-unseen");

/** Whoever was not seen in the window is no row until somebody looks for him, or wants them all. */
function narrow() {
  const wanted = finds(find.value);
  const keep = (row) => wanted(row, shown);
  const showsAll = find.value !== "" || new URLSearchParams(window.location.search).get("show") === "all";
  tables.workers.narrow((row) => keep(row) && (showsAll || wasSeen(row)));
  tables.stations.narrow(keep);
}

function offerUnseen(workers) {
  const number = workers.filter((row) => !wasSeen(row)).length;
  const how = namesAll ? "not seen" : "without numbers"; // of a time that names nobody any more it is not known who was seen
  const showsAll = new URLSearchParams(window.location.search).get("show") === "all";
  unseen.hidden = number === 0;
  write(unseen, `${showsAll ? "Hide" : "Show"} ${plural(number, "worker")} ${how}`);
}

function leftOut(number, noun) {
  return number > 0 ? `${plural(number, noun)} more in the file.` : "";
}

function show(view) {
  const { floor } = view;
  shown = { ...view, places: placesOf(floor) };
  const seesPersons = floor.shows_persons;
  document.body.classList.toggle("no-timelines", !floor.has_timelines);
  noteTimelines(floor);
  showNumbers(floor);
  showEmptiness(view);
  if (seesPersons) {
    tables.workers.update(floor.workers, view);
    rows = floor.workers;
    namesAll = floor.persons_from === null;
    offerUnseen(rows);
    write(byId("workers-note"), leftOut(floor.workers_left_out, "worker"));
  } else {
    rows = [];
    tables.workers.update(rows, view); // there may be some of somebody who may see them, and was logged in here before
    offerUnseen(rows);
    tabs.hide("workers");
  }
  tables.stations.update(floor.workstations, view);
  write(byId("stations-note"), leftOut(floor.workstations_left_out, "workstation"));
  charts.draw(view);
  write(byId("hours-note"), floor.has_hours ? "" : "This stretch is too long for a chart of its hours.");
  const query = closed(view.search, floor.window);
  linkFiles(query);
  assign(byId("to-conflicts"), { href: `/dashboard/data${changed(query, { tab: "conflicts" })}` });
  assign(byId("to-rejected"), { href: `/dashboard/data${changed(query, { tab: "rejected" })}` });
  showTrend(view);
}

find.value = new URLSearchParams(window.location.search).get("find") ?? "";
find.addEventListener("input", () => {
  remember("find", find.value || null);
  narrow();
});
unseen.addEventListener("click", () => {
  remember("show", new URLSearchParams(window.location.search).get("show") === "all" ? null : "all");
  offerUnseen(rows);
  narrow();
});
narrow();
startPage({ show });
