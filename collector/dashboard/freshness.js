/**
 * Can the numbers be trusted? One sentence from what the collector says of its cameras: a pure function, no document, no
 * clock. Cameras that never called or are paused do not count (SEMANTICS §7), but the former are mentioned: they may have
 * much to tell. Events that were numbered at a camera and never arrived may be of any time: while there are any, nothing
 * is called complete. The headline changes only when the verdict does, the detail with time.
 */

import { apart, clockTime, instant, plural } from "./format.js";

/** A camera whose watermark is older is late (SEMANTICS §7), and the rows of its workers say "no data". */
export const UP_TO_DATE_MS = 120_000;
const NAMED_AT_MOST = 3; // more names than this are a list for the page of cameras, not a sentence
const BRIEFLY = 1; // where there is room for few lines

function nobodyCounts({ never_called: strangers }, hasEvents) {
  const waiting = strangers > 0 ? `${plural(strangers, "camera")} known, none has called.` : "";
  const headline = hasEvents ? "No camera vouches for these numbers." : "No camera has reported yet.";
  const detail = hasEvents ? `They are of events that were sent in some other way. ${waiting}`.trim() : waiting;
  return { level: "unknown", headline, detail };
}

/** "a; b; c; and 2 more." */
function listed(texts, leftOut, most) {
  const named = texts.slice(0, most);
  const others = texts.length + leftOut - named.length;
  return named.join("; ") + (others > 0 ? `; and ${others} more.` : ".");
}

function shortfall(camera, spell) {
  const reach = camera.watermark === null
    ? "has not said how far it is"
    : `nothing after ${spell(instant(camera.watermark))}`;
  const backlog = camera.pending > 0 ? `, ${plural(camera.pending, "event")} waiting there` : "";
  return `${apart(camera.camera)}: ${reach}${backlog}`;
}

function shortfalls({ behind, behind_left_out: leftOut }, { spell, most }) {
  return listed(behind.map((camera) => shortfall(camera, spell)), leftOut, most);
}

/** "All in up to 13:40"; while something never arrived it is not all. */
const inUpTo = ({ missing }, time) => `${missing === 0 ? "All" : "All else"} in up to ${time}`;

function incomplete(completeness, { spell, most }) {
  const number = completeness.behind.length + completeness.behind_left_out;
  const verb = number === 1 ? "is" : "are";
  const headline = completeness.cameras === 1
    ? "Not complete yet: the camera is behind."
    : `Not complete yet: ${number} of ${completeness.cameras} cameras ${verb} behind.`;
  const through = instant(completeness.up_through);
  const list = shortfalls(completeness, { spell, most });
  return { level: "behind", headline, detail: through === null ? list : `${inUpTo(completeness, spell(through))}, except ${list}` };
}

function ofCounted(completeness, { until, spell, most }) {
  const through = instant(completeness.complete_through);
  const isIn = through === null ? "" : `${inUpTo(completeness, spell(through))}.`;
  if (until !== null && through !== null && until <= through) {
    return { level: "good", headline: "Complete.", detail: isIn };
  }
  if (completeness.behind.length > 0) {
    return incomplete(completeness, { spell, most });
  }
  const headline = completeness.cameras === 1
    ? "The camera is up to date."
    : `All ${completeness.cameras} cameras are up to date.`;
  return { level: "good", headline, detail: isIn };
}

/** A verdict with what never arrived: it takes the place of one that is good, and stands beside any other. */
function withMissing(verdict, { missing, lacking, lacking_left_out: leftOut }, most) {
  if (missing === 0) {
    return verdict;
  }
  const who = listed(lacking.map((camera) => `${plural(camera.missing, "event")} of ${apart(camera.camera)}`), leftOut, most);
  const detail = `${verdict.detail} Never arrived: ${who}`.trim();
  return verdict.level === "behind"
    ? { ...verdict, detail }
    : { level: "behind", headline: `Not complete: ${plural(missing, "event")} never arrived.`, detail };
}

function withStrangers(verdict, { cameras, never_called: strangers }) {
  const more = cameras > 0 && strangers > 0 ? `${plural(strangers, "camera")} never called.` : "";
  return { ...verdict, detail: `${verdict.detail} ${more}`.trim() };
}

/**
 * The verdict: {level: "good" | "behind" | "unknown", headline, detail, brief}; `brief` is the detail with fewer cameras by name.
 * `completeness` is the floor's; `hasEvents`: whether anything is stored though no camera counts; `until`: the end of the stretch shown where it has passed, as an instant, else null.
 */
export function judge(completeness, { until = null, hasEvents = false, now, zone }) {
  const spell = (then) => clockTime(then, { now, zone });
  const tell = (most) => {
    const verdict = completeness.cameras === 0 ? nobodyCounts(completeness, hasEvents) : ofCounted(completeness, { until, spell, most });
    return withStrangers(withMissing(verdict, completeness, most), completeness);
  };
  return { ...tell(NAMED_AT_MOST), brief: tell(BRIEFLY).detail };
}
