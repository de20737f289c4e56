/**
 * The five answers the page is made of, read together.
 *
 * Metrics routes get the page's own `site`, `from` and `to`, the cameras only the site. A `to` in the future is replaced by
 * now, because what has not happened yet is no time without data; everything else goes as it came.
 * `now` is the collector's clock from its Date header: watermarks and contacts are by that clock, and the browser's
 * may be wrong. One answer missing means no answer: half a page would be new and half old.
 */

import { askedWindow, goesOn } from "./asked.js";

const TIME_OUT_MS = 20_000;

/** The page's query reduced to some keys, in their order: "" or "?from=…". */
function reduced(search, keys) {
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

/** What the metrics routes take of the page's query; with `now`, nothing after it. */
export function metricsQuery(search, { now = null } = {}) {
  const asked = new URLSearchParams(search);
  if (now !== null && goesOn(askedWindow(search), now)) {
    asked.set("to", new Date(now).toISOString());
  }
  return reduced(asked, ["site", "from", "to"]);
}

/** What the cameras' route takes of it. */
export const siteQuery = (search) => reduced(search, ["site"]);

/** What the collector said instead of numbers; its message is for the reader. */
export class Refused extends Error {}

async function refusal(answer) {
  const body = await answer.json().catch(() => ({}));
  return new Refused(body.detail || body.error || `HTTP ${answer.status}`);
}

async function read(path) {
  // no-cache: ask every time, but let an unchanged answer come from the browser's cache by its ETag.
  const answer = await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(TIME_OUT_MS) });
  if (answer.status >= 400 && answer.status < 500) {
    throw await refusal(answer);
  }
  if (!answer.ok) {
    throw new Error(`HTTP ${answer.status}`);
  }
  return { rows: await answer.json(), date: Date.parse(answer.headers.get("Date")) };
}

/**
 * What people must know of the numbers, such as settings that are not in force; null where the collector does not say:
 * it reports its own troubles there with an error, which is no reason to hide the numbers.
 */
async function readWarnings() {
  const answer = await fetch("/healthz", { cache: "no-cache", signal: AbortSignal.timeout(TIME_OUT_MS) });
  return answer.ok ? (await answer.json()).warnings : null;
}

const clockOf = (answer) => (Number.isFinite(answer.date) ? answer.date : Date.now());

/** {factory, workers, workstations, cameras, warnings, now, query}; throws Refused for 4xx, another error for no answer. */
export async function readFloor(search) {
  const asking = read(`/api/cameras/${siteQuery(search)}`);
  // Where the window has an end, the cameras come first: their answer has the clock that says whether it has passed.
  const query = metricsQuery(search, { now: askedWindow(search).to === null ? null : clockOf(await asking) });
  const [factory, workers, workstations, warnings, cameras] = await Promise.all([
    read(`/api/metrics/factory/${query}`),
    read(`/api/metrics/workers/${query}`),
    read(`/api/metrics/workstations/${query}`),
    readWarnings(),
    asking,
  ]);
  return {
    factory: factory.rows,
    workers: workers.rows,
    workstations: workstations.rows,
    cameras: cameras.rows,
    warnings,
    now: clockOf(cameras),
    query,
  };
}
