/**
 * A worker's working, idle and absent time as one bar; all bars of the table share one scale.
 *
 * The states differ by height as well as by colour: working full, idle half from the baseline, absent the baseline
 * only. Time without data is left empty. The bar repeats the figures beside it, so it has no name of its own.
 */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const STATES = [
  { field: "working_minutes", className: "working", y: 0, height: 10 },
  { field: "idle_minutes", className: "idle", y: 5, height: 5 },
  { field: "absent_minutes", className: "absent", y: 9, height: 1 },
];

function newBar() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} 10`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const { className, y, height } of STATES) {
    const part = document.createElementNS(SVG, "rect");
    part.setAttribute("class", className);
    part.setAttribute("y", y);
    part.setAttribute("height", height);
    svg.append(part);
  }
  return svg;
}

/** Minutes from the left to the right end of a worker's bar. */
export const barMinutes = (worker) =>
  worker.working_minutes + worker.idle_minutes + worker.absent_minutes + (worker.no_data_minutes ?? 0);

/** Draws into a cell; `fullMinutes` is what the whole width stands for. */
export function drawBar(cell, worker, fullMinutes) {
  const svg = cell.firstElementChild ?? cell.appendChild(newBar());
  const scale = fullMinutes > 0 ? WIDTH / fullMinutes : 0;
  let x = 0;
  STATES.forEach(({ field }, index) => {
    const width = worker[field] * scale;
    svg.children[index].setAttribute("x", x.toFixed(1));
    svg.children[index].setAttribute("width", width.toFixed(1));
    x += width;
  });
}
