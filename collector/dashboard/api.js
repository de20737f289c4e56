/**
 * The four answers the page is made of, read together.
 *
 * Metrics routes get the page's own `site`, `from` and `to` unchanged, the cameras only the site.
 * `now` is the collector's clock from its Date header: watermarks and contacts are by that clock, and the browser's
 * may be wrong. One answer missing means no answer: half a page would be new and half old.
 */

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

/** What the metrics routes take of the page's query. */
export const metricsQuery = (search) => reduced(search, ["site", "from", "to"]);

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

/** {factory, workers, workstations, cameras, now}; throws Refused for 4xx, another error for no answer. */
export async function readFloor(search) {
  const query = metricsQuery(search);
  const [factory, workers, workstations, cameras] = await Promise.all([
    read(`/api/metrics/factory/${query}`),
    read(`/api/metrics/workers/${query}`),
    read(`/api/metrics/workstations/${query}`),
    read(`/api/cameras/${siteQuery(search)}`),
  ]);
  return {
    factory: factory.rows,
    workers: workers.rows,
    workstations: workstations.rows,
    cameras: cameras.rows,
    now: Number.isFinite(cameras.date) ? cameras.date : Date.now(),
  };
}
