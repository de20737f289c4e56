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

/** The same for lists of segments, which are most of a page. */
export function sameSegments(left, right) {
  if (left.length !== right.length) {
    return false;
  }
  for (let at = 0; at < left.length; at += 1) {
    const [one, other] = [left[at], right[at]];
    if (one[0] !== other[0] || one[1] !== other[1] || one[2] !== other[2] || one[3] !== other[3] || one[4] !== other[4]) {
      return false;
    }
  }
  return true;
}
