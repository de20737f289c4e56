"""Every page for everybody: no violation that axe finds, light and dark, wide and narrow; everything by keyboard alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.axe import TOO_SMALL, violations
from tests.browser.conftest import Call, Opener
from tests.browser.plant import Plant, plant

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ZOOMED = (640, 320)
"""A desktop of 1280 pixels at 200 % and at 400 % zoom (WCAG 1.4.4, 1.4.10); tablets and phones."""
PAGES = {
    "floor": "",
    "stations": "?tab=stations",
    "hours of the floor": "?tab=hours",
    "worker": "workers/W1",
    "station": "stations/S1",
    "hours": "hours?shift=2026-01-15/morning",
    "cameras": "cameras",
    "board": "board",
    "data": "data",
    "conflicts": "data?tab=conflicts",
    "rejected": "data?tab=rejected",
    "nobody": "?from=2025-01-01T00:00:00Z&to=2025-01-02T00:00:00Z",
}
PLAIN = {"admin": "/dashboard/admin", "reference": "/api/reference/"}
"""Pages without numbers that are asked for again and again."""
A_SAMPLE = """
() => {
    for (const kind of ['main > section', 'main > section ~ table', 'main tr']) {
        [...document.querySelectorAll(kind)].slice(20).forEach(part => part.remove());
    }
}
"""
"""Of what is made hundreds of times by the same few lines some is enough: axe looks at each element for long."""
REMEMBER = """
() => { window.seen = [...document.querySelectorAll('body *:not(svg *)')].filter(part => part.checkVisibility({checkVisibilityCSS: true})); }
"""
VANISHED = """
() => window.seen.filter(part => part.isConnected && !part.checkVisibility({checkVisibilityCSS: true}))
    .map(part => part.outerHTML.slice(0, 120))
"""
LOOKS = """
() => {
    const picture = document.querySelector('svg.picture svg.states');
    const sample = kind => {
        const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
        path.setAttribute('class', kind);
        picture.append(path);
        const {fill, fillOpacity, stroke} = getComputedStyle(path);
        path.remove();
        return [fill, fillOpacity, stroke];
    };
    const colour = (part, name) => getComputedStyle(document.querySelector(part))[name];
    return {
        paper: colour('body', 'backgroundColor'),
        states: Object.fromEntries(['working', 'idle', 'absent', 'working assumed', 'idle assumed'].map(kind => [kind, sample(kind)])),
        lines: [colour('#hatching path', 'stroke'), colour('#hatching-wide path', 'stroke'), colour('#find', 'borderTopColor')],
    };
}
"""
FORCED = """
() => {
    const look = (tag, kind, name) => {
        const space = tag === 'path' ? 'http://www.w3.org/2000/svg' : 'http://www.w3.org/1999/xhtml';
        const part = document.createElementNS(space, tag);
        part.setAttribute('class', kind);
        (tag === 'path' ? document.querySelector('svg.picture svg.states') : document.body).append(part);
        const found = getComputedStyle(part)[name];
        part.remove();
        return found;
    };
    const named = colour => {
        const part = Object.assign(document.createElement('b'), {style: `color: ${colour}`});
        document.body.append(part);
        const found = getComputedStyle(part).color;
        part.remove();
        return found;
    };
    return {
        ink: named('CanvasText'),
        quiet: named('GrayText'),
        assumed: ['working assumed', 'idle assumed'].map(kind => look('path', kind, 'stroke')),
        legend: ['key working assumed', 'key idle assumed'].map(kind => look('i', kind, 'color')),
        current: getComputedStyle(document.querySelector('.pages [aria-current]')).borderBottomWidth,
        disabled: getComputedStyle(document.querySelector('#after[aria-disabled]')).color,
    };
}
"""
"""What a system of two colours leaves of what is assumed, of the page that is open, and of a way that leads nowhere."""
Colour = tuple[float, ...]


def read_colour(text: str) -> Colour:
    """Read a colour as browsers compute it: `rgb(0, 95, 158)`."""
    return tuple(float(part) for part in text[text.index("(") + 1 : -1].split(","))


def mixed(upper: Colour, lower: Colour, *, opacity: float) -> Colour:
    """Return what is seen of a colour over another."""
    return tuple(opacity * one + (1 - opacity) * other for one, other in zip(upper, lower, strict=True))


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, relative luminance)."""
    lights = []
    for colour in (one, other):
        parts = [part / 255 for part in colour]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    return max(lights) / min(lights)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """A plant in which everything happens that has a look of its own."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


@pytest.mark.parametrize("name", PAGES)
async def test_axe_finds_nothing_and_nothing_vanishes(watched: Opener, running: Plant, name: str) -> None:
    """By the rules of WCAG 2.2 A and AA and by good practice, light and dark; what a desktop shows a phone shows too, within its width and in 44 pixels; for a mouse it is 24."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open(PAGES[name])
    found = await violations(page.page)
    found += await page.page.evaluate(TOO_SMALL.replace("43.5", "23.5"))
    await page.page.evaluate(REMEMBER)
    for width in ZOOMED:
        await page.page.set_viewport_size({"width": width, "height": 844})
        assert width >= await page.page.evaluate("document.documentElement.scrollWidth")
        assert ([], []) == (await page.page.evaluate(VANISHED), await page.page.evaluate(TOO_SMALL))
    assert ([], []) == (found, page.misdeeds)


@pytest.mark.parametrize("name", PLAIN)
async def test_axe_finds_nothing_beside_the_dashboard(watched: Opener, running: Plant, name: str) -> None:
    """On what the collector writes itself: the page for admins and the reference of the API, which fit a phone, too."""
    page = await watched(running.url)
    await page.page.goto(running.url + PLAIN[name])
    await page.page.evaluate(A_SAMPLE)

    assert ([], []) == (await violations(page.page), page.misdeeds)
    await page.page.set_viewport_size({"width": min(ZOOMED), "height": 844})
    assert min(ZOOMED) >= await page.page.evaluate("document.documentElement.scrollWidth")


async def closed(page: Page) -> None:
    """Close the dialog that is open."""
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_axe_finds_nothing_in_dialogs_and_on_old_numbers(watched: Opener, running: Plant) -> None:
    """What opens over the page, and the page while its collector is away: light and dark."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open()
    found = []
    for opens, dialog in (("#help", "#keys-dialog"), ("#period", "#period-dialog"), (".frame", "#moment-dialog")):
        await page.page.locator(opens).first.click()
        await expect(page.page.locator(dialog)).to_be_visible()
        found += await violations(page.page, within=dialog)
        await page.page.set_viewport_size({"width": 320, "height": 844})
        found += await page.page.evaluate(TOO_SMALL)
        await page.page.set_viewport_size({"width": 1280, "height": 900})
        await closed(page.page)
    await page.page.route("**/api/**", lambda route: route.abort())
    for path in ("", "hours?shift=2026-01-15/morning"):
        if path:
            await page.page.unroute("**/api/**")
            await page.open(path)
            await page.page.route("**/api/**", lambda route: route.abort())
        await page.ask_now()
        await expect(page.page.locator("main.old")).to_be_visible()
        found += await violations(page.page, all_rules=False)

    assert [] == found


async def test_every_look_stands_out_from_the_paper(watched: Opener, running: Plant, call: Call) -> None:
    """3:1 for all that a picture cannot be read without (WCAG 1.4.11), light and dark; assumed is paler within an outline."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open()
    for scheme in ("light", "dark"):
        await page.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        looks = await page.page.evaluate(LOOKS)
        paper = read_colour(looks["paper"])
        lines = [read_colour(line) for line in looks["lines"]]
        for kind in ("working", "idle", "absent"):
            seen = read_colour(looks["states"][kind][0])
            lines.append(seen)
            if kind != "absent":
                fill, opacity, outline = looks["states"][f"{kind} assumed"]
                lines.append(read_colour(outline))
                assert 2 <= contrast(seen, mixed(read_colour(fill), paper, opacity=float(opacity)))
        assert 3 <= min(contrast(line, paper) for line in lines)

    segments = [[0, 60, "w", 0, 0], [60, 60, "w", 0, 1], [120, 60, "a", 0, 0], [180, 60, "a", 0, 1]]
    assert {
        "working": "M0 1h60V20h-60z",
        "working assumed": "M60 1.5h60V19.5h-60z",
        "absent": "M120 18h60V20h-60z",
        "absent assumed": "M180 19h60V20h-60z",  # a baseline has no room for an outline: it is thinner
    } == await call("timeline.js", "pathsOf", segments)


async def test_states_are_told_apart_without_colours(watched: Opener, running: Plant) -> None:
    """Where the system forces its two colours, shapes remain; nothing on the page moves by itself."""
    page = await watched(f"{running.url}/dashboard/")
    await page.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    await page.open()
    fills = await page.page.evaluate(
        "[...document.querySelectorAll('svg.picture path')].map(path => getComputedStyle(path).fill)"
    )
    heights = await page.page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('svg.picture path')].map("
        "path => [path.getAttribute('class'), path.getBBox().height]))"
    )

    assert {"working": 19, "idle": 10, "absent": 2} == heights
    assert 1 == len(set(fills))
    looks = await page.page.evaluate(FORCED)
    assert {looks["ink"]} == {*looks["assumed"], *looks["legend"]}
    assert ("3px", looks["quiet"]) == (looks["current"], looks["disabled"])
    assert looks["quiet"] != looks["ink"]
    assert [] == await page.page.evaluate("document.getAnimations().map(one => one.toString())")


async def test_a_sheet_of_paper_says_by_itself_what_it_is_of(watched: Opener, running: Plant) -> None:
    """Page, stretch of time with its year, site, clock, how complete it is, and which rows were looked for; nothing to press, no column lost."""
    page = await watched(f"{running.url}/dashboard/")
    await page.open("?find=zoë")
    await page.page.emulate_media(media="print")
    await page.page.set_viewport_size({"width": 680, "height": 900})  # a sheet of A4 upright
    shown = (await page.page.locator("body").inner_text()).replace("\u00a0", " ")
    headers = await page.page.locator("#workers thead th").evaluate_all(
        "all => all.filter(one => one.checkVisibility()).map(one => one.dataset.column)"
    )

    for said in (
        "Floor",
        "Thu 15 Jan 2026 · morning 07:00–15:00 · site default · Asia/Jerusalem, UTC+2 · only “zoë”",
        "Not complete yet: 1 of 2 cameras is behind. All in up to 13:40, except cam-2: nothing after 12:58",
        "Read at ",
    ):
        assert said in shown
    assert [] == await page.page.evaluate(
        "[...document.querySelectorAll('nav, .tools, .find, .file')].filter(part => part.checkVisibility()).map(part => part.className)"
    )
    assert await page.page.evaluate("document.querySelector('#panel-stations').checkVisibility()")
    assert ["name", "state", "place", "timeline", "utilization_percent"] == headers[:5]
    assert ["working_us", "idle_us", "units_produced", "units_per_hour"] == headers[5:]
    assert (await page.page.pdf(prefer_css_page_size=True)).startswith(b"%PDF-")
    await page.open("?from=2025-07-01T04:00:00Z&to=2025-07-01T12:00:00Z")
    sheet = page.page.locator("#sheet")  # in winter, of a summer's day: by the clock of that day
    await expect(sheet).to_have_text("Tue\u00a01\u00a0Jul\u00a02025 07:00–15:00 · site default · Asia/Jerusalem, UTC+3")
