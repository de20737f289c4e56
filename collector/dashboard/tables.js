/** The three tables of the floor page: what identifies a row, and the cells that are more than one formatted field. */

import { ago, clockTime, words } from "./format.js";
import { keyedTable, write } from "./keyed_table.js";
import { drawBar } from "./time_bar.js";

const WORST_FIRST = ["Down", "Late", "New", "Paused", "Up"];

/** A name in its own direction; beside it the id where the two differ, and the site, shown where there are several. */
function drawName(cell, { name, id, site }) {
  if (cell.childElementCount === 0) {
    cell.append(...["", "id", "site"].map((className) => {
      const part = document.createElement("bdi");
      part.className = className;
      return part;
    }));
  }
  const [nameNode, idNode, siteNode] = cell.children;
  write(nameNode, words(name || id));
  write(idNode, name && name !== id ? id : "");
  write(siteNode, site);
}

const instant = (text) => (text === null ? null : Date.parse(text));

function drawState(cell, camera) {
  cell.dataset.state = camera.state;
  write(cell, camera.state);
}

function named(table, { idField, draw, rank }) {
  const id = (row) => row[idField];
  return keyedTable(table, {
    keyOf: (row) => JSON.stringify([row.site, id(row)]),
    draw: { name: (cell, row) => drawName(cell, { name: row.name, id: id(row), site: row.site }), ...draw },
    rank: { name: (row) => row.name || id(row), ...rank },
  });
}

/** Context of `update`: {fullMinutes}, the length of the longest bar. */
export const workersTable = (table) => named(table, {
  idField: "worker_id",
  draw: { bar: (cell, worker, { fullMinutes }) => drawBar(cell, worker, fullMinutes) },
});

export const workstationsTable = (table) => named(table, { idField: "station_id" });

/** Context of `update`: {now}, the collector's clock. */
export const camerasTable = (table) => named(table, {
  idField: "camera",
  draw: {
    state: drawState,
    watermark: (cell, camera, { now }) => write(cell, clockTime(instant(camera.watermark), { now })),
    last_contact_at: (cell, camera, { now }) => write(cell, ago(instant(camera.last_contact_at), now)),
    oldest_pending_at: (cell, camera, { now }) => write(cell, clockTime(instant(camera.oldest_pending_at), { now })),
  },
  rank: {
    state: (camera) => WORST_FIRST.indexOf(camera.state),
    watermark: (camera) => instant(camera.watermark),
    last_contact_at: (camera) => instant(camera.last_contact_at),
    oldest_pending_at: (camera) => instant(camera.oldest_pending_at),
  },
});
