/** What a table's parts are, said outright: a browser may take one whose rows are laid out by the style sheet for no table. */

const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TFOOT: "rowgroup", TR: "row", TD: "cell" };
const HEADERS = { col: "columnheader", row: "rowheader" };

/** Gives a table, or a row for it, and all their parts their roles. */
export function tellRoles(root) {
  for (const part of [root, ...root.querySelectorAll("thead, tbody, tfoot, tr, th, td")]) {
    part.setAttribute("role", part.nodeName === "TH" ? HEADERS[part.scope] : ROLES[part.nodeName]);
  }
}
