"""`page`: what the dashboard weighs, and how fast it draws on a slow machine.

A real collector serves a shift to the system's Chromium, whose processor is throttled six times by the DevTools protocol. Everything is
timed from the last byte of the floor's answer: reading the JSON, drawing, layout and paint. *The first screen* is drawn with the first frame that
has all rows that fit the screen, some forty of 200; *all rows* are drawn with the frame in which also the last one is there, far below it.
Neither is the other, so each table and each claim names which it means. An update is the same, for an answer in which only some rows, or every row, has
changed: of a shift that is over, and of one that goes on, in which with every answer each worker's time, picture and place in the order moves.
"""

import asyncio
import gzip
import json
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Browser, Page, async_playwright

from benchmarks.processes import collector

THROTTLE = 6
WORKERS, SEGMENTS = 200, 100
SMALL = 15
BATCH = 5_000
SHIFT = timedelta(hours=8)
UPDATES = 5
NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MISSING = "no chromium on this machine: install Debian's package `chromium` for this benchmark"
WATCH = """
window.frames_with_rows = [];
document.addEventListener('DOMContentLoaded', () => {
    let due = false;
    new MutationObserver(() => {
        if (due) { return; }
        due = true;
        requestAnimationFrame(() => setTimeout(() => {
            due = false;
            window.frames_with_rows.push(performance.now());
        }));
    }).observe(document.querySelector('#workers tbody'), {subtree: true, childList: true, attributes: true, characterData: true});
});
"""
LAST_ANSWER = """
() => performance.getEntriesByType('resource')
    .filter(one => one.name.includes('/api/floor/') && one.responseStatus === 200).at(-1).responseEnd
"""
LAST_FRAME = """
async () => {
    const isBusy = () => document.querySelector('#workers[aria-busy]') !== null;
    do {
        await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 50)));
    } while (isBusy());
    return window.frames_with_rows.at(-1);
}
"""
WEIGHT = """
() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, one) => sum + one.encodedBodySize, 0)
"""


class Took(NamedTuple):
    """How long drawing took from the last byte of the answer, in milliseconds."""

    screen_ms: float
    """To the frame with all that the screen shows."""
    whole_ms: float
    """To the frame with the last row of all."""


class Drawn(NamedTuple):
    """What was found."""

    page_bytes: int
    """All files of the floor's page and its first answer, compressed, for 15 workers."""
    answer_bytes: int
    """The answer for 200 workers, compressed."""
    first: "Took"
    few: "Took"
    """20 of 200 rows have changed."""
    every: "Took"
    """Every row has changed."""
    live: "Took"
    """20 of 200 workers made something, in a shift that goes on."""


def run() -> Drawn:
    """Return what was found."""
    return asyncio.run(_run())


def table() -> str:
    """Run it and return its table."""
    found = run()
    rows = [
        (f"page and first answer for {SMALL} workers, compressed", f"{found.page_bytes / 1000:.1f} kB", "60 kB"),
        (f"answer for {WORKERS} workers × {SEGMENTS} segments, compressed", f"{found.answer_bytes / 1000:.1f} kB", "–"),
        ("the same, the first screen drawn", f"{found.first.screen_ms:,.0f} ms", "1,000 ms"),
        (f"… all {WORKERS} rows drawn", f"{found.first.whole_ms:,.0f} ms", "1,000 ms"),
        ("20 rows changed, the screen updated", f"{found.few.screen_ms:,.0f} ms", "200 ms"),
        ("every row changed, the screen updated", f"{found.every.screen_ms:,.0f} ms", "200 ms"),
        (f"… all {WORKERS} rows updated", f"{found.every.whole_ms:,.0f} ms", "–"),
        ("the shift goes on and 20 made something, the screen updated", f"{found.live.screen_ms:,.0f} ms", "200 ms"),
        (f"… all {WORKERS} rows updated", f"{found.live.whole_ms:,.0f} ms", "–"),
    ]
    lines = [
        f"## The dashboard in Chromium, its processor throttled {THROTTLE} times",
        "",
        "| | | aimed at |",
        "|---|---:|---:|",
    ]
    return "\n".join([*lines, *(f"| {name} | {value} | {most} |" for name, value, most in rows), ""])


async def _run() -> Drawn:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise SystemExit(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page_bytes = await _weigh(browser)
        found = await _draw(browser)
        live = await _draw_live(browser)
        await browser.close()
    return found._replace(page_bytes=page_bytes, live=live)


async def _weigh(browser: Browser) -> int:
    with tempfile.TemporaryDirectory() as folder, collector(Path(folder)) as there:
        start = _start()
        _send(there.address, list(_shift(SMALL, start=start)))
        page = await browser.new_page()
        await page.goto(there.address + _floor(start))
        await page.wait_for_selector("#workers tbody tr")
        weight = int(await page.evaluate(WEIGHT))
        await page.close()
        return weight


async def _draw(browser: Browser) -> Drawn:
    with tempfile.TemporaryDirectory() as folder, collector(Path(folder)) as there:
        start = _start()
        _send(there.address, list(_shift(WORKERS, start=start)))
        page = await _slow_page(browser)
        await page.goto(there.address + _floor(start))
        first = await _drawn_after(page, seen=0)
        few = [await _update(page, there.address, start=start, workers=20, number=n) for n in range(UPDATES)]
        every = [await _update(page, there.address, start=start, workers=WORKERS, number=n) for n in range(UPDATES)]
        answer = await page.context.request.get(there.address + _floor(start).replace("/dashboard/", "/api/floor/"))
        size = len(gzip.compress(await answer.body()))
        await page.close()
        return Drawn(0, size, first, _middle(few), _middle(every), first)


async def _draw_live(browser: Browser) -> Took:
    """Return how long updates of a shift take that has another hour to go, its camera up to date."""
    with tempfile.TemporaryDirectory() as folder, collector(Path(folder)) as there:
        start = datetime.now(UTC).replace(microsecond=0) - SHIFT - timedelta(minutes=6)
        sent = _watch(there.address, list(_shift(WORKERS, start=start)), sent=0)
        page = await _slow_page(browser)
        await page.goto(there.address + _floor(start, until=start + SHIFT + timedelta(hours=1)))
        await _drawn_after(page, seen=0)
        found = []
        for number in range(UPDATES):
            sent = _watch(there.address, _made(start, workers=20, number=number), sent=sent)
            found.append(await _asked(page))
        await page.close()
        return _middle(found)


async def _slow_page(browser: Browser) -> Page:
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    protocol = await page.context.new_cdp_session(page)
    await protocol.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    await page.add_init_script(WATCH)
    return page


def _middle(found: list[Took]) -> Took:
    half = len(found) // 2
    return Took(sorted(one.screen_ms for one in found)[half], sorted(one.whole_ms for one in found)[half])


async def _update(page: Page, address: str, *, start: datetime, workers: int, number: int) -> Took:
    """Let some workers make a part, and return how long the page takes to show it."""
    _send(address, _made(start, workers=workers, number=number))
    return await _asked(page)


def _made(start: datetime, *, workers: int, number: int) -> list[dict[str, Any]]:
    at = start + timedelta(hours=4, seconds=workers + number)
    return [_event(worker, at, kind="product_count", count=7) for worker in range(workers)]


async def _asked(page: Page) -> Took:
    """Let the page ask, and return how long it takes to show the answer."""
    seen = int(await page.evaluate("window.frames_with_rows.length"))
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    return await _drawn_after(page, seen=seen)


async def _drawn_after(page: Page, *, seen: int) -> Took:
    """Return how long it took from the last answer to the frames with its rows."""
    await page.wait_for_function("seen => window.frames_with_rows.length > seen", arg=seen, timeout=60_000)
    last = float(await page.evaluate(LAST_FRAME))
    first = float(await page.evaluate("seen => window.frames_with_rows[seen]", seen))
    answered = float(await page.evaluate(LAST_ANSWER))
    return Took(first - answered, last - answered)


def _start() -> datetime:
    """Return the start of a shift that is over: nothing of it moves by itself."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - SHIFT - timedelta(hours=2)


def _floor(start: datetime, *, until: datetime | None = None) -> str:
    ends = f"from={start:%Y-%m-%dT%H:%M:%SZ}&to={until or start + SHIFT:%Y-%m-%dT%H:%M:%SZ}"
    return f"/dashboard/?{ends}"


def _shift(workers: int, *, start: datetime) -> Iterator[dict[str, Any]]:
    """Yield the states of a shift in which everybody changes a hundred times, each at a time of their own."""
    kinds = ("working", "idle", "working", "absent")
    step = SHIFT / SEGMENTS
    for worker in range(workers):
        for number in range(SEGMENTS):
            yield _event(worker, start + step * number + timedelta(seconds=worker), kind=kinds[(worker + number) % 4])


def _event(worker: int, at: datetime, *, kind: str, count: int = 0) -> dict[str, Any]:
    place = {"worker_id": f"Worker {worker:03}", "workstation_id": f"Station {worker % 30:02}"}
    return {"timestamp": f"{at:%Y-%m-%dT%H:%M:%S}Z", "event_type": kind, **place, **({"count": count} if count else {})}


def _send(address: str, events: list[dict[str, Any]]) -> None:
    for first in range(0, len(events), BATCH):
        _post(address, events[first : first + BATCH])


def _watch(address: str, events: list[dict[str, Any]], *, sent: int) -> int:
    """Deliver events as a camera that has watched until now and `sent` so many before; return how many there are then."""
    for first in range(0, len(events), BATCH):
        some = events[first : first + BATCH]
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        agent = {"protocol": 1, "camera": "cam-1", "version": "0", "batch": f"b{sent}", "sent_at": now, "epoch": "e1"}
        seqs = {"seqs": [[sent + 1, sent + len(some)]], "last_seq": sent + len(some), "watermark": now, "pending": 0}
        _post(address, {"agent": {**agent, **seqs}, "events": some})
        sent += len(some)
    return sent


def _post(address: str, body: list[dict[str, Any]] | dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own collector
        f"{address}/api/app/", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own collector
        answer.read()
