/**
 * Takes off the page what somebody may not see any more: a role was taken away, or somebody else has logged in.
 *
 * A board keeps what it has: it never had persons, and across the hall old numbers with their age say more than none.
 */

import { byId, write } from "./elements.js";
import { forgetMoment } from "./opens.js";
import { nameTab } from "./trust_strip.js";

const first = { name: document.title, heading: byId("heading").textContent, numbers: byId("numbers").cloneNode(true) };

/**
 * Makes the page as it was before its first answer. Its tables and pictures are no longer those that its scripts know:
 * what comes after it needs a page loaded anew. Returns whether there was anything to take off.
 */
export function forget() {
  if (document.body.dataset.page === "board") {
    return false;
  }
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.close();
  }
  forgetMoment();
  byId("numbers").replaceWith(first.numbers);
  write(byId("heading"), first.heading);
  write(byId("site-name"), "");
  nameTab(first.name);
  return true;
}
