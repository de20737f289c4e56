/**
 * One table of the page: rows by key, updated in place, sorted by the header the reader chose.
 *
 * Columns are read from the table's own header (data-column, data-format, class). A row keeps its element as long as
 * its key is in the data, so selection, focus and scroll survive a refresh; a text is written only if it changed.
 * Every text goes through textContent.
 */

import * as format from "./format.js";

const collator = new Intl.Collator("en", { numeric: true });

/** Writes a text only where it differs: an untouched node keeps the reader's selection. */
export function write(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function compare(left, right) {
  if (left === right) {
    return 0;
  }
  if (left === null || left === undefined) {
    return 1;
  }
  if (right === null || right === undefined) {
    return -1;
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

/**
 * Takes a table over. `keyOf(item)` is the row's identity; `draw` has, for columns without a format, a function
 * (cell, item, context); `rank` has, for columns that sort otherwise than by their field, a function item → value.
 * Returns {update(items, context)}.
 */
export function keyedTable(table, { keyOf, draw = {}, rank = {} }) {
  const headers = [...table.tHead.rows[0].cells];
  const columns = headers.map((header) => ({
    name: header.dataset.column,
    className: header.className,
    draw: draw[header.dataset.column]
      ?? ((cell, item) => write(cell, format[header.dataset.format](item[header.dataset.column]))),
  }));
  const rows = new Map();
  let items = [];
  let order = { column: "name", descending: false };

  function sorted() {
    const value = rank[order.column] ?? ((item) => item[order.column]);
    const sign = order.descending ? -1 : 1;
    const missing = (item) => (value(item) === null || value(item) === undefined ? 1 : 0);
    return [...items].sort((left, right) =>
      missing(left) - missing(right)
      || sign * compare(value(left), value(right))
      || compare(rank.name(left), rank.name(right))
      || compare(keyOf(left), keyOf(right)));
  }

  function place() {
    const body = table.tBodies[0];
    sorted().forEach((item, index) => {
      const row = rows.get(keyOf(item));
      if (body.rows[index] !== row) {
        body.insertBefore(row, body.rows[index] ?? null);
      }
    });
  }

  function sortBy(header) {
    const column = header.dataset.column;
    const startsDescending = header.classList.contains("number");
    const descending = order.column === column ? !order.descending : startsDescending;
    order = { column, descending };
    headers.forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    place();
  }

  for (const header of headers) {
    header.querySelector("button")?.addEventListener("click", () => sortBy(header));
  }

  function update(newItems, context) {
    items = newItems;
    const gone = new Set(rows.keys());
    for (const item of items) {
      const key = keyOf(item);
      gone.delete(key);
      if (!rows.has(key)) {
        rows.set(key, newRow(columns));
      }
      const cells = rows.get(key).cells;
      columns.forEach((column, index) => column.draw(cells[index], item, context));
    }
    for (const key of gone) {
      rows.get(key).remove();
      rows.delete(key);
    }
    place();
  }

  return { update };
}
