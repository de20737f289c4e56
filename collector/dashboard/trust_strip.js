/**
 * The line under the heading that says whether the numbers can be trusted, with the tab's title and icon.
 *
 * The headline is the live region (role=status): it is written only when the verdict changes, so a screen reader is
 * not told the time every minute. While the collector does not answer, the line says how old the numbers are.
 */

import { assign, byId, make, write } from "./elements.js";
import { clockTime, span } from "./format.js";

const ICONS = { stale: "/dashboard/icon-stale.svg", behind: "/dashboard/icon-behind.svg" }; // of any other level the plain one

let name = document.title;

/** What the tab is called when nothing is wrong. */
export function nameTab(text) {
  name = text;
}

function show({ level, headline, detail, mark }) {
  byId("trust").dataset.level = level;
  write(byId("verdict"), headline);
  write(byId("verdict-detail"), detail);
  byId("try-now").hidden = level !== "stale";
  byId("to-cameras").hidden = level !== "behind";
  byId("numbers").classList.toggle("old", level === "stale");
  const title = mark + name;
  if (document.title !== title) {
    document.title = title;
  }
  assign(byId("icon"), { href: ICONS[level] ?? "/dashboard/icon.svg" });
}

/** The verdict of freshness.js over numbers that have just been read. */
export function showVerdict({ level, headline, detail, brief }) {
  const isNarrow = window.matchMedia("(max-width: 68rem)").matches;
  show({ level, headline, detail: isNarrow ? brief : detail, mark: level === "behind" ? "▲ " : "" });
}

function retry(nextAt, now) {
  return nextAt > now ? ` Next try in ${span(nextAt - now + 999)}.` : " Trying now …";
}

/** No answer. `readAt`: when the numbers on the page were read, null if there are none; `since`: last answer. */
export function showOutage({ readAt, since, nextAt, now, zone }) {
  const silence = `the collector has not answered for ${span(now - since)}.`;
  const headline = readAt === null ? "The collector does not answer." : `Showing data of ${clockTime(readAt, { now, zone })};`;
  const detail = readAt === null ? retry(nextAt, now).trim() : silence + retry(nextAt, now);
  show({ level: "stale", headline, detail, mark: "⚠ stale · " });
}

/** The collector answered, but not with numbers: its own words, and how old is what is still shown (null: nothing is). */
export function showRefusal(message, { readAt, nextAt, now, zone }) {
  if (readAt === null) {
    show({ level: "stale", headline: "The collector cannot show this page.", detail: message, mark: "⚠ " });
    return;
  }
  const headline = `Showing data of ${clockTime(readAt, { now, zone })};`;
  const detail = `the collector gives nothing new: ${message.replace(/\.$/, "")}.${retry(nextAt, now)}`;
  show({ level: "stale", headline, detail, mark: "⚠ stale · " });
}

/** The collector answered, and this page cannot draw it: most likely it is of another version. */
export function showUndrawn({ readAt, nextAt, now, zone }) {
  if (readAt === null) {
    show({ level: "stale", headline: "This page cannot show what the collector tells.", detail: "Load it anew, or in a newer browser.", mark: "⚠ " });
    return;
  }
  const headline = `Showing data of ${clockTime(readAt, { now, zone })};`;
  const detail = `this page cannot show what the collector tells since; load it anew.${retry(nextAt, now)}`;
  show({ level: "stale", headline, detail, mark: "⚠ stale · " });
}

/** What of the stretch shown is no longer kept. */
export function showGone(sentences) {
  write(byId("gone"), sentences.join(" "));
  byId("gone").hidden = sentences.length === 0;
}

/** Sentences of the collector that people must know of the numbers, one a line. */
export function showWarnings(warnings) {
  const list = byId("warnings");
  if (JSON.stringify(warnings) !== JSON.stringify([...list.children].map((line) => line.textContent))) {
    list.replaceChildren(...warnings.map((warning) => make("li", {}, warning)));
    list.hidden = warnings.length === 0;
  }
}
