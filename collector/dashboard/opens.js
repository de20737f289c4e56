/** Timelines that open. What they open (moment.js) is loaded when somebody wants to know: most never do, on a bad link. */

import { byId, make, write } from "./elements.js";

/** The instant under a pointer; what opens it without one (a key, a screen reader) gets the last that is known. */
function instantOf(event, picture, { from, end, until }) {
  const { left, width } = picture.getBoundingClientRect();
  return !event.detail || width === 0 ? until : from + ((end - from) * (event.clientX - left)) / width;
}

let moment = null; // the module, once it is loaded

/** Says that it cannot be loaded, or not to this page any more: after an upgrade the collector has others. */
function showUnloaded() {
  write(byId("moment-title"), "This cannot be opened");
  byId("moment").replaceChildren(make("div", {}, make("dt", {}, "What to do"), make("dd", {}, "Load the page anew")));
  byId("moment-choices").hidden = true;
  byId("moment-dialog").showModal();
}

async function open({ worker, view }, at) {
  try {
    moment ??= await import("./moment.js");
  } catch {
    showUnloaded();
    return;
  }
  byId("moment-choices").hidden = false;
  await moment.open(worker, view, at);
}

/** Lets go what has been opened: it is about a person. */
export const forgetMoment = () => moment?.forgetMoment();

/** Lets the pictures within a node open, once a page; `find(frame)` says whose one is and in which view: {worker, view}. */
export function startMoments(node, find) {
  node.addEventListener("keydown", (event) => {
    if (event.target.matches(".frame") && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      event.target.click();
    }
  });
  node.addEventListener("click", (event) => {
    const frame = event.target.closest(".frame");
    const found = frame === null ? null : find(frame);
    if (found !== null) {
      open(found, instantOf(event, frame, found.view)).catch(() => undefined); // the line on top tells of outages
    }
  });
}
