/**
 * The first so many events of a list that is told page by page, read again and again while somebody reads on.
 *
 * Answers may come late and in any order: what stands is the answer to the question that was asked last. Events of one tab
 * never stand under another, and whoever has read on sees as much as before, as it is now.
 */

const A_PAGE = 200;
const LONGEST = 10_000; // the most that one answer of the collector may have
const NOTHING = { rows: [], next: null, isRead: false };

/** Takes a list; `ask({limit, after})` reads a page of it: {events, next}. Answers are true where they stand. */
export function eventList(ask) {
  let list = NOTHING;
  let wanted = A_PAGE;
  let latest = 0;

  async function readOn({ rows, next }) {
    latest += 1;
    const mine = latest;
    let [known, further] = [rows, next];
    do {
      const page = await ask({ limit: Math.min(LONGEST, wanted - known.length), after: further });
      if (mine !== latest) {
        return false;
      }
      [known, further] = [[...known, ...page.events], page.next];
    } while (further !== null && known.length < wanted);
    list = { rows: known, next: further, isRead: true };
    return true;
  }

  function clear() {
    latest += 1; // what is on its way belongs to another list
    [list, wanted] = [NOTHING, A_PAGE];
  }

  function more() {
    wanted += A_PAGE;
    return readOn(list);
  }

  /** {rows, next: null where that is all, isRead: false before the first answer}. */
  const now = () => list;

  return { now, clear, more, refresh: () => readOn(NOTHING) };
}
