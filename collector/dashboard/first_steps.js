/** What to do with an empty collector: lines that work when pasted, with this page's own address in them. */

import { plural } from "./format.js";
import { write } from "./keyed_table.js";

const byId = (id) => document.getElementById(id);

/** An event of this moment; the collector refuses times more than some minutes ahead of its clock. */
function exampleEvent(now) {
  const timestamp = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  return JSON.stringify({ timestamp, worker_id: "W1", workstation_id: "S1", event_type: "working", confidence: 0.93 });
}

/**
 * Takes the place of cards and tables while no worker and no workstation is known.
 * The example keeps the time at which it appeared: it may be selected just now.
 */
export function showFirstSteps({ workers, workstations, cameras, now }) {
  const section = byId("first-steps");
  const isEmpty = workers.length === 0 && workstations.length === 0;
  if (isEmpty && section.hidden) {
    const origin = window.location.origin;
    write(byId("line-curl"),
      `curl -H 'Content-Type: application/json' -d '${exampleEvent(now)}' ${origin}/api/app/`);
    write(byId("line-run"), `edge-agent run --collector ${origin} --camera cam-01`);
    write(byId("line-send"), "edge-agent send --agent http://127.0.0.1:8600 events.ndjson");
  }
  const callers = cameras.filter((camera) => camera.last_contact_at !== null).length;
  write(byId("first-steps-callers"), callers === 0
    ? "No edge agent has called yet."
    : `${plural(callers, "edge agent")} called, and delivered no event so far.`);
  section.hidden = !isEmpty;
  byId("numbers").classList.toggle("empty", isEmpty);
  byId("cameras-section").hidden = cameras.length === 0;
}
