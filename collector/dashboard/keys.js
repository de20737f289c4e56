/** One key for each way: off while somebody types, chooses or has a dialog open, and with any modifier. */

import { byId } from "./elements.js";
import { goTo } from "./periods.js";

const PERIODS = { s: "live", t: "today", y: "yesterday", w: "week" };
const LINKS = { ArrowLeft: "before", ArrowRight: "after" };

const isTyping = (target) => target.closest("input, select, textarea, dialog, [role=tab]") !== null;

function follow(link) {
  if (link?.hasAttribute("href")) {
    link.click();
  }
}

function act(key, current) {
  if (key in PERIODS && current() !== null) {
    goTo(PERIODS[key], current());
  } else if (key in LINKS) {
    follow(byId(LINKS[key]));
  } else if (key === "f" || key === "b") {
    follow(document.querySelector(`nav [data-page=${key === "f" ? "floor" : "board"}]`));
  } else if (key === "?") {
    byId("keys-dialog").showModal();
  } else if (key === "/" && byId("find") !== null) {
    byId("find").focus();
  } else {
    return false;
  }
  return true;
}

/** Listens; `current()` is the view shown last, null before the first answer. */
export function startKeys(current) {
  byId("help").addEventListener("click", () => byId("keys-dialog").showModal());
  document.addEventListener("keydown", (event) => {
    const isModified = event.ctrlKey || event.altKey || event.metaKey;
    if (!isModified && !event.defaultPrevented && !isTyping(event.target) && act(event.key, current)) {
      event.preventDefault();
    }
  });
}
