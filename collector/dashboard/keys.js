/**
 * One key for each way: off while somebody types, chooses or has a dialog open, and with any modifier; an arrow in a region
 * that scrolls sideways scrolls it. All of them can be turned off, for those who speak to their browser or hit keys by
 * chance (WCAG 2.1.4); the browser remembers that, if it lets a page remember anything.
 */

import { byId, write } from "./elements.js";
import { goTo } from "./periods.js";

const PERIODS = { s: "live", t: "today", y: "yesterday", w: "week" };
const LINKS = { ArrowLeft: "before", ArrowRight: "after" };
const CHOICE = "lineside.keys";
const REMEMBERED = "This browser remembers it, on this device only.";
const FORGOTTEN = "This browser lets no page remember anything: it holds until this page is left.";

let chosen = null; // on or off where the browser remembers nothing, else null
let pointed = null; // where the pointer was last: an arrow scrolls there though nothing has the focus

const isTyping = (target) => target.closest("input, select, textarea, dialog, [role=tab]") !== null;

/** Whether an arrow moves what is read: then it is the browser's. */
function scrolls(target) {
  const region = (target === document.body ? pointed : target)?.closest(".scroll") ?? null;
  const isWide = region !== null && region.scrollWidth > region.clientWidth && getComputedStyle(region).overflowX !== "visible";
  return isWide || (region !== null && region === target);
}

/** What the browser remembers; null where it lets nobody ask. */
function stored() {
  try {
    return window.localStorage.getItem(CHOICE) ?? "on";
  } catch {
    return null;
  }
}

/** Whether keys lead anywhere; asked anew each time, because another tab may have changed it. */
const areOn = () => chosen ?? stored() !== "off";

function showChoice() {
  byId("keys-on").checked = areOn();
  write(byId("keys-note"), chosen === null && stored() !== null ? REMEMBERED : FORGOTTEN);
  document.body.classList.toggle("no-keys", !areOn());
}

function choose(isOn) {
  chosen = null;
  try {
    window.localStorage.setItem(CHOICE, isOn ? "on" : "off");
  } catch {
    chosen = isOn;
  }
  showChoice();
}

function showHelp() {
  showChoice();
  byId("keys-dialog").showModal();
}

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
  } else if (key === " " && byId("board-pause")?.hidden === false) {
    byId("board-pause").click();
  } else if (key === "?") {
    showHelp();
  } else if (key === "/" && byId("find")?.getClientRects().length > 0) {
    byId("find").focus();
  } else {
    return false;
  }
  return true;
}

const pressesIt = (key, target) => key === " " && target.closest("a, button, summary") !== null;

function isOurs({ key, target, ctrlKey, altKey, metaKey, defaultPrevented }) {
  const isTaken = ctrlKey || altKey || metaKey || defaultPrevented || isTyping(target) || pressesIt(key, target);
  return !isTaken && !(key in LINKS && scrolls(target));
}

/** The key as it is called in the list, also where Caps Lock is on. */
const keyOf = ({ key, shiftKey }) => (key.length === 1 && !shiftKey ? key.toLowerCase() : key);

/** Listens; `current()` is the view shown last, null before the first answer. */
export function startKeys(current) {
  showChoice();
  byId("key-find").hidden = byId("find") === null; // it would lead nowhere
  byId("key-pause").hidden = byId("board-pause") === null;
  byId("help").addEventListener("click", showHelp);
  byId("keys-on").addEventListener("change", (event) => choose(event.target.checked));
  document.addEventListener("pointerdown", (event) => {
    pointed = event.target;
  });
  document.addEventListener("keydown", (event) => {
    if (isOurs(event) && areOn() && act(keyOf(event), current)) {
      event.preventDefault();
    }
  });
}
