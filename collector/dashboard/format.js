/**
 * How the pages spell numbers and times: pure functions from a value of the API to a text.
 *
 * Nothing here reads a clock, the document or the network; `now` and the time zone are arguments. Instants are
 * milliseconds since 1970 UTC, durations microseconds as the API has them. A missing value is "–", never 0.
 * Nothing is rounded again: ratios keep their two decimals, and times are cut to the minute. "All in up to 13:40" must
 * not promise more than is true, nor 59.99 minutes be an hour.
 */

import { DAY, HOUR, MINUTE, offsetOf, partsOf } from "./zoned.js";

const MISSING = "–";
const SPACE = "\u00a0"; // a number and its unit stay on one line
const SECOND = 1000;
/** The months as they are written everywhere. */
export const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const THOUSANDS = /\B(?=(\d{3})+(?!\d))/g; // a formatter of the browser's takes longer to make than all numbers of a page to write
const digits = (number) => number.toFixed(0).replace(THOUSANDS, ",");
const decimals = (number) => number.toFixed(2).replace(THOUSANDS, ",");
const isMissing = (value) => value === null || value === undefined;
const two = (number) => String(number).padStart(2, "0");

/** An instant of the API in milliseconds; null where there is none. */
export const instant = (text) => (isMissing(text) ? null : Date.parse(text));

/** The same in microseconds, exactly: what is between two of them is cut only when it is shown. */
export const microseconds = (text) => {
  const fraction = /\.(\d{1,6})/.exec(text)?.[1] ?? "";
  return Math.floor(Date.parse(text) / SECOND) * 1_000_000 + Number(fraction.padEnd(6, "0"));
};

/** Text as it is. */
export const words = (value) => (isMissing(value) ? MISSING : String(value));

const FROM_THE_RIGHT = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A name within a sentence: where it reads from the right, between U+2068 and U+2069, so that it turns no number beside it. */
export const apart = (name) => (FROM_THE_RIGHT.test(name) ? `\u2068${name}\u2069` : name);

/** 1204 → "1,204". */
export const count = (value) => (isMissing(value) ? MISSING : digits(value));

/** 26.4 → "26.40". */
export const rate = (value) => (isMissing(value) ? MISSING : decimals(value));

/** 66.67 → "66.67 %". */
export const percent = (value) => (isMissing(value) ? MISSING : decimals(value) + SPACE + "%");

/** plural(1204, "event") → "1,204 events". */
export const plural = (value, noun) => count(value) + SPACE + noun + (value === 1 ? "" : "s");

/** 1 → "1 worker". */
export const workers = (value) => (isMissing(value) ? MISSING : plural(value, "worker"));

/** Microseconds as hours:minutes, cut to the minute: 19_904_400_000 → "5:31". */
export function duration(microseconds) {
  if (isMissing(microseconds)) {
    return MISSING;
  }
  const minutes = Math.floor(microseconds / 60_000_000);
  return digits(Math.floor(minutes / 60)) + ":" + two(minutes % 60);
}

/** Microseconds as hours:minutes:seconds, cut to the second. */
export const durationSeconds = (microseconds) =>
  (isMissing(microseconds) ? MISSING : `${duration(microseconds)}:${two(Math.floor(microseconds / 1_000_000) % 60)}`);

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
export const ago = (then, now) => (isMissing(then) ? MISSING : span(now - then) + SPACE + "ago");

/** "13:40". */
export function hourMinute(then, zone) {
  const { hour, minute } = partsOf(then, zone);
  return `${two(hour)}:${two(minute)}`;
}

/** "13:40:06". */
export const clockSeconds = (then, zone) =>
  (isMissing(then) ? MISSING : `${hourMinute(then, zone)}:${two(partsOf(then, zone).second)}`);

/** "Tue 10 Jan", with the year where it is not that of `now`. */
export function date(then, { now, zone }) {
  const { weekday, day, month, year } = partsOf(then, zone);
  const named = [weekday, day, MONTHS[month - 1]];
  return (year === partsOf(now, zone).year ? named : [...named, year]).join(SPACE);
}

const sameDay = (one, other, zone) => {
  const [left, right] = [partsOf(one, zone), partsOf(other, zone)];
  return left.year === right.year && left.month === right.month && left.day === right.day;
};

/** "13:40"; with the day where it is not that of `now`: "Fri 9 Jan 13:40". */
export function clockTime(then, { now, zone }) {
  if (isMissing(then)) {
    return MISSING;
  }
  return sameDay(then, now, zone) ? hourMinute(then, zone) : `${date(then, { now, zone })} ${hourMinute(then, zone)}`;
}

/** "Tue 10 Jan 07:00:00", always with its day: for tables of events. */
export const dayAndSeconds = (then, { now, zone }) =>
  (isMissing(then) ? MISSING : `${date(then, { now, zone })} ${clockSeconds(then, zone)}`);

function isMidnight(then, zone) {
  const { hour, minute, second } = partsOf(then, zone);
  return hour + minute + second === 0;
}

/**
 * A half-open window, either end may be null: "Tue 10 Jan 07:00–15:00", a whole day "Tue 10 Jan", days
 * "Sun 8 Jan – Sat 14 Jan": the last day named is the last one in it.
 */
export function period({ from, to }, { now, zone }) {
  if (from === null && to === null) {
    return "Everything so far";
  }
  if (from === null || to === null) {
    const end = from ?? to;
    return `${from === null ? "Until" : "Since"} ${date(end, { now, zone })} ${hourMinute(end, zone)}`;
  }
  const first = date(from, { now, zone });
  const last = to - 1;
  if (isMidnight(from, zone) && isMidnight(to, zone)) {
    return sameDay(from, last, zone) ? first : `${first} – ${date(last, { now, zone })}`;
  }
  const end = hourMinute(to, zone);
  return sameDay(from, last, zone)
    ? `${first} ${hourMinute(from, zone)}–${end}`
    : `${first} ${hourMinute(from, zone)} – ${date(to, { now, zone })} ${end}`;
}

/** The zone's name and its offset at `now`: "Asia/Jerusalem, UTC+2". */
export function zoneName(now, zone) {
  const minutes = offsetOf(now, zone) / MINUTE;
  if (zone === "UTC") {
    return zone;
  }
  const size = Math.abs(minutes);
  const rest = size % 60 === 0 ? "" : `:${two(size % 60)}`;
  return `${zone}, UTC${minutes < 0 ? "−" : "+"}${Math.floor(size / 60)}${rest}`;
}
