"""Every table of every page: sorted by each of its headers, with a bottom line that equals the cards, and a file beside it."""

import csv
import io
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from collector.web.routes import ROUTES
from tests.browser import spelling
from tests.browser.conftest import DASHBOARD
from tests.browser.plant import plant
from tests.browser.watched_page import WatchedPage

WORKERS, STATIONS, HOURS = (f"/api/metrics/{what}.csv" for what in ("workers", "workstations", "hours"))
FILES = {
    ("floor", "workers"): WORKERS,
    ("floor", "stations"): STATIONS,
    ("hours", "hours"): HOURS,
    ("worker", "parts"): "/api/timeline.csv",
    ("worker", "days"): "/api/timeline.csv",
    ("worker", "spans"): "/api/timeline.csv",
    ("station", "workers"): WORKERS,
    ("cameras", "cameras"): "/api/cameras.csv",
    ("data", "events"): "/api/events.csv",
    ("data", "rejected"): "/api/rejected.csv",
}
"""By page and table: its file. A page's tables are written in its HTML and nowhere else."""
NOT_SORTED = {("board", "board-hours")}
"""A screen on a wall has nobody to sort, and its cards stand above."""
NOT_ADDED_UP = {("data", "events"), ("data", "rejected")}
"""They show the first of many: a sum of these would be a sum of nothing."""
PICTURES = {"timeline", "watched"}

SHIFT = "?shift=2026-01-15/morning"
TWO_DAYS = "?from=2026-01-13T22:00:00Z&to=2026-01-15T22:00:00Z"
OPENED = {
    "": ["workers"],
    "?tab=stations": ["stations"],
    f"hours{SHIFT}": ["hours"],
    "workers/W1": ["parts", "spans"],
    f"workers/W1{TWO_DAYS}": ["days"],
    "stations/S1": ["workers"],
    "cameras": ["cameras"],
    "data": ["events"],
    "data?tab=rejected": ["rejected"],
}
LINKS = {
    ("", "workers"): WORKERS,
    ("?tab=stations", "stations"): STATIONS,
    (f"hours{SHIFT}", "hours"): HOURS,
    ("workers/W1", "parts"): "parts-csv",
    ("workers/W1", "spans"): "spans-csv",
    (f"workers/W1{TWO_DAYS}", "days"): "days-csv",
    ("stations/S1", "workers"): "people-csv",
    ("cameras", "cameras"): "cameras-csv",
    ("data", "events"): "events-csv",
    ("data?tab=rejected", "rejected"): "rejected-csv",
}
OF_PARTS = {
    **{f"{name}_us": (f"{name}_us", f"{name}_minutes") for name in ("working", "idle", "absent", "no_data")},
    "units_produced": ("units_produced", "units_produced"),
}
ADDED_UP = {
    ("", "workers"): {
        "working_us": ("total_productive_us", "working_minutes"),
        "idle_us": ("total_idle_us", "idle_minutes"),
        "units_produced": ("total_units_produced", "units_produced"),
    },
    ("?tab=stations", "stations"): {
        "occupancy_us": ("total_productive_us", "occupancy_minutes"),
        "units_produced": ("total_units_produced", "units_produced"),
    },
    (f"hours{SHIFT}", "hours"): {
        **{f"{name}_us": ("", f"{name}_minutes") for name in ("working", "idle", "absent")},
        "units_produced": ("", "units_produced"),
    },
    ("workers/W1", "parts"): OF_PARTS,
    (f"workers/W1{TWO_DAYS}", "days"): OF_PARTS,
    ("stations/S1", "workers"): {
        "working_us": ("occupancy_us", "working_minutes"),
        "units_produced": ("units_produced", "units_produced"),
    },
    ("cameras", "cameras"): {"pending": ("", "pending"), "missing": ("", "missing")},
}
"""By page and table: columns, each with the card that says the same (none: there is none) and a column of the file."""
MISSING = {"–", "nothing seen"}
NUMBER = re.compile(r"[+-]?[0-9,.:]+(.[%s])?")
CLICKED = """
table => [...table.tHead.rows[0].cells].filter(head => head.querySelector('button')).map(head => {
    const told = () => {
        head.querySelector('button').click();
        const marks = [...table.tHead.rows[0].cells].map(one => one.ariaSort).filter(Boolean);
        const rows = [...table.tBodies[0].rows].filter(row => !row.hidden);
        return [marks, rows.map(row => row.cells[head.cellIndex].textContent)];
    };
    return [head.dataset.column, head.classList.contains('number'), told(), told()];
})
"""
CSV = (
    "() => [...document.querySelectorAll('a.file')].map(link => [link.id || link.pathname, link.getAttribute('href')])"
)
CARDS = """
() => Object.fromEntries([...document.querySelectorAll('.cards [data-factory], .cards [data-row]')]
    .map(part => [part.dataset.factory || part.dataset.row, part.textContent]))
"""


TARGETS = """
() => [...document.querySelectorAll('#hour-bars .target')].map(line => {
    const bar = line.previousElementSibling.previousElementSibling;
    return Number(bar.getAttribute('y')) - Number(line.getAttribute('y1'));
})
"""


class Tables(HTMLParser):
    """Reads of a page its tables, by id, and its links to files."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, dict[str, Any]] = {}
        self.files: set[str] = set()
        self._table: dict[str, Any] = {}
        self.feed((DASHBOARD / f"{page}.html").read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what matters of an element."""
        given = dict(attrs)
        if tag == "table":
            self._table = self.tables.setdefault(str(given["id"]), {"has_button": {}, "adds_up": False})
        elif tag == "th" and "data-column" in given:
            self._table["has_button"][given["data-column"]] = False
        elif tag == "button" and self._table:
            self._table["has_button"][list(self._table["has_button"])[-1]] = True
        elif tag == "tfoot":
            self._table["adds_up"] = True
        elif tag == "a" and given.get("class") == "file":
            self.files.add(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a table."""
        self._table = {} if tag == "table" else self._table


def test_every_table_of_every_page_is_sorted_added_up_and_a_file() -> None:
    """A table that is added has to be thought of here; a file is at an address of the API."""
    pages = {page.stem: Tables(page.stem) for page in DASHBOARD.glob("*.html")}

    assert {(page, name) for page, found in pages.items() for name in found.tables} == set(FILES) | NOT_SORTED
    for (page, name), file in FILES.items():
        table = pages[page].tables[name]
        assert {column for column, has_button in table["has_button"].items() if not has_button} <= PICTURES, (
            page,
            name,
        )
        assert table["adds_up"] == ((page, name) not in NOT_ADDED_UP), (page, name)
        assert file in pages[page].files, (page, name)
    assert set(FILES.values()) <= {route.path for route in ROUTES}


class Looked(NamedTuple):
    """What a reader finds on a page."""

    rows: dict[str, list[dict[str, str]]]
    """By table, as it comes."""
    totals: dict[str, dict[str, str]]
    clicked: dict[str, list[Any]]
    """By table: (column, whether it is a number, what the first click does, what the second), these as (marks, texts)."""
    cards: dict[str, str]
    """By field of the API."""
    files: dict[str, list[dict[str, str]]]
    """By the id of the link, else by its path: the rows."""
    targets: list[float]
    """Of the bars: how high each target is above its bar's end, in pixels."""
    misdeeds: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pages(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Looked]]:
    """Every page of the plant, looked at once."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        page = WatchedPage(await context.new_page(), f"{there.url}/dashboard/")
        page.watch()
        yield {path: await look(page, path, tables=tables) for path, tables in OPENED.items()}
        await context.close()


async def look(page: WatchedPage, path: str, *, tables: list[str]) -> Looked:
    """Open a page, read it, and click every header twice."""
    await page.open(path)
    rows = {name: await page.rows(name) for name in tables}
    totals = {name: await page.totals(name) for name in tables if await page.page.locator(f"#{name} tfoot").count()}
    clicked = {name: await page.page.locator(f"#{name}").evaluate(CLICKED) for name in tables}
    links = {key: href for key, href in await page.page.evaluate(CSV) if ".csv" in href}
    files = {key: await read(page, href) for key, href in links.items()}
    return Looked(
        rows, totals, clicked, await page.page.evaluate(CARDS), files, await page.page.evaluate(TARGETS), page.misdeeds
    )


async def read(page: WatchedPage, href: str) -> list[dict[str, str]]:
    """The rows of a file that a page leads to."""
    answer = await page.page.context.request.get(page.origin + href)
    assert answer.ok, await answer.text()
    return list(csv.DictReader(io.StringIO(await answer.text())))


def ranks(texts: list[str]) -> list[float]:
    """What numbers and times stand for, as far as a reader sees it."""
    found = []
    for text in texts:
        parts = [float(part) for part in text.replace(",", "").rstrip("%s").strip().split(":")]
        found.append(sum(part * 60**-place for place, part in enumerate(parts)))
    return found


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_every_header_sorts_its_table_both_ways_and_says_so(pages: dict[str, Looked]) -> None:
    """By what is read in the column: the other way at the next click; what is missing comes last both times."""
    columns = [
        (path, name, *column) for path, page in pages.items() for name, of in page.clicked.items() for column in of
    ]
    for path, name, column, is_number, *clicks in columns:
        where = (path, name, column)
        assert [["ascending"], ["descending"]] == sorted(marks for marks, _ in clicks), where
        (down,) = [texts for marks, texts in clicks if marks == ["descending"]]
        (up,) = [texts for marks, texts in clicks if marks == ["ascending"]]
        known, known_up = ([text for text in texts if text not in MISSING] for texts in (down, up))
        assert (known, known_up) == (down[: len(known)], up[: len(known)]), where
        if is_number and all(map(NUMBER.fullmatch, known)):
            assert sorted(ranks(known), reverse=True) == ranks(known), where
        if len(set(known)) == len(known):
            assert known == known_up[::-1], where
    assert 50 < len(columns)
    assert [] == [misdeed for page in pages.values() for misdeed in page.misdeeds]


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_every_bottom_line_equals_the_cards_and_the_file(pages: dict[str, Looked]) -> None:
    """Also for whoever adds up the file beside the table, which has a line for each of its rows."""
    for (path, name), columns in ADDED_UP.items():
        looked = pages[path]
        rows = looked.files[LINKS[path, name]]
        for column, (card, field) in columns.items():
            shown, where = looked.totals[name][column], (path, name, column)
            told = sum((Decimal(row[field]) for row in rows), Decimal())
            assert shown == looked.cards.get(card, shown), where
            assert (card == "") == (card not in looked.cards), where
            is_time = field.endswith("_minutes")
            assert shown == (spelling.duration(told * 60_000_000) if is_time else spelling.count(int(told))), where
    for (path, name), link in LINKS.items():
        assert len(pages[path].rows[name]) == len(pages[path].files[link]) > 0, (path, name)


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_every_hour_has_its_target_in_the_table_the_file_and_the_picture(pages: dict[str, Looked]) -> None:
    """The dashed line is above the bar where less was made; of the hour that goes on it is for what has passed of it."""
    page = pages[f"hours{SHIFT}"]
    told = [(int(row["units_produced"]), int(row["target_units"])) for row in page.files[HOURS]]

    assert [20] * 6 + [13] == [target for _, target in told]
    assert told[::-1] == [(int(row["units_produced"]), int(row["target_units"])) for row in page.rows["hours"]]
    assert [(made < target, made > target) for made, target in told] == [(by > 0, by < 0) for by in page.targets]
    assert {(True, False), (False, True)} == {(made < target, made > target) for made, target in told}
