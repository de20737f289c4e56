/**
 * How the page spells numbers and times: pure functions from a value of the API to a text.
 *
 * Nothing here reads a clock, the document or the network; `now` and the time zone are arguments (no zone: the
 * browser's). Instants are milliseconds since 1970 UTC, durations of the API are minutes. A missing value is "–",
 * never 0. The collector has rounded its numbers, to two decimals, and nothing is rounded again: ratios keep their two, and
 * times are cut to the minute. "All in up to 13:40" must not promise more than is true, nor 59.99 minutes be an hour.
 */

const MISSING = "–";
const SPACE = "\u00a0"; // a number and its unit stay on one line
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const hundredths = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const isMissing = (value) => value === null || value === undefined;

/** Text as it is. */
export const words = (value) => (isMissing(value) ? MISSING : String(value));

/** 1204 → "1,204". */
export const count = (value) => (isMissing(value) ? MISSING : whole.format(value));

/** 26.4 → "26.40". */
export const rate = (value) => (isMissing(value) ? MISSING : hundredths.format(value));

/** 66.67 → "66.67 %". */
export const percent = (value) => (isMissing(value) ? MISSING : hundredths.format(value) + SPACE + "%");

/** plural(1204, "event") → "1,204 events". */
export const plural = (value, noun) => count(value) + SPACE + noun + (value === 1 ? "" : "s");

/** 1 → "1 worker". */
export const workers = (value) => (isMissing(value) ? MISSING : plural(value, "worker"));

/** Minutes as hours:minutes, cut to the minute: 331.74 → "5:31". */
export function duration(minutes) {
  if (isMissing(minutes)) {
    return MISSING;
  }
  const passed = Math.floor(minutes);
  return whole.format(Math.floor(passed / 60)) + ":" + String(passed % 60).padStart(2, "0");
}

/** A length of time in one unit, cut not rounded: 42 s, 3 min, 5 h, 2 days. */
export function span(milliseconds) {
  const length = Math.max(0, milliseconds);
  if (length < MINUTE) {
    return Math.floor(length / SECOND) + SPACE + "s";
  }
  if (length < HOUR) {
    return Math.floor(length / MINUTE) + SPACE + "min";
  }
  if (length < 2 * DAY) {
    return Math.floor(length / HOUR) + SPACE + "h";
  }
  return plural(Math.floor(length / DAY), "day");
}

/** How long before `now` an instant was: "3 min ago"; what is not yet past is "0 s ago". */
export const ago = (instant, now) => (isMissing(instant) ? MISSING : span(now - instant) + SPACE + "ago");

function parts(instant, zone) {
  const spelled = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(instant);
  return Object.fromEntries(spelled.map((part) => [part.type, part.value]));
}

/** "13:40"; with the day where it is not today's ("9 Jan 13:40"), with the year where it is not this year's. */
export function clockTime(instant, { now, zone } = {}) {
  if (isMissing(instant)) {
    return MISSING;
  }
  const then = parts(instant, zone);
  const today = parts(now, zone);
  const time = `${then.hour}:${then.minute}`;
  if (then.year !== today.year) {
    return `${[then.day, then.month, then.year].join(SPACE)} ${time}`;
  }
  const isToday = then.month === today.month && then.day === today.day;
  return isToday ? time : `${then.day}${SPACE}${then.month} ${time}`;
}

/** An end of a window: an instant by the clock, or a text that is none as it is. */
const moment = (end, { now, zone }) => (typeof end === "string" ? end : clockTime(end, { now, zone }));

/** A half-open window, either end may be null: "15 Jan 07:00 – 15:00"; the end's day only where it is another day. */
export function period({ from, to }, { now, zone } = {}) {
  if (from === null && to === null) {
    return "Everything so far";
  }
  if (from === null) {
    return `Until ${moment(to, { now, zone })}`;
  }
  const start = moment(from, { now, zone });
  return to === null ? `Since ${start}` : `${start} – ${moment(to, { now: typeof from === "string" ? now : from, zone })}`;
}

/** "13:40:06". */
export function clockSeconds(instant, { zone } = {}) {
  const then = parts(instant, zone);
  return `${then.hour}:${then.minute}:${then.second}`;
}

/** The zone's name and its offset at `now`: "Asia/Jerusalem (UTC+2)". */
export function zoneName(now, zone) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
  const offset = format.formatToParts(now).find((part) => part.type === "timeZoneName").value;
  const short = offset.replace("GMT", "UTC").replace(/([+-])0(\d)/, "$1$2").replace(":00", "");
  const name = format.resolvedOptions().timeZone;
  return name === "UTC" ? name : `${name} (${short})`;
}
