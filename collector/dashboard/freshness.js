/**
 * Can the numbers be trusted? One sentence from the cameras' watermarks: a pure function, no document, no clock.
 *
 * Cameras that are New or Paused do not count (SEMANTICS §7), but a New one is mentioned: it may have much to tell.
 * "Complete through" is the least watermark of the others: everything before it has been delivered. The headline changes only when the verdict does, the detail with time.
 */

import { clockTime, plural } from "./format.js";

const NAMED_AT_MOST = 3; // more names than this are a list for the table below, not a sentence

/** Least watermark as an instant; null where one of them has none yet, and where there is none of them. */
export function completeThrough(cameras) {
  const watermarks = cameras.map((camera) => (camera.watermark === null ? NaN : Date.parse(camera.watermark)));
  const least = Math.min(...watermarks);
  return Number.isFinite(least) ? least : null;
}

function nobodyCounts(cameras) {
  if (cameras.some((camera) => camera.state === "Paused")) {
    return { level: "unknown", headline: "No camera is being watched.", detail: "All that have reported are paused." };
  }
  const waiting = cameras.length ? `${plural(cameras.length, "camera")} known, none has called.` : "";
  return { level: "unknown", headline: "No camera has reported yet.", detail: waiting };
}

function shortfall(camera, spell) {
  const reach = camera.watermark === null
    ? "has not said how far it is"
    : `nothing after ${spell(Date.parse(camera.watermark))}`;
  const backlog = camera.pending > 0 ? `, ${plural(camera.pending, "event")} waiting there` : "";
  return `${camera.camera}: ${reach}${backlog}`;
}

function shortfalls(behind, spell) {
  const named = behind.slice(0, NAMED_AT_MOST).map((camera) => shortfall(camera, spell));
  const others = behind.length - named.length;
  return named.join("; ") + (others > 0 ? `; and ${others} more.` : ".");
}

function incomplete(counted, behind, spell) {
  const verb = behind.length === 1 ? "is" : "are";
  const headline = counted.length === 1
    ? "The camera is behind."
    : `${behind.length} of ${counted.length} cameras ${verb} behind.`;
  const upToDate = counted.filter((camera) => !behind.includes(camera));
  const through = completeThrough(upToDate);
  const list = shortfalls(behind, spell);
  return { level: "behind", headline, detail: through === null ? list : `All in up to ${spell(through)}, except ${list}` };
}

function strangers(cameras) {
  const fresh = cameras.filter((camera) => camera.state === "New");
  if (fresh.length === 0) {
    return "";
  }
  return fresh.length === 1 ? `${fresh[0].camera} has never called.` : `${fresh.length} cameras have never called.`;
}

function ofCounted(counted, { until, spell }) {
  const through = completeThrough(counted);
  if (until !== null && through !== null && until <= through) {
    return { level: "good", headline: "This window is complete.", detail: `All in up to ${spell(through)}.` };
  }
  const behind = counted.filter((camera) => camera.state !== "Up");
  if (behind.length > 0) {
    return incomplete(counted, behind, spell);
  }
  const headline = counted.length === 1
    ? "The camera is up to date."
    : `All ${counted.length} cameras are up to date.`;
  return { level: "good", headline, detail: through === null ? "" : `All in up to ${spell(through)}.` };
}

/**
 * The verdict: {level: "good" | "behind" | "unknown", headline, detail}.
 * `cameras`: rows of /api/cameras/ of the site shown; `until`: the end of the window shown, as an instant, or null.
 */
export function judge(cameras, { until = null, now, zone } = {}) {
  const spell = (instant) => clockTime(instant, { now, zone });
  const counted = cameras.filter((camera) => camera.state !== "New" && camera.state !== "Paused");
  if (counted.length === 0) {
    return nobodyCounts(cameras);
  }
  const verdict = ofCounted(counted, { until, spell });
  return { ...verdict, detail: `${verdict.detail} ${strangers(cameras)}`.trim() };
}
