/**
 * Can the numbers be trusted? One sentence from what the collector says of its cameras: a pure function, no document, no
 * clock. Cameras that never called or are paused do not count (SEMANTICS §7), but the former are mentioned: they may have
 * much to tell. The headline changes only when the verdict does, the detail with time.
 */

import { clockTime, instant, plural } from "./format.js";

const NAMED_AT_MOST = 3; // more names than this are a list for the page of cameras, not a sentence

function nobodyCounts({ never_called: strangers }, hasEvents) {
  const waiting = strangers > 0 ? `${plural(strangers, "camera")} known, none has called.` : "";
  const headline = hasEvents ? "No camera vouches for these numbers." : "No camera has reported yet.";
  const detail = hasEvents ? `They are of events that were sent in some other way. ${waiting}`.trim() : waiting;
  return { level: "unknown", headline, detail };
}

function shortfall(camera, spell) {
  const reach = camera.watermark === null
    ? "has not said how far it is"
    : `nothing after ${spell(instant(camera.watermark))}`;
  const backlog = camera.pending > 0 ? `, ${plural(camera.pending, "event")} waiting there` : "";
  return `${camera.camera}: ${reach}${backlog}`;
}

function shortfalls({ behind, behind_left_out: leftOut }, spell) {
  const named = behind.slice(0, NAMED_AT_MOST).map((camera) => shortfall(camera, spell));
  const others = behind.length + leftOut - named.length;
  return named.join("; ") + (others > 0 ? `; and ${others} more.` : ".");
}

function incomplete(completeness, spell) {
  const number = completeness.behind.length + completeness.behind_left_out;
  const verb = number === 1 ? "is" : "are";
  const headline = completeness.cameras === 1
    ? "Not complete yet: the camera is behind."
    : `Not complete yet: ${number} of ${completeness.cameras} cameras ${verb} behind.`;
  const through = instant(completeness.up_through);
  const list = shortfalls(completeness, spell);
  return { level: "behind", headline, detail: through === null ? list : `All in up to ${spell(through)}, except ${list}` };
}

function ofCounted(completeness, { until, spell }) {
  const through = instant(completeness.complete_through);
  const isIn = through === null ? "" : `All in up to ${spell(through)}.`;
  if (until !== null && through !== null && until <= through) {
    return { level: "good", headline: "Complete.", detail: isIn };
  }
  if (!completeness.is_current) {
    return incomplete(completeness, spell);
  }
  const headline = completeness.cameras === 1
    ? "The camera is up to date."
    : `All ${completeness.cameras} cameras are up to date.`;
  return { level: "good", headline, detail: isIn };
}

/**
 * The verdict: {level: "good" | "behind" | "unknown", headline, detail}.
 * `completeness` is the floor's; `hasEvents`: whether anything is stored though no camera counts; `until`: the end of the stretch shown where it has passed, as an instant, else null.
 */
export function judge(completeness, { until = null, hasEvents = false, now, zone }) {
  if (completeness.cameras === 0) {
    return nobodyCounts(completeness, hasEvents);
  }
  const verdict = ofCounted(completeness, { until, spell: (then) => clockTime(then, { now, zone }) });
  const strangers = completeness.never_called;
  const more = strangers > 0 ? `${plural(strangers, "camera")} never called.` : "";
  return { ...verdict, detail: `${verdict.detail} ${more}`.trim() };
}
