/**
 * Wall clocks of a place: pure functions between instants (milliseconds since 1970 UTC) and local times of an IANA zone.
 *
 * A day may have 23 or 25 hours. A local time in a gap moves forward by the gap's length, an ambiguous one is the first
 * (SEMANTICS §5); everything here works on instants, so nothing is drawn in the wrong place on such a day.
 */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const STEPS = [15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE);

const MOST_KNOWN = 5_000;

const formats = new Map();
const known = new Map(); // a page spells the same instants again and again, and each takes the browser long

function formatOf(zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", weekday: "short", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    }));
  }
  return formats.get(zone);
}

/** {year, month, day, hour, minute, second, weekday: "Tue"} by the clock of a zone. */
export function partsOf(instant, zone) {
  const key = `${zone} ${instant}`;
  const before = known.get(key);
  if (before !== undefined) {
    return before;
  }
  const parts = readParts(instant, zone);
  if (known.size >= MOST_KNOWN) {
    known.clear();
  }
  known.set(key, parts);
  return parts;
}

function readParts(instant, zone) {
  const parts = { weekday: "" };
  for (const { type, value } of formatOf(zone).formatToParts(instant)) {
    parts[type] = type === "weekday" ? value : Number(value);
  }
  return parts;
}

/** How far the clock of a zone is ahead of UTC, in milliseconds. */
export function offsetOf(instant, zone) {
  const { year, month, day, hour, minute, second } = partsOf(instant, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

/** The instant at which a clock shows a local time; months from 1; days beyond the month's end go on into the next. */
export function instantOf({ year, month, day, hour = 0, minute = 0 }, zone) {
  const asUtc = Date.UTC(year, month - 1, day, hour, minute);
  const offsets = [offsetOf(asUtc - DAY, zone), offsetOf(asUtc + DAY, zone)];
  const shown = offsets.map((offset) => asUtc - offset).filter((instant) => instant + offsetOf(instant, zone) === asUtc);
  return shown.length > 0 ? Math.min(...shown) : asUtc - offsets[0];
}

/** The first instant of the local day so many days after that of an instant. */
export function dayStart(instant, zone, { plus = 0 } = {}) {
  const { year, month, day } = partsOf(instant, zone);
  return instantOf({ year, month, day: day + plus }, zone);
}

/** "2026-01-15T07:00" by the clock of a zone, as a field for local times takes it. */
export function wallText(instant, zone) {
  const { year, month, day, hour, minute } = partsOf(instant, zone);
  const two = (number) => String(number).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** The instant of such a text; null where it is none. */
export function instantOfText(text, zone) {
  const match = /^(\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
  if (match === null) {
    return null;
  }
  const [year, month, day, hour, minute] = match.slice(1).map(Number);
  return instantOf({ year, month, day, hour, minute }, zone);
}

function dayTicks(from, to, { zone, most }) {
  const every = Math.max(1, Math.ceil((to - from) / DAY / most));
  const ticks = [];
  for (let day = 0, at = dayStart(from, zone); at <= to; day += every, at = dayStart(from, zone, { plus: day })) {
    if (at >= from) {
      ticks.push(at);
    }
  }
  return ticks;
}

/** At most about `most` round local times within [from, to]: full hours of a shift, midnights of what is longer than two days. */
export function ticks(from, to, { zone, most = 9 }) {
  const step = to - from > 2 * DAY ? undefined : STEPS.find((length) => (to - from) / length <= most);
  if (step === undefined) {
    return dayTicks(from, to, { zone, most });
  }
  const grain = Math.min(step, 30 * MINUTE);
  const found = [];
  for (let at = Math.ceil(from / grain) * grain; at <= to; at += grain) {
    const { hour, minute } = partsOf(at, zone);
    if ((hour * 60 + minute) % (step / MINUTE) === 0) {
      found.push(at);
    }
  }
  return found;
}
