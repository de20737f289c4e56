/** Tabs by the rules of the ARIA practices: arrow keys move, what is chosen stands in the address. */

import { changed } from "./address.js";

/** Heard by links that lead to the same page at another time: they carry what somebody has chosen meanwhile. */
export const REMEMBERED = "lineside-remembered";

/** Writes a key of the page's own into its address without a new entry in the history. */
export function remember(key, value) {
  window.history.replaceState(null, "", changed(window.location.search, { [key]: value }) || window.location.pathname);
  window.dispatchEvent(new Event(REMEMBERED));
}

/** Takes a list of tabs over; `onChoice()` hears of a choice by hand. Returns {hide(name)}; names are the ids without "tab-". */
export function startTabs(list, { onChoice = () => {} } = {}) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const nameOf = (tab) => tab.id.replace("tab-", "");

  function choose(chosen) {
    const panel = chosen.getAttribute("aria-controls");
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = tab.getAttribute("aria-controls") !== panel;
    }
    document.getElementById(panel).setAttribute("aria-labelledby", chosen.id); // two tabs may share a panel
  }

  function chooseByHand(tab) {
    choose(tab);
    remember("tab", tab === tabs[0] ? null : nameOf(tab));
    onChoice();
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab !== null) {
      chooseByHand(tab);
    }
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const shown = tabs.filter((tab) => !tab.hidden);
    const at = shown.indexOf(document.activeElement);
    if (step !== undefined && at >= 0) {
      event.preventDefault();
      const next = shown[(at + step + shown.length) % shown.length];
      chooseByHand(next);
      next.focus();
    }
  });
  const asked = new URLSearchParams(window.location.search).get("tab");
  choose(tabs.find((tab) => nameOf(tab) === asked) ?? tabs[0]);

  /** Takes a tab away for good, such as one about persons from somebody who may not see them. */
  function hide(name) {
    const gone = tabs.find((tab) => nameOf(tab) === name);
    gone.hidden = true;
    if (gone.getAttribute("aria-selected") === "true") {
      choose(tabs.find((tab) => !tab.hidden));
    }
  }

  return { hide };
}
