/**
 * Much work without a pause that anybody feels: what is in sight at once, the rest in turns once that has been
 * painted. A table of two hundred rows is there with its first screen, and whoever clicks meanwhile is heard between two turns.
 */

/** Told to the window where something fails in a turn, with the cause: nobody waits for it there who could catch it. */
export const FAILED = "lineside-turn-failed";

/** So many rows take some 50 ms on a cheap tablet. */
export const A_TURN = 40;
const A_BREATH_MS = 5; // for whoever waited for the frame, too
const A_ROW = 24; // CSS pixels, the least height of one

// Not when the browser has nothing better to do: on a slow processor that is never, and each turn waited in vain for it.
const soon = (act) => setTimeout(act, A_BREATH_MS);
const afterAFrame = (act) => (document.hidden ? soon(act) : window.requestAnimationFrame(() => soon(act))); // a hidden page has none

/** So many rows a turn, all turns alike: a last one of two rows would cost a frame and a layout as any other. */
const inTurns = (rows) => Math.ceil(rows / Math.max(1, Math.round(rows / A_TURN)));

/** As many rows as no screen shows more of, for a page on which nothing can be seen yet. */
export const aScreenful = () => Math.ceil(window.screen.height / A_ROW);

/** Tells which elements are in sight without asking for a layout: {watch(element), forget(element), has(element)}. */
export function sight() {
  const inSight = new Set();
  const observer = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) {
      isIntersecting ? inSight.add(target) : inSight.delete(target);
    }
  });
  return {
    watch: (element) => observer.observe(element),
    forget: (element) => {
      observer.unobserve(element);
      inSight.delete(element);
    },
    has: (element) => inSight.has(element),
    isEmpty: () => inSight.size === 0,
  };
}

/**
 * Does work in turns. `act(some)` gets the next few each time, `onEnd()` is called after the last, or where one fails. Returns
 * {start(all), finish()}: starting anew gives up what is left, finishing does it at once.
 */
export function turns({ act, onEnd }) {
  let left = [];
  let most = A_TURN;
  let run = 0; // turns of an earlier start do nothing

  function take(number) {
    const some = left.slice(0, number);
    left = left.slice(number);
    try {
      act(some);
    } catch (cause) {
      left = [];
      window.dispatchEvent(new CustomEvent(FAILED, { detail: cause }));
    }
    if (left.length === 0) {
      onEnd();
    }
  }

  function next(ofRun) {
    if (ofRun !== run || left.length === 0) {
      return;
    }
    take(most);
    soon(() => next(ofRun));
  }

  function start(all) {
    left = all;
    most = inTurns(all.length);
    run += 1;
    const thisRun = run;
    left.length === 0 ? onEnd() : afterAFrame(() => next(thisRun));
  }

  const finish = () => (left.length === 0 ? undefined : take(left.length));

  return { start, finish };
}
