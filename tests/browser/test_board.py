"""What a board and its hours say: each workstation's name whatever the screen, and of each hour whether it is all in."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Call, Opener
from tests.browser.plant import call as camera_calls
from tests.support.collector import at, item, running_collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STATIONS = 20
SIZES = [(1280, 800), (1024, 600), (1366, 768), (1280, 720)]
FITS = """
() => {
    const room = document.getElementById('board-stations').getBoundingClientRect();
    return [...document.querySelectorAll('.tile')].map(tile => {
        const box = tile.getBoundingClientRect();
        const parts = [...tile.children].map(part => part.getBoundingClientRect());
        return Math.min(...parts.map(part => part.height)) > 10 && box.bottom < room.bottom + 1
            && parts.every(part => part.top > box.top && part.bottom < box.bottom);
    });
}
"""


async def test_twenty_workstations_keep_their_names_on_every_screen(watched: Opener, tmp_path: Any) -> None:
    """Also below the bar of a silence. As many a page as have room, pages of like size, together all of them."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("11:00"))
        seen = [item("09:40", f"W{number}", "working") for number in range(STATIONS)]
        await camera_calls(there, "cam-1", seen, seen_up_to="11:00")
        page = await watched(f"{there.url}/dashboard/")
        await page.page.set_viewport_size({"width": 1600, "height": 900})
        await page.open("board?from=2026-01-15T08:00:00Z")
        many = page.page.locator("#board-stations")
        shown: dict[tuple[object, ...], list[bool]] = {(1600, 900): await page.page.evaluate(FITS)}
        for width, height in SIZES:
            await page.page.set_viewport_size({"width": width, "height": height})
            await page.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            shown[width, height] = await page.page.evaluate(FITS)
        there.clock.set(at("11:20"))
        await page.ask_now()
        await expect(many).to_contain_text("NO DATA")
        for width, height in SIZES:
            await page.page.set_viewport_size({"width": width, "height": height})
            await page.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            shown[width, height, "silent"] = await page.page.evaluate(FITS)

        assert {size: [True] * len(fit) for size, fit in shown.items()} == shown
        assert STATIONS == len(shown[1600, 900])
        assert [] == [size for size, fit in shown.items() if STATIONS > len(fit) * -(-STATIONS // len(fit))]
        assert [] == page.misdeeds


CUT = """
() => {
    const over = (part, whole) => {
        const range = document.createRange();
        range.selectNodeContents(part);
        const [inner, outer] = [range.getBoundingClientRect(), whole.getBoundingClientRect()];
        return inner.right > outer.right || inner.bottom > outer.bottom + 1;
    };
    const rows = [...document.querySelectorAll('#board-hours tbody tr')];
    return {
        cut: [...document.querySelectorAll('.tile-state'), ...rows].filter(part => over(part, part.closest('.tile, section')))
            .map(part => part.textContent),
        hours: rows.map(row => row.cells[0].textContent),
    };
}
"""


async def test_on_a_small_screen_no_word_and_no_hour_is_cut_off(watched: Opener, tmp_path: Any) -> None:
    """Of twelve hours in one state the time goes below the word; below the bar of a silence the oldest hours make way."""
    async with running_collector(tmp_path) as there:
        there.clock.set(at("12:00"))
        await camera_calls(there, "cam-1", [], seen_up_to="12:00", batch="b1")
        there.clock.set(at("23:50"))
        seen = [item(f"{hour}:00", "W1", "working") for hour in range(12, 24)]
        await camera_calls(there, "cam-1", [*seen, item("12:00", "W2", "idle")], seen_up_to="23:50")
        page = await watched(f"{there.url}/dashboard/")
        await page.page.set_viewport_size({"width": 960, "height": 540})
        await page.open("board?from=2026-01-15T12:00:00Z")
        await expect(page.page.locator(".tile").first).to_contain_text("WORKING 11:50")
        told = [await page.page.evaluate(CUT)]
        await page.page.set_viewport_size({"width": 1024, "height": 768})
        await expect(page.page.locator("#board-hours tbody tr")).to_have_count(12)
        told.append(await page.page.evaluate(CUT))
        await page.page.set_viewport_size({"width": 960, "height": 540})
        await page.page.route("**/api/floor/**", lambda route: route.abort())
        await page.ask_now()
        await expect(page.page.locator("#stale-bar")).to_be_visible()
        await expect(page.page.locator("#board-hours tbody tr")).not_to_have_count(len(told[0]["hours"]))
        told.append(await page.page.evaluate(CUT))

        assert [[], [], []] == [one["cut"] for one in told]
        small, large, silent = [one["hours"] for one in told]
        assert (12, small, silent) == (len(large), large[-len(small) :], large[-len(silent) :])
        assert len(small) > len(silent) >= 4


HOUR = {"units_produced": 0, "working_us": 0, "idle_us": 0, "absent_us": 0, "watched_us": 1, "utilization_percent": 0.0}


def hour(start: int, end: str, *, site: str = "north", **more: Any) -> dict[str, Any]:
    """An hour as the API has it."""
    ends = {"from": f"2026-01-15T{start:02}:00:00Z", "to": f"2026-01-15T{end}Z"}
    return HOUR | ends | {"site": site, "target_units": 20} | more


def behind(camera: str, reach: str | None, *, site: str = "north") -> dict[str, Any]:
    """A camera that is behind."""
    return {"camera": camera, "site": site, "watermark": reach and f"2026-01-15T{reach}:00Z"}


HOURS = [hour(9, "10:00:00"), hour(10, "11:00:00"), hour(11, "11:40:00")]


@pytest.mark.parametrize(
    ("cameras", "left_out", "owed"),
    [
        ([], 0, [False, False, False]),
        ([behind("cam-1", "10:58")], 0, [False, True, True]),
        ([behind("cam-1", "11:00")], 0, [False, False, True]),
        ([behind("cam-1", None)], 0, [True, True, True]),
        ([behind("cam-1", "09:30", site="south")], 0, [False, False, False]),
        ([behind("cam-1", "09:30", site="south"), behind("cam-2", "10:10", site="south")], 1, [False, True, True]),
    ],
    ids=["none behind", "within an hour", "at an hour's end", "never said", "of another site", "more than are named"],
)
async def test_what_a_camera_still_owes_of_an_hour_is_told(
    call: Call, cameras: list[dict[str, Any]], left_out: int, owed: list[bool]
) -> None:
    """An hour is all in once every camera of its site has told all of it, whatever its numbers look like."""
    completeness = {"behind": cameras, "behind_left_out": left_out}
    view = {"floor": {"hours": HOURS, "completeness": completeness}, "until": at("11:40") // 1000}

    told = await call("hour_rows.js", "byStart", view)

    assert owed == [one["is_owed"] for one in told]


@pytest.mark.parametrize("target", [13, None], ids=["told", "not told"])
async def test_a_board_s_hours_end_where_all_cameras_fell_silent(call: Call, target: int | None) -> None:
    """No hour has no length; a part has the target of a part; what was made in spite of the silence stays."""
    reached = "2026-01-15T10:40:00Z"
    silent = {"behind": [behind("cam-1", "10:40")], "behind_left_out": 0, "is_silent": True, "reached": reached}
    hours = [*HOURS, hour(12, "12:05:00", units_produced=3)]
    floor = {"hours": hours, "completeness": silent, "window": {"live": True}}
    part = await call("hour_rows.js", "partTold", floor)
    extra = target and [HOURS[1] | {"to": reached, "target_units": target}]
    view = {"floor": floor, "until": at("12:05") // 1000, "live": True, "extra": extra}

    told = await call("hour_rows.js", "hoursTold", view)

    assert {"from": "2026-01-15T10:00:00Z", "to": reached} == part
    assert [("10:00", 20), ("10:40", target), ("12:05", 20)] == [
        (next(clock for clock in ("10:00", "10:40", "12:05") if at(clock) // 1000 == one["end"]), one["target_units"])
        for one in told
    ]
    assert [False] * 3 == [one["is_owed"] for one in told]


@pytest.mark.parametrize(
    ("height", "aim", "stands_at"),
    [(50, None, 50), (50, 50, 50), (50, 51, 51), (50, 66, 66), (50, 67, 50), (50, 40, 50)],
    ids=["no target", "met", "just missed", "at the digits' upper edge", "well above", "surpassed"],
)
async def test_the_line_of_a_target_strikes_out_no_value(
    call: Call, height: int, aim: int | None, stands_at: int
) -> None:
    """A value stands on its bar, or on the line that would run through it."""
    assert stands_at == await call("hour_charts.js", "valueHeight", height, aim)
