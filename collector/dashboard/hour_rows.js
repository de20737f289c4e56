/**
 * The hours of a view as pages show them: pure functions, no document, no clock. Hours are those of the API, summed over the
 * sites shown where there are several. What a camera that is behind still holds of an hour is *owed*: such an hour is not all
 * in yet, however far it lies back, and its numbers are no result.
 */

import { instant } from "./format.js";
import { knownUntil } from "./silence.js";

const FIELDS = ["units_produced", "working_us", "idle_us", "absent_us", "watched_us"];

/** What is said of an hour that is owed. */
export const NOT_ALL_IN = "not all in yet";

/** Whether nothing is known of an hour. */
export const isUnknown = (hour) => FIELDS.every((field) => hour[field] === 0);

const reachOf = ({ watermark }) => instant(watermark) ?? -Infinity;

/**
 * Whether a camera of its site owes something of an hour of the API, up to `until` in milliseconds. Of cameras that the
 * floor left out it is known only that they are further than those it names.
 *
 *     12:00 |-- watched --| 12:58   13:00 |-------| 13:40 until        both hours are owed
 */
export function isOwed({ site, to }, { completeness: { behind, behind_left_out: leftOut }, until }) {
  const end = Math.min(instant(to), until);
  const ofSite = behind.filter((camera) => camera.site === site);
  return ofSite.some((camera) => reachOf(camera) < end) || (leftOut > 0 && Math.max(...behind.map(reachOf)) < end);
}

/**
 * Hours by their start, those of several sites added up; {from, to, units_produced, working_us, …, is_owed}. Utilization is
 * the API's, null where nobody was at work, and where several sites have the hour: ratios cannot be added up.
 */
export function byStart({ floor: { hours, completeness }, until }) {
  const found = new Map();
  for (const hour of hours) {
    const isOwedHere = isOwed(hour, { completeness, until });
    const sum = found.get(hour.from);
    if (sum === undefined) {
      const utilization = hour.working_us + hour.idle_us === 0 ? null : hour.utilization_percent;
      found.set(hour.from, { ...hour, from: instant(hour.from), to: instant(hour.to), utilization_percent: utilization, is_owed: isOwedHere });
      continue;
    }
    for (const field of FIELDS) {
      sum[field] += hour[field];
    }
    sum.utilization_percent = null;
    sum.target_units = sum.target_units === null || hour.target_units === null ? null : sum.target_units + hour.target_units;
    sum.is_owed ||= isOwedHere;
  }
  return [...found.values()].sort((left, right) => left.from - right.from);
}

/** Whether an hour goes on while somebody looks. */
export const isGoingOn = (hour, { live, until }) => live && hour.to === until;

/**
 * Of a live floor whose cameras are all silent: the stretch {from, to} from the begin of the hour in which they fell silent to
 * that moment, as the API spells them; null where there is none. What the hour aims at until then the collector can tell.
 */
export function partTold({ window: { live }, completeness: { is_silent: isSilent, reached }, hours }) {
  if (!live || !isSilent || reached === null) {
    return null;
  }
  const begun = hours.filter((hour) => instant(hour.from) < instant(reached) && instant(reached) < instant(hour.to));
  const [first] = begun.sort((left, right) => instant(left.from) - instant(right.from));
  return first === undefined ? null : { from: first.from, to: reached };
}

const isSameHour = (one, other) => one.site === other.site && one.from === other.from;

/**
 * The same as far as they can be right: [{…, end}]. Where all cameras fell silent the hour ends there, and aims at what the
 * collector tells of that part (`extra`, its hours; null: it is not known); what would begin later is left out, but for what
 * was made in spite of it.
 *
 *     silent since 13:40, now 14:05:    12:00–13:00    13:00–13:40    14:00 left out
 */
export function hoursTold(view) {
  const known = knownUntil(view);
  const isCut = (from, to) => from < known && known < to;
  const hours = view.floor.hours.map((hour) => (isCut(instant(hour.from), instant(hour.to))
    ? { ...hour, target_units: view.extra?.find((part) => isSameHour(part, hour))?.target_units ?? null }
    : hour));
  return byStart({ floor: { ...view.floor, hours }, until: known })
    .filter((hour) => hour.from < known || hour.units_produced > 0)
    .map((hour) => ({ ...hour, end: isCut(hour.from, hour.to) ? known : hour.to }));
}
