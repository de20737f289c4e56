/** The five numbers on top, and the totals rows: fields of the floor as they came, and of who is at work their sum. */

import { byId, write } from "./elements.js";
import * as format from "./format.js";

const MANY = 1_000; // the API counts no further

/** Whom a silent camera saw at work last is told apart, as in the rows: they count, and may have gone home. */
function atWork({ working, idle, late }) {
  return `${format.count(working)} working · ${format.count(idle)} idle${late > 0 ? ` · ${format.count(late)} last known` : ""}`;
}

/** Whoever only late cameras saw is at work as far as anybody knows, and not now. */
function atWorkTitle(now) {
  if (now === null) {
    return "Active workers";
  }
  return now.late > 0 && now.working + now.idle === 0 ? "At work, last known" : "At work now";
}

function showAtWork({ at_work_now: now, factory }) {
  write(byId("at-work-title"), atWorkTitle(now));
  write(byId("at-work"), now === null
    ? format.count(factory.active_workers)
    : `${format.count(now.working + now.idle + now.late)} / ${format.count(now.seen)}`);
  write(byId("at-work-more"), now === null ? "with working or idle time" : atWork(now));
}

const orMore = (number) => (number >= MANY ? " or more" : "");

function writeEither(text, { leads, way, plain }) {
  byId(way).hidden = !leads;
  byId(plain).hidden = leads;
  write(byId(way), text);
  write(byId(plain), text);
}

/** Numbers of conflicts and of rejected items lead to these whoever may see persons. */
function showConflicts({ conflicts, rejected, shows_persons: seesPersons }) {
  const told = conflicts === 0 ? "no conflicts" : `${format.plural(conflicts, "conflict")}${orMore(conflicts)}`;
  writeEither(told, { leads: seesPersons && conflicts > 0, way: "to-conflicts", plain: "no-conflicts" });
  byId("rejected-part").hidden = rejected === 0;
  writeEither(`${format.count(rejected)}${orMore(rejected)} rejected`, { leads: seesPersons, way: "to-rejected", plain: "only-rejected" });
}

/** Fills what has `data-factory`, and the card of who is at work. */
export function showNumbers(floor) {
  for (const node of document.querySelectorAll("[data-factory]")) {
    write(node, format[node.dataset.format](floor.factory[node.dataset.factory]));
  }
  if (byId("at-work") !== null) {
    showAtWork(floor);
  }
  if (byId("to-conflicts") !== null) {
    showConflicts(floor);
  }
}
