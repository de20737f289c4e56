/** What to say where there is nothing: how to send a first event, or why a stretch of time is empty. */

import { byId, write } from "./elements.js";
import { count, instant, plural } from "./format.js";
import { aheadText, periodText } from "./header.js";

let unloaded = ""; // what to do where the lines could not be loaded, after an upgrade or while the link is down

function callersText({ cameras, never_called: strangers }) {
  const called = cameras === 0 ? "No edge agent has called yet." : `${plural(cameras, "edge agent")} called, and delivered no event so far.`;
  return `${called}${strangers > 0 ? ` ${plural(strangers, "camera")} never called.` : ""}${unloaded}`;
}

/**
 * Takes the place of cards and tables while no worker and no workstation is known.
 * The example keeps the time at which it appeared: it may be selected just now.
 */
function showFirstSteps({ floor, now }) {
  const section = byId("first-steps");
  const isEmpty = floor.workstations.length === 0 && (floor.workers ?? []).length === 0;
  if (isEmpty && section.hidden) {
    import("./first_lines.js").then(({ showLines }) => showLines(now)).catch(() => { // most pages need none
      unloaded = " How to send a first event cannot be shown: load the page anew.";
      write(byId("first-steps-callers"), callersText(floor.completeness));
    });
  }
  write(byId("first-steps-callers"), callersText(floor.completeness));
  section.hidden = !isEmpty;
  byId("numbers").classList.toggle("empty", isEmpty);
  return isEmpty;
}

/** What the cameras watched of a stretch in which nobody was seen: nothing, a part of it, or all of it. */
function watchText({ cameras, throughout, partly }, when) {
  if (throughout + partly === 0) {
    return `No camera reported anything: ${when}.`;
  }
  if (throughout === cameras) {
    return `Nobody was seen, though ${cameras === 1 ? "the camera" : `all ${cameras} cameras`} watched: ${when}.`;
  }
  const nothing = cameras - throughout - partly;
  const shares = [[throughout, "all of it"], [partly, "a part of it"], [nothing, "nothing of it"]];
  const told = shares.filter(([number]) => number > 0).map(([number, share]) => `${count(number)} watched ${share}`);
  return `Nobody was seen by the cameras that watched: ${when}. Of ${plural(cameras, "camera")} ${told.join(", ")}.`;
}

/** Why a stretch is empty: it has not begun, nobody was seen, or nobody looked; null where somebody was seen. */
export function emptyText(view) {
  const { watch_kept: kept, completeness } = view.floor;
  const ahead = aheadText(view);
  if (ahead !== null || kept === null) {
    return ahead;
  }
  const reach = instant(completeness.complete_through);
  const isLate = reach !== null && reach < view.until && kept.throughout < kept.cameras;
  return `${watchText(kept, periodText(view))}${isLate ? " What a camera still holds may change that." : ""}`;
}

/** Says what there is to say where there is nothing. */
export function showEmptiness(view) {
  const text = showFirstSteps(view) ? null : emptyText(view);
  byId("nobody").hidden = text === null;
  write(byId("nobody"), text ?? "");
}
