/** The two pictures of hours, bars and heat map, of what the reader chose: units, time, or utilization. */

import { byId, write } from "./elements.js";
import { drawHeat, drawHourBars, NARROW } from "./hour_charts.js";
import { byStart } from "./hour_rows.js";
import { remember } from "./tabs.js";

const FIRST = "units_produced";
const TITLES = { units_produced: "Units", working_us: "Working time", idle_us: "Idle time", utilization_percent: "Utilization in %" };
const RATIO = "utilization_percent"; // sums of sites can be added up here, ratios cannot

/** Takes the buttons with `data-show` over; the choice stands in the address under `key`. Returns {draw(view)}. */
export function startHours(key) {
  const buttons = [...document.querySelectorAll("[data-show]")];
  const asked = new URLSearchParams(window.location.search).get(key);
  let chosen = buttons.some((button) => button.dataset.show === asked) ? asked : FIRST;
  let shown = null;

  function draw(view) {
    shown = view;
    const sites = new Set(view.floor.hours.map((hour) => hour.site)).size;
    const field = chosen === RATIO && sites > 1 ? FIRST : chosen;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.show === field));
      button.hidden = button.dataset.show === RATIO && sites > 1;
    }
    write(byId("bars-title"), `${TITLES[field]} per hour`);
    write(byId("heat-title"), `${TITLES[field]} by hour and day`);
    const aims = view.floor.hours.some((hour) => hour.target_units !== null);
    document.body.classList.toggle("no-targets", !aims);
    byId("target-note").hidden = !aims || field !== FIRST;
    byId("owed-note").hidden = !byStart(view).some((hour) => hour.is_owed);
    drawHourBars(byId("hour-bars"), view, { field, title: TITLES[field] });
    drawHeat(byId("heat"), view, { field });
  }

  const redraw = () => (shown === null ? undefined : draw(shown));

  for (const button of buttons) {
    button.addEventListener("click", () => {
      chosen = button.dataset.show;
      remember(key, chosen === FIRST ? null : chosen);
      redraw();
    });
  }
  window.matchMedia(NARROW).addEventListener("change", redraw); // a tablet is turned
  return { draw };
}
