/**
 * When to ask the collector again: 3 s after an answer while somebody uses the page, 15 s while it is only seen, 60 s in
 * a hidden tab, and after failures 3, 6, 12 … 60 s. At most one question is under way; a slow collector is never asked
 * twice at once.
 */

const USED_MS = 3_000;
const SEEN_MS = 15_000;
const LONGEST_MS = 60_000;
const IN_USE_MS = 60_000; // after the last key, click, touch or scroll
const SIGNS_OF_USE = ["pointermove", "pointerdown", "keydown", "wheel", "scroll"];

/** Milliseconds to wait after `failures` failures in a row. */
export function pause({ failures, hidden, used }) {
  if (hidden) {
    return LONGEST_MS;
  }
  if (failures > 0) {
    return Math.min(LONGEST_MS, USED_MS * 2 ** (failures - 1));
  }
  return used ? USED_MS : SEEN_MS;
}

/**
 * Asks for ever: `ask` is awaited, then `onAnswer(answer)` is called; what either of them throws is a failure, of which
 * `onFailure(error, {nextAt})` hears.
 * Returns {now(), fail(error)}: ask at once instead of at the planned time, while a question is under way right after its
 * answer; and: what the last answer led to later was a failure, too.
 */
export function keepAsking({ ask, onAnswer, onFailure }) {
  let failures = 0;
  let timer = null;
  let underWay = false;
  let isWanted = false; // once more, after the question under way
  let usedAt = Date.now(); // whoever opens a page looks at it

  function plan() {
    const wait = isWanted ? 0 : pause({ failures, hidden: document.hidden, used: Date.now() - usedAt < IN_USE_MS });
    isWanted = false;
    clearTimeout(timer);
    timer = setTimeout(round, wait);
    return Date.now() + wait;
  }

  function fail(error) {
    failures += 1;
    onFailure(error, { nextAt: underWay ? Date.now() : plan() });
  }

  async function round() {
    if (underWay) {
      return;
    }
    underWay = true;
    clearTimeout(timer);
    try {
      onAnswer(await ask());
    } catch (error) {
      underWay = false;
      fail(error);
      return;
    }
    failures = 0;
    underWay = false;
    plan();
  }

  function onUse() {
    const wasUsed = Date.now() - usedAt < IN_USE_MS;
    usedAt = Date.now();
    if (!wasUsed && failures === 0) {
      round();
    }
  }

  for (const sign of SIGNS_OF_USE) {
    window.addEventListener(sign, onUse, { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? undefined : round()));
  window.addEventListener("online", round);
  round();

  function now() {
    isWanted = underWay;
    return round();
  }

  return { now, fail };
}
