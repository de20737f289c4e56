/**
 * What stands in a page's address, and the addresses of other pages: pure functions over texts.
 *
 * `site`, `shift`, `from` and `to` say what is looked at and go to the API as they came; a mistake in them is the
 * collector's to explain. `tab`, `sort`, `find` and `show` are the page's own.
 */

export const WINDOW_KEYS = ["site", "from", "to", "shift"];

/** A query reduced to some keys, in their order: "" or "?from=…". */
export function reduced(search, keys) {
  const asked = new URLSearchParams(search);
  const passed = new URLSearchParams();
  for (const key of keys) {
    if (asked.has(key)) {
      passed.set(key, asked.get(key));
    }
  }
  const text = passed.toString();
  return text ? `?${text}` : "";
}

/** A query with some keys set anew; null takes one away. */
export function changed(search, values) {
  const asked = new URLSearchParams(search);
  for (const [key, value] of Object.entries(values)) {
    asked.delete(key);
    if (value !== null) {
      asked.set(key, value);
    }
  }
  const text = asked.toString();
  return text ? `?${text}` : "";
}

/** A query that looks at another stretch of time: `query` is {} (live), {shift} or {from, to}. */
export const windowed = (search, query) => changed(search, { shift: null, from: null, to: null, ...query });

/**
 * The query that means the window shown even when time has gone on: an open end is where the numbers end; of what has no
 * begin, or has not begun, the query there is. Where there is but one of the `sites` it is named: without it the query would
 * mean another, or nothing, beside a second one.
 */
export function pinned(query, { window, sites }) {
  const search = sites.length === 1 ? changed(query, { site: sites[0].site }) : query;
  if (window.shift !== null) {
    return windowed(search, { shift: window.shift });
  }
  const to = window.to ?? window.until;
  return window.from === null || window.from === to ? search || "?" : windowed(search, { from: window.from, to });
}

/** Whether what is shown, a window by its texts or a view by its instants, lies ahead whole: there is nothing yet to ask for. */
export const isAhead = ({ from, until }) => from !== null && from === until;

/**
 * What a route that takes neither shifts nor open futures gets for the window shown: its ends up to `until`; of one that
 * lies ahead its own ends.
 */
export function closed(search, window) {
  const { from } = window;
  return reduced(windowed(search, { from, to: isAhead(window) ? window.to : window.until }), WINDOW_KEYS);
}

const queries = new Map(); // by what they are made of: a table has hundreds of links, and all but the id is the same

function queryOf(site, search) {
  const key = `${site}\n${search}`;
  if (!queries.has(key)) {
    queries.set(key, changed(reduced(search, WINDOW_KEYS), { site }));
  }
  return queries.get(key);
}

/**
 * The page of a worker or a workstation. An id that no path can carry safely (a proxy may unpack "/", a browser folds
 * "..") goes into the query instead.
 */
function pageOf(kind, { id, site, search }) {
  const query = queryOf(site, search);
  if (/^\.{1,2}$|[/\\]/.test(id)) {
    return `/dashboard/${kind}/${changed(query, { id })}`;
  }
  return `/dashboard/${kind}/${encodeURIComponent(id)}${query}`;
}

export const workerPage = (id, site, search) => pageOf("workers", { id, site, search });
export const stationPage = (id, site, search) => pageOf("stations", { id, site, search });

/** What a part of a path spells; what spells nothing (%FF) stands for itself. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The id that such a page is about. */
export function idOf(pathname, search) {
  const asked = new URLSearchParams(search);
  return asked.has("id") ? asked.get("id") : decoded(pathname.split("/")[3] ?? "");
}
