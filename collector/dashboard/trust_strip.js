/**
 * The line under the heading that says whether the numbers can be trusted, with the tab's title and icon.
 *
 * The headline is the live region (role=status): it is written only when the verdict changes, so a screen reader is
 * not told the time every minute. While the collector does not answer, the line says how old the numbers are.
 */

import { clockTime, span } from "./format.js";
import { write } from "./keyed_table.js";

const NAME = "Lineside";
const byId = (id) => document.getElementById(id);

function show({ level, headline, detail, title }) {
  byId("trust").dataset.level = level;
  write(byId("verdict"), headline);
  write(byId("verdict-detail"), detail);
  byId("try-now").hidden = level !== "stale";
  byId("numbers").classList.toggle("old", level === "stale");
  if (document.title !== title) {
    document.title = title;
  }
  const icon = level === "stale" ? "icon-stale.svg" : "icon.svg";
  if (byId("icon").getAttribute("href") !== icon) {
    byId("icon").setAttribute("href", icon);
  }
}

/** The verdict of freshness.js over numbers that have just been read. */
export function showVerdict(verdict) {
  show({ ...verdict, title: verdict.level === "behind" ? `▲ ${NAME}` : NAME });
}

function retry(nextAt, now) {
  return nextAt > now ? ` Next try in ${span(nextAt - now + 999)}.` : " Trying now …";
}

/** No answer. `readAt`: when the numbers on the page were read, null if there are none; `since`: last answer. */
export function showOutage({ readAt, since, nextAt, now }) {
  const silence = `the collector has not answered for ${span(now - since)}.`;
  const headline = readAt === null ? "The collector does not answer." : `Showing data of ${clockTime(readAt, { now })};`;
  const detail = readAt === null ? retry(nextAt, now).trim() : silence + retry(nextAt, now);
  show({ level: "stale", headline, detail, title: `⚠ stale · ${NAME}` });
}

/** The collector answered, but not with numbers: its own words. */
export function showRefusal(message) {
  show({ level: "stale", headline: "The collector refused this page.", detail: message, title: `⚠ ${NAME}` });
}

/** Sentences of the collector that people must know of the numbers, one a line; null leaves those that are there. */
export function showWarnings(warnings) {
  const list = byId("warnings");
  if (warnings === null || JSON.stringify(warnings) === JSON.stringify([...list.children].map((line) => line.textContent))) {
    return;
  }
  list.replaceChildren(...warnings.map((warning) => {
    const line = document.createElement("li");
    line.textContent = warning;
    return line;
  }));
  list.hidden = warnings.length === 0;
}
