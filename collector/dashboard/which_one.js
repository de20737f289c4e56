/** What a page says of an id that is known at several sites: it may stand for different people, or different workstations. */

import { drawOnce, isolated, make } from "./elements.js";

/** Says what each is called, and leads to its page; `rows` are the floor's, `what` is said of the id: "a worker". */
export function showWhich(node, rows, { id, what, pageOf, search }) {
  drawOnce(node, JSON.stringify(rows.map((row) => [row.site, row.name])), () => {
    const links = rows.map((row) => make("a", { href: pageOf(id, row.site, search) }, isolated(row.name || id), " (", isolated(row.site), ")"));
    node.replaceChildren(isolated(id), ` is ${what} of several sites: `, ...links.flatMap((link, index) => (index === 0 ? [link] : [", ", link])), ".");
  });
}
