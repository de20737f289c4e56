/**
 * Much work without a pause that anybody feels: what is in sight at once, the rest in turns in which the browser has
 * nothing better to do. A table of two hundred rows is there with its first screen.
 */

/** So many rows take some 50 ms on a cheap tablet. */
export const A_TURN = 40;
const AT_LATEST_MS = 200;
const A_ROW = 24; // CSS pixels, the least height of one

// Safari knows no idle time; a short wait lets it paint between two turns.
const whenIdle = (act) =>
  ("requestIdleCallback" in window ? window.requestIdleCallback(act, { timeout: AT_LATEST_MS }) : setTimeout(act, 20));

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
 * Does work in turns. `act(some)` gets the next few each time, `onEnd()` is called after the last. Returns
 * {start(all), finish()}: starting anew gives up what is left, finishing does it at once.
 */
export function turns({ act, onEnd }) {
  let left = [];
  let run = 0; // turns of an earlier start do nothing

  function take(most) {
    const some = left.slice(0, most);
    left = left.slice(most);
    act(some);
    if (left.length === 0) {
      onEnd();
    }
  }

  function next(ofRun) {
    if (ofRun !== run || left.length === 0) {
      return;
    }
    take(A_TURN);
    whenIdle(() => next(ofRun));
  }

  function start(all) {
    left = all;
    run += 1;
    const thisRun = run;
    left.length === 0 ? onEnd() : whenIdle(() => next(thisRun));
  }

  const finish = () => (left.length === 0 ? undefined : take(left.length));

  return { start, finish };
}
