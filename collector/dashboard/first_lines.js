/**
 * The lines that bring a first event here, as a shell takes them: right for this address, whether it is spoken to in clear,
 * and whether somebody has to say who they are. A pure function, and what writes its lines into the page.
 */

import { whoIsAsking } from "./account.js";
import { byId, write } from "./elements.js";

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/; // as the edge agent has it
const CAMERA = "cam-01";
const TOKEN = `${CAMERA}.token`;

const quoted = (text) => (/^[\w.:/-]+$/.test(text) ? text : `'${text}'`); // brackets mean something to a shell

/** An event of this moment; the collector refuses times more than some minutes ahead of its clock. */
function exampleEvent(now, what) {
  const timestamp = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  return JSON.stringify({ timestamp, worker_id: "W1", workstation_id: "S1", ...what });
}

/**
 * The lines for a collector at an address such as "https://collector.lan": {token, curl, run, send, isInClear}.
 * `isAsked`: access is configured; `token` is null where it is not. `isInClear`: others on the way can read what is sent.
 */
export function firstLines({ origin, isAsked, now }) {
  const { protocol, hostname } = new URL(origin);
  const isInClear = protocol === "http:" && !LOOPBACK.test(hostname);
  const shown = isAsked ? `-H "Authorization: Bearer $(cat ${TOKEN})" ` : "";
  const options = `${isInClear ? " --allow-insecure" : ""} --camera ${CAMERA}${isAsked ? ` --token-file ${TOKEN}` : ""}`;
  const [state, units] = [{ event_type: "working", confidence: 0.93 }, { event_type: "product_count", count: 1 }];
  return {
    isInClear,
    token: isAsked ? `umask 077; collector cameras add ${CAMERA} > ${TOKEN}` : null,
    curl: `curl ${shown}-H 'Content-Type: application/json' -d '${exampleEvent(now, state)}' ${quoted(`${origin}/api/app/`)}`,
    run: `edge-agent run --collector ${quoted(origin)}${options}`,
    send: `echo '${exampleEvent(now, units)}' | edge-agent send -`,
  };
}

/** Writes the lines where the page has a place for them. */
export async function showLines(now) {
  const { role } = await whoIsAsking();
  const lines = firstLines({ origin: window.location.origin, isAsked: role !== null, now });
  byId("needs-token").hidden = lines.token === null;
  byId("in-clear").hidden = !lines.isInClear;
  for (const name of ["token", "curl", "run", "send"]) {
    const place = byId(`line-${name}`);
    if (place !== null) {
      write(place, lines[name] ?? "");
    }
  }
}
