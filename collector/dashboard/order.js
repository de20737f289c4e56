/** In which order rows of a table stand. Pure functions. */

const collator = new Intl.Collator("en", { numeric: true });
const isMissing = (value) => value === null || value === undefined;

/** Orders two values; what is missing comes last. */
export function compare(left, right) {
  if (isMissing(left) || isMissing(right)) {
    return (isMissing(left) ? 1 : 0) - (isMissing(right) ? 1 : 0);
  }
  return typeof left === "number" ? left - right : collator.compare(left, right);
}

/** What rank[column] says, else the field of that name. */
const valueOf = (rank, column, context) => {
  const told = rank[column];
  return told === undefined ? (item) => item[column] : (item) => told(item, context);
};

/** The order of rows by a column; rows alike in it are ordered by name, then by key. */
export function byColumn({ column, descending }, { rank, keyOf, context }) {
  const value = valueOf(rank, column, context);
  const name = valueOf(rank, "name", context);
  const sign = descending ? -1 : 1;
  return (left, right) => {
    const [one, other] = [value(left), value(right)];
    return (isMissing(one) || isMissing(other) ? compare(one, other) : sign * compare(one, other))
      || compare(name(left), name(right)) || compare(keyOf(left), keyOf(right));
  };
}
