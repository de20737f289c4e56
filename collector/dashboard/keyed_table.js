/**
 * One table of a page: rows by key, updated in place, sorted by the header the reader chose, narrowed to what he looks for.
 *
 * Columns are read from the table's own header (data-column, data-format, class). A row keeps its element as long as
 * its key is in the data, so selection, focus and scroll survive a refresh; a row that has not changed is not touched, but for
 * cells that go on with time.
 * Rows in sight are drawn at once, the others soon after: until then the table is busy (aria-busy). Whoever sorts,
 * narrows or prints gets them all, as does a context with `atOnce`.
 */

import { arrange } from "./arrange.js";
import { write } from "./elements.js";
import * as format from "./format.js";
import { byColumn } from "./order.js";
import { isSame } from "./same.js";
import { tellRoles } from "./table_roles.js";
import { A_TURN, aScreenful, sight, turns } from "./turns.js";

/** What every row begins as: a copy of it is much cheaper than the same row built anew. */
function blankRow(columns) {
  const row = document.createElement("tr");
  for (const column of columns) {
    const cell = document.createElement(column.name === "name" ? "th" : "td");
    if (column.name === "name") {
      cell.scope = "row";
    }
    cell.className = column.className;
    row.append(cell);
  }
  tellRoles(row);
  return row;
}

function columnsOf(headers, draw) {
  return headers.map((header, index) => ({
    index,
    name: header.dataset.column,
    className: header.className,
    draw: draw[header.dataset.column]
      ?? ((cell, item) => write(cell, format[header.dataset.format](item[header.dataset.column]))),
  }));
}

/**
 * Takes a table over. `keyOf(item)` is the row's identity; `draw` has, for columns without a format, a function
 * (cell, item, context, row); `rank` has, for columns that sort otherwise than by their field, a function (item, context) → value:
 * rows are in the order of what is read in them.
 * `order` is a header chosen before ({column, descending}), `onOrder` is told of a new one. Until one is chosen rows are in the order of the
 * column that `otherwise` names, or in that of the function `first`, which no header says. Returns {update(items, context), narrow(keep), shownIn(row)}; where `context.stamp`
 * changes, every row is redrawn, of one that has not changed only the cells that `moving` names (null: all of them).
 */
export function keyedTable(table, { keyOf, draw = {}, rank = {}, first = null, order = null, otherwise = null, moving = null, onOrder = () => {} }) {
  const headers = [...table.tHead.rows[0].cells].filter((header) => header.dataset.column);
  const columns = columnsOf(headers, draw);
  const moves = columns.filter((column) => moving === null || moving.includes(column.name));
  const blank = blankRow(columns);
  tellRoles(table);
  const rows = new Map();
  const shown = new Map();
  const inSight = sight();
  const others = turns({ act: redrawAll, onEnd: () => table.removeAttribute("aria-busy") });
  let items = [];
  let told = null; // the context of the last update
  let chosen = headers.some((header) => header.dataset.column === order?.column) ? order : otherwise;
  let keep = () => true;

  function inOrder() {
    const byRules = { rank, keyOf, context: told };
    const order = chosen === null && first !== null ? first : byColumn(chosen ?? { column: "name" }, byRules);
    return [...items].sort(order);
  }

  function place() {
    const there = items.filter((item) => rows.has(keyOf(item))); // of the others the turn comes
    for (const item of there) {
      const row = rows.get(keyOf(item));
      if (row.hidden === keep(item)) {
        row.hidden = !row.hidden;
      }
    }
    arrange(table.tBodies[0], there.map((item) => rows.get(keyOf(item))));
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
    others.finish();
    items = inOrder();
    place();
    onOrder(chosen);
  }

  /** The columns whose cells must be drawn again for an item. */
  function dueOf(item) {
    const before = shown.get(keyOf(item));
    if (before === undefined || !isSame(before.item, item)) {
      return columns;
    }
    return before.stamp === told?.stamp ? [] : moves;
  }

  function redraw(item) {
    const key = keyOf(item);
    const due = dueOf(item);
    if (!rows.has(key)) {
      rows.set(key, blank.cloneNode(true));
      inSight.watch(rows.get(key));
    }
    const row = rows.get(key);
    shown.delete(key); // half a row is none, where one of its cells cannot be drawn
    due.forEach((column) => column.draw(row.cells[column.index], item, told, row));
    shown.set(key, { item, stamp: told?.stamp });
  }

  function redrawAll(some) {
    some.forEach(redraw);
    place();
  }

  function dropOthersThan(there) {
    for (const [key, row] of rows) {
      if (!there.has(key)) {
        inSight.forget(row);
        row.remove();
        rows.delete(key);
        shown.delete(key);
      }
    }
  }

  /** Whether an item's row is to be drawn at once; `number` is its place among those that are not narrowed away. */
  const isSeen = (item, number) => (inSight.isEmpty() ? number < aScreenful() : inSight.has(rows.get(keyOf(item))));

  function update(newItems, context) {
    [items, told] = [newItems, context];
    items = inOrder();
    dropOthersThan(new Set(items.map(keyOf)));
    const due = items.filter((item) => dueOf(item).length > 0);
    const isFew = due.length <= A_TURN || told?.atOnce === true;
    const atOnce = new Set(isFew ? due : items.filter(keep).filter(isSeen));
    redrawAll(due.filter((item) => atOnce.has(item)));
    table.setAttribute("aria-busy", "true");
    others.start(due.filter((item) => !atOnce.has(item)));
  }

  function narrow(isKept) {
    keep = isKept;
    others.finish();
    place();
  }

  window.addEventListener("beforeprint", others.finish);
  for (const header of headers) {
    header.querySelector("button")?.addEventListener("click", () => sortBy(header));
  }
  mark();

  /** What a row shows: {item, context}. */
  const shownIn = (row) => ({ item: items.find((item) => rows.get(keyOf(item)) === row), context: told });

  return { update, narrow, shownIn };
}
