/** Questions to the collector. An answer that has not changed is not sent again, and nothing is drawn anew for it. */

const TIME_OUT_MS = 20_000;

/** What the collector said instead of an answer; its message is for the reader. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Whether whoever looks may not: what was shown before may be nothing for these eyes either. */
  get isOfRole() {
    return this.status === 401 || this.status === 403;
  }
}

/** Nothing was heard, or not from the collector; whatever else goes wrong is a fault of the page. */
export class Unanswered extends Error {}

const unanswered = (error) => {
  throw new Unanswered(error.message);
};

/** A fault without a word of why may be a proxy's: the collector behind it does not answer. */
async function failure(answer) {
  const body = await answer.json().catch(() => null);
  const reason = body?.detail || body?.error;
  const said = `HTTP ${answer.status}`;
  return answer.status < 500 || reason ? new Refused(reason || said, answer.status) : new Unanswered(said);
}

const clockOf = (answer) => {
  const date = Date.parse(answer.headers.get("Date"));
  return Number.isFinite(date) ? date : Date.now();
};

async function asked(path, headers) {
  const patience = new AbortController();
  setTimeout(() => patience.abort(), TIME_OUT_MS); // of what has been read by then it ends nothing
  const answer = await fetch(path, { cache: "no-store", headers, signal: patience.signal }).catch(unanswered);
  if (answer.status === 401) { // the session has ended
    const { pathname, search } = window.location;
    window.location.assign(`/login?next=${encodeURIComponent(pathname + search)}`);
  }
  if (!answer.ok && answer.status !== 304) {
    throw await failure(answer);
  }
  return answer;
}

const contentOf = (answer) => answer.json().catch(unanswered);

/** The JSON at a path; throws Refused where the collector says why there is none, Unanswered where nothing comes. */
export const read = async (path) => contentOf(await asked(path, {}));

/**
 * What asks for the same again and again: each call gives {content, now, isNew}. `now` is the collector's clock from its
 * Date header: watermarks and contacts are by that clock, and the browser's may be wrong.
 */
export function reader(path) {
  let etag = null;
  let content = null;
  return async () => {
    const answer = await asked(path, etag === null ? {} : { "If-None-Match": etag });
    const isNew = answer.status !== 304;
    if (isNew) {
      content = await contentOf(answer);
      etag = answer.headers.get("ETag");
    }
    return { content, now: clockOf(answer), isNew };
  };
}
