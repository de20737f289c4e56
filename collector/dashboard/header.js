/** The bar on top: which site and which stretch of time is looked at, and the ways to others. */

import { changed, isAhead, pinned, reduced, WINDOW_KEYS, windowed } from "./address.js";
import { assign, byId, make, write } from "./elements.js";
import { apart, date, hourMinute, period, zoneName } from "./format.js";
import { REMEMBERED } from "./tabs.js";
import { nameTab } from "./trust_strip.js";

/** "Tue 10 Jan · morning 07:00–15:00". */
export function periodText({ from, to, window, now, zone }) {
  const text = period({ from, to }, { now, zone });
  if (window.shift === null) {
    return window.live && to !== null ? `${text}, so far` : text;
  }
  const shift = window.shift.slice(window.shift.indexOf("/") + 1);
  return `${date(from, { now, zone })} · ${apart(shift)} ${hourMinute(from, zone)}–${hourMinute(to, zone)}`;
}

/** What to say of a stretch that lies ahead whole; null where it has begun. */
export const aheadText = (view) => (isAhead(view) ? `${periodText(view)}: this has not begun yet.` : null);

function showSites(sites, search) {
  const select = byId("site");
  const signature = sites.map((one) => one.site).join("\n");
  if (select.dataset.sites === signature) {
    return;
  }
  select.dataset.sites = signature;
  const chosen = new URLSearchParams(search).get("site");
  const all = new Option("All sites", "", false, chosen === null);
  select.replaceChildren(all, ...sites.map((one) => new Option(one.site, one.site, false, one.site === chosen)));
  select.hidden = sites.length <= 1;
}

function lead(link, query) {
  assign(link, { href: query === null ? null : query || window.location.pathname, "aria-disabled": query === null ? "true" : null });
}

/** Links between pages look at the same stretch of time. */
export function linkPages(search) {
  const kept = reduced(search, WINDOW_KEYS);
  for (const link of document.querySelectorAll("a[data-page]")) {
    const query = link.dataset.page === "board" ? reduced(search, ["site"]) : kept;
    assign(link, { href: link.pathname + query });
    assign(link, { "aria-current": link.dataset.page === document.body.dataset.page ? "page" : null });
  }
}

/** Names the page after what it is about. */
export function nameHeading(name, { floor, search }) {
  write(byId("heading"), name);
  const site = floor.sites.length > 1 ? new URLSearchParams(search).get("site") : null;
  write(byId("site-name"), site === null ? "" : ` · ${apart(site)}`);
  nameTab(`${apart(name)}${site === null ? "" : ` · ${apart(site)}`} · Lineside`);
}

const isPinned = (search) => ["shift", "from", "to"].some((key) => new URLSearchParams(search).has(key));

const NARROWING = ["find", "worker_id", "workstation_id", "event_type"]; // of these the sheet has not all rows

/** What a sheet of paper must say by itself, for nobody can ask it: with its year. */
function sheetText(view, search) {
  const asked = new URLSearchParams(search);
  const [only] = view.floor.sites;
  const site = asked.get("site") ?? (view.floor.sites.length === 1 ? only.site : null);
  const found = NARROWING.filter((key) => asked.get(key)).map((key) => `only “${apart(asked.get(key))}”`);
  return [periodText({ ...view, now: 0 }), site === null ? "all sites" : `site ${apart(site)}`, zoneName(view.until, view.zone), ...found].join(" · ");
}

/** What leads to other times carries what is chosen here: tab, order, search; and paper tells of it. */
function leadOn(view) {
  const { search } = window.location;
  const { floor } = view;
  const to = (query) => (query === null ? null : windowed(search, query));
  lead(byId("before"), to(floor.window.previous));
  lead(byId("after"), to(floor.window.next));
  lead(byId("live"), to(isPinned(search) ? {} : null));
  write(byId("sheet"), sheetText(view, search));
}

/** Shows what is looked at. `view` is what page.js makes of an answer. */
export function showHeader(view) {
  const { floor, until, zone, search } = view;
  const site = new URLSearchParams(search).get("site");
  const pins = isPinned(search);
  showSites(floor.sites, search);
  nameHeading(byId("heading").textContent, view);
  write(byId("period"), periodText(view));
  leadOn(view);
  assign(byId("live"), { "aria-current": pins ? null : "true" });
  write(byId("live"), pins ? "Go live" : "Live");
  byId("live").classList.toggle("on", !pins);
  document.body.classList.toggle("one-site", floor.sites.length <= 1 || site !== null);
  document.body.classList.toggle("not-live", !floor.window.live);
  const several = floor.window.time_zone === null ? " (the sites live in several zones)" : "";
  write(byId("zone"), `Times in ${zoneName(until, zone)}${several}.`);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // browsers allow it only over TLS or on the machine itself
    const held = document.activeElement;
    const field = make("textarea", { class: "unseen", readonly: "" }, text);
    document.body.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    held.focus(); // the field had it, and took it along
    return isDone;
  }
}

/** Makes the bar work; `current()` is the view shown last, null before the first answer. */
export function startHeader(current) {
  byId("site").addEventListener("change", (event) => {
    const query = changed(window.location.search, { site: event.target.value || null, shift: null });
    window.location.assign(query || window.location.pathname);
  });
  window.addEventListener(REMEMBERED, () => (current() === null ? undefined : leadOn(current())));
  byId("copy-link").addEventListener("click", async () => {
    const view = current();
    const query = view === null ? window.location.search : pinned(window.location.search, view.floor);
    const isDone = await copied(window.location.origin + window.location.pathname + query);
    byId("copy-link").textContent = isDone ? "Copied" : "Cannot copy";
    setTimeout(() => write(byId("copy-link"), "Copy link"), 2_000);
  });
}
