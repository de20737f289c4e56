/**
 * What every page does: asks for the floor again and again, shows how fresh it is, keeps what it has when nothing comes.
 *
 * The page computes no metric. After a failure everything stays as it was last read, and the line on top says so, with its
 * age, be it an outage, a refusal or an answer that cannot be drawn: of that what is drawn is taken back, be it in a later
 * turn (turns.js) that the rest fails. Only what somebody may not see any more is taken off.
 * What a page needs beside the floor (`more`) is read only when the floor has changed: any write, and any camera that falls
 * silent, changes its ETag. A page may be left open for weeks: what it asks for is made up anew each time.
 */

import { showAccount } from "./account.js";
import { reduced, WINDOW_KEYS } from "./address.js";
import { read, reader, Refused, Unanswered } from "./api.js";
import { byId, write } from "./elements.js";
import { forget } from "./forgetting.js";
import { clockSeconds } from "./format.js";
import { linkPages, showHeader, startHeader } from "./header.js";
import { startKeys } from "./keys.js";
import { forgetMoment } from "./opens.js";
import { startPeriods } from "./periods.js";
import { keepAsking } from "./polling.js";
import { goneFrom } from "./retained.js";
import { showGone, showOutage, showRefusal, showUndrawn, showVerdict, showWarnings } from "./trust_strip.js";
import { FAILED } from "./turns.js";
import { laterView, trustOf, viewOf } from "./view.js";

const search = window.location.search;
const BROWSERS_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone; // only until the first answer names the site's

/**
 * Starts a page. `more(floor, read)` reads what it needs beside the floor, `show(view)` draws; both are called again and
 * again. `whatToAsk(view)` says which floor, from what was shown last (null: nothing yet); without it the address does.
 * `onOutage({readAt, zone})` hears every second that nothing comes, be it refused, and null when it does again. `onSame(view)`
 * hears of an answer in which nothing is new but the time. Returns {again()}: read also what is beside the floor anew, and
 * at once.
 */
export function startPage({
  more = async () => null, show, whatToAsk = async () => reduced(search, WINDOW_KEYS), onOutage = () => {}, onSame = () => {},
}) {
  const openedAt = Date.now();
  let ask = null;
  let asked = null; // the query of `ask`
  let wishes = 0; // how often somebody wanted all of it anew
  let view = null;
  let earlier = null; // what was shown before the last answer, of which a row may still fail
  let heardAt = null; // by the browser's clock, as are the tries
  let outage = null; // {nextAt} while the collector does not answer
  let refusal = null;
  let isUndrawn = false; // the page failed over the last answer; its error is for whoever mends that
  let isForgotten = false; // what was shown was taken off
  let hasMore = false; // false: what belongs to the last floor has not been read yet

  async function askAll() {
    showAccount();
    const query = await whatToAsk(view);
    if (query !== asked) {
      [asked, ask] = [query, reader(`/api/floor/${query}`)];
    }
    const wish = wishes;
    const answer = await ask();
    hasMore = hasMore && !answer.isNew;
    if (hasMore) {
      return { ...answer, isNew: false };
    }
    const extra = await more(answer.content, read);
    hasMore = wish === wishes;
    return { ...answer, extra, isNew: true };
  }

  function showFailure() {
    const zone = view?.zone ?? BROWSERS_ZONE;
    const told = { readAt: view?.readAt ?? null, zone, nextAt: outage.nextAt, now: Date.now() };
    if (isUndrawn) {
      showUndrawn(told);
    } else if (refusal !== null) {
      showRefusal(refusal.message, told);
    } else {
      showOutage({ ...told, since: heardAt ?? openedAt });
    }
    onOutage(told);
  }

  function showTrust() {
    if (outage !== null) {
      showFailure();
    } else if (view !== null) {
      onOutage(null);
      showVerdict(trustOf(view));
    }
  }

  function draw(isNew) {
    if (isNew) {
      if (!view.floor.shows_persons) {
        forgetMoment(); // whoever may see persons may have opened one here before
      }
      showHeader(view);
      showWarnings(view.floor.warnings);
      showGone(goneFrom(document.body.dataset.page, view.floor, view));
      show(view);
      byId("numbers").classList.remove("unread");
    } else {
      onSame(view);
    }
    write(byId("read-at"), `Read at ${clockSeconds(view.readAt, view.zone)}.`);
  }

  function restore(before) {
    const isTakenAway = before?.floor.shows_persons && !view.floor.shows_persons;
    view = before;
    if (view === null) {
      byId("numbers").classList.add("unread");
    } else if (isTakenAway && forget()) {
      [view, isForgotten] = [null, true];
    } else {
      view = { ...view, atOnce: true };
      draw(true);
    }
  }

  /** Shows what was shown before an answer that cannot be drawn, but for what that answer takes from the eyes that look. */
  function takeBack(before) {
    try {
      restore(before);
    } catch (error) {
      console.error(error);
    }
  }

  function onAnswer(answer) {
    if (isForgotten) {
      window.location.reload();
      return;
    }
    const before = view;
    earlier = answer.isNew ? view : earlier;
    heardAt = Date.now();
    try {
      view = answer.isNew ? viewOf(answer, { search, atOnce: isUndrawn }) : laterView(view, answer.now);
      [outage, refusal, isUndrawn] = [null, null, false];
      draw(answer.isNew);
      showTrust();
    } catch (error) {
      takeBack(before);
      throw error;
    }
  }

  function onFailure(error, { nextAt }) {
    refusal = error instanceof Refused ? error : null;
    isUndrawn = refusal === null && !(error instanceof Unanswered);
    outage = { nextAt };
    if (isUndrawn) {
      console.error(error);
      hasMore = false; // the same answer once more is one to be drawn
    }
    if (refusal?.isOfRole && view !== null && forget()) {
      [view, isForgotten] = [null, true];
    }
    showTrust();
  }

  linkPages(search);
  for (const start of [startHeader, startPeriods, startKeys]) {
    start(() => view);
  }
  const asking = keepAsking({ ask: askAll, onAnswer, onFailure });
  window.addEventListener(FAILED, ({ detail: cause }) => {
    if (!isForgotten) {
      takeBack(earlier);
      asking.fail(cause);
    }
  });
  byId("try-now").addEventListener("click", asking.now);
  setInterval(() => (outage === null ? undefined : showTrust()), 1_000);
  document.body.dataset.runs = "true"; // for unstarted.js, which may have written into the line
  write(byId("verdict"), "Asking the collector …");
  write(byId("verdict-detail"), "");
  byId("try-now").hidden = true;

  function again() {
    wishes += 1;
    hasMore = false;
    asking.now();
  }

  return { again };
}
