/**
 * One table of a page: rows by key, updated in place, sorted by the header the reader chose, narrowed to what he looks for.
 *
 * Columns are read from the table's own header (data-column, data-format, class). A row keeps its element as long as
 * its key is in the data, so selection, focus and scroll survive a refresh; a row that has not changed is not touched.
 */

import { write } from "./elements.js";
import * as format from "./format.js";
import { isSame } from "./same.js";

const collator = new Intl.Collator("en", { numeric: true });
const isMissing = (value) => value === null || value === undefined;

/** Orders two values; what is missing comes last. */
export function compare(left, right) {
  if (isMissing(left) || isMissing(right)) {
    return (isMissing(left) ? 1 : 0) - (isMissing(right) ? 1 : 0);
  }
  return typeof left === "number" ? left - right : collator.compare(left, right);
}

function newRow(columns) {
  const row = document.createElement("tr");
  for (const column of columns) {
    const cell = document.createElement(column.name === "name" ? "th" : "td");
    if (column.name === "name") {
      cell.scope = "row";
    }
    cell.className = column.className;
    row.append(cell);
  }
  return row;
}

function columnsOf(headers, draw) {
  return headers.map((header) => ({
    name: header.dataset.column,
    className: header.className,
    draw: draw[header.dataset.column]
      ?? ((cell, item) => write(cell, format[header.dataset.format](item[header.dataset.column]))),
  }));
}

/** What rank[column] says, else the field of that name. */
const valueOf = (rank, column) => rank[column] ?? ((item) => item[column]);

/** The order of rows by a column; rows alike in it are ordered by name, then by key. */
export function byColumn({ column, descending }, { rank, keyOf }) {
  const value = valueOf(rank, column);
  const name = valueOf(rank, "name");
  const sign = descending ? -1 : 1;
  return (left, right) => {
    const [one, other] = [value(left), value(right)];
    return (isMissing(one) || isMissing(other) ? compare(one, other) : sign * compare(one, other))
      || compare(name(left), name(right)) || compare(keyOf(left), keyOf(right));
  };
}

/**
 * Takes a table over. `keyOf(item)` is the row's identity; `draw` has, for columns without a format, a function
 * (cell, item, context, row); `rank` has, for columns that sort otherwise than by their field, a function item → value.
 * `first` orders rows until a header is chosen, `order` is a header chosen before ({column, descending}), `onOrder` is
 * told of a new one. Returns {update(items, context), narrow(keep)}; `context.stamp` says when every row must be redrawn.
 */
export function keyedTable(table, { keyOf, draw = {}, rank = {}, first = null, order = null, onOrder = () => {} }) {
  const headers = [...table.tHead.rows[0].cells].filter((header) => header.dataset.column);
  const columns = columnsOf(headers, draw);
  const rows = new Map();
  const shown = new Map();
  let items = [];
  let chosen = headers.some((header) => header.dataset.column === order?.column) ? order : null;
  let keep = () => true;

  function place() {
    const byRules = { rank, keyOf };
    const inOrder = chosen === null && first !== null ? first : byColumn(chosen ?? { column: "name" }, byRules);
    const body = table.tBodies[0];
    let next = body.firstElementChild;
    for (const item of [...items].sort(inOrder)) {
      const row = rows.get(keyOf(item));
      row.hidden = !keep(item);
      if (next === row) {
        next = row.nextElementSibling;
      } else {
        body.insertBefore(row, next);
      }
    }
  }

  function mark() {
    for (const header of headers) {
      const isChosen = header.dataset.column === chosen?.column;
      const direction = chosen?.descending ? "descending" : "ascending";
      isChosen ? header.setAttribute("aria-sort", direction) : header.removeAttribute("aria-sort");
    }
  }

  function sortBy(header) {
    const column = header.dataset.column;
    const descending = chosen?.column === column ? !chosen.descending : header.classList.contains("number");
    chosen = { column, descending };
    mark();
    place();
    onOrder(chosen);
  }

  function redraw(item, context) {
    const key = keyOf(item);
    if (!rows.has(key)) {
      rows.set(key, newRow(columns));
    }
    const before = shown.get(key);
    const stamp = context?.stamp;
    if (before === undefined || before.stamp !== stamp || !isSame(before.item, item)) {
      const row = rows.get(key);
      columns.forEach((column, index) => column.draw(row.cells[index], item, context, row));
      shown.set(key, { item, stamp });
    }
    return key;
  }

  function update(newItems, context) {
    items = newItems;
    const there = new Set(items.map((item) => redraw(item, context)));
    for (const [key, row] of rows) {
      if (!there.has(key)) {
        row.remove();
        rows.delete(key);
        shown.delete(key);
      }
    }
    place();
  }

  function narrow(isKept) {
    keep = isKept;
    place();
  }

  for (const header of headers) {
    header.querySelector("button")?.addEventListener("click", () => sortBy(header));
  }
  mark();
  return { update, narrow };
}
