/** Whether two values of JSON are equal: much cheaper than writing both down, and it ends at the first difference. */
export function isSame(left, right) {
  if (left === right) {
    return true;
  }
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
    return false;
  }
  if (Array.isArray(left) && Array.isArray(right)) { // most of a page: segments of timelines
    return left.length === right.length && left.every((value, index) => isSame(value, right[index]));
  }
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => isSame(left[key], right[key]));
}

/** Whether two lists of segments look the same: no end of one is as far as `within`, in seconds, from that of the other. */
export function alikeSegments(left, right, within) {
  if (left.length !== right.length) {
    return false;
  }
  for (let at = 0; at < left.length; at += 1) { // no function for each: they are most of a page
    const [one, other] = [left[at], right[at]];
    if (one[2] !== other[2] || one[3] !== other[3] || one[4] !== other[4]
      || Math.abs(one[0] - other[0]) >= within || Math.abs(one[0] + one[1] - other[0] - other[1]) >= within) {
      return false;
    }
  }
  return true;
}
