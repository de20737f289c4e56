/**
 * The window in the page's address, read as the collector reads it: pure functions, no document, no clock.
 *
 * A "+" that was not escaped arrives as a space; no timestamp holds one, so it is put back. What cannot be read is kept
 * as it was written: the collector says what is wrong with it, and the page never calls it "Everything so far".
 */

/** Milliseconds since 1970, or null where the text is no instant. */
export function instantOf(text) {
  const instant = Date.parse((text ?? "").replaceAll(" ", "+").toUpperCase());
  return Number.isFinite(instant) ? instant : null;
}

function end(asked, key) {
  return asked.has(key) ? instantOf(asked.get(key)) ?? asked.get(key) : null;
}

/** {from, to}: each an instant, null where it was not asked for, or the text where it cannot be read. */
export function askedWindow(search) {
  const asked = new URLSearchParams(search);
  return { from: end(asked, "from"), to: end(asked, "to") };
}

/**
 * Whether a window goes on beyond `now`, so that its numbers end now (SEMANTICS §5).
 * One that lies wholly in the future is left alone: nothing of it has passed.
 */
export function goesOn({ from, to }, now) {
  return typeof to === "number" && to > now && (from === null || (typeof from === "number" && from < now));
}
