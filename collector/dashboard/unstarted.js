/**
 * Says so where a page's modules do not run: one of them was not sent, is of another version, or is nothing that the browser
 * can read. A board then loads itself anew, for there is nobody before it. A page that runs is never touched.
 *
 * This is a plain script, in words that any browser knows. All modules have run or failed when the window's "load" comes.
 */

(function () {
  "use strict";

  var SLOW_MS = 30000; // of a link that is slow, not broken
  var GIVEN_UP_MS = 300000; // longer than a browser waits for an answer
  var AGAIN_MS = 60000;
  var PATIENCE_MS = 20000;
  var SPREAD_MS = 30000; // the boards of a plant do not call all at once

  function runs() {
    return document.body !== null && document.body.hasAttribute("data-runs"); // page.js sets it
  }

  function reload() {
    if (!runs()) {
      window.location.reload();
    }
  }

  function tell(level, headline, detail) {
    var button = document.getElementById("try-now");
    if (button === null || runs()) {
      return;
    }
    document.getElementById("trust").setAttribute("data-level", level);
    document.getElementById("verdict").textContent = headline;
    document.getElementById("verdict-detail").textContent = detail;
    button.hidden = false;
    button.onclick = reload;
  }

  /** Only where the collector answers: in place of the page there would be the browser's own otherwise, for ever. */
  function reloadIfAnswered() {
    var question = new XMLHttpRequest();
    if (runs()) {
      return;
    }
    question.onload = function () {
      if (question.status === 200) {
        reload();
      }
    };
    question.open("HEAD", window.location.href);
    question.timeout = PATIENCE_MS;
    question.send();
  }

  function keepReloading() {
    if (!runs() && document.body.getAttribute("data-page") === "board") {
      setInterval(reloadIfAnswered, AGAIN_MS + Math.random() * SPREAD_MS);
    }
  }

  window.addEventListener("load", function () {
    if (!runs()) {
      document.title = "⚠ " + document.title;
      document.getElementById("icon").href = "/dashboard/icon-stale.svg";
      tell("stale", "This page cannot show what the collector tells.", "Load it anew, or in a newer browser.");
      keepReloading();
    }
  });
  setTimeout(function () {
    if (document.readyState !== "complete") {
      tell("asking", "This page is not all here yet.", "If it stays so, load it anew.");
    }
  }, SLOW_MS);
  setTimeout(function () {
    if (document.readyState !== "complete") {
      keepReloading();
    }
  }, GIVEN_UP_MS);
}());
