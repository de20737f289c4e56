/**
 * When to ask the collector again: 3 s after an answer while somebody looks, 60 s while the tab is hidden, and after
 * failures 3, 6, 12 … 60 s. At most one question is under way; a slow collector is never asked twice at once.
 */

const VISIBLE_MS = 3_000;
const HIDDEN_MS = 60_000;
const LONGEST_MS = 60_000;

/** Milliseconds to wait after `failures` failures in a row. */
export function pause({ failures, hidden }) {
  if (hidden) {
    return HIDDEN_MS;
  }
  return Math.min(LONGEST_MS, VISIBLE_MS * 2 ** Math.max(0, failures - 1));
}

/**
 * Asks for ever: `ask` is awaited, then `onAnswer(answer)` or `onFailure(error, {nextAt})` is called.
 * Returns {now()}: ask at once instead of at the planned time.
 */
export function keepAsking({ ask, onAnswer, onFailure }) {
  let failures = 0;
  let timer = null;
  let underWay = false;

  function plan() {
    const wait = pause({ failures, hidden: document.hidden });
    clearTimeout(timer);
    timer = setTimeout(round, wait);
    return Date.now() + wait;
  }

  async function round() {
    if (underWay) {
      return;
    }
    underWay = true;
    clearTimeout(timer);
    let answer;
    try {
      answer = await ask();
    } catch (error) {
      failures += 1;
      underWay = false;
      onFailure(error, { nextAt: plan() });
      return;
    }
    failures = 0;
    underWay = false;
    plan();
    onAnswer(answer);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? undefined : round()));
  window.addEventListener("online", round);
  round();
  return { now: round };
}
