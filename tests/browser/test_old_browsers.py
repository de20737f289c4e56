"""Browsers of some years ago, as televisions and tablets have them: the pages use nothing that those lack."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import DASHBOARD, Opener
from tests.browser.plant import Plant, plant

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LEAST = "Chromium 86, Firefox 98 or Safari 15.4"
NEWER_FUNCTIONS = re.compile(
    r"""\.(?:at|findLast|findLastIndex|toSorted|toReversed|toSpliced|with|union|intersection|difference|isSubsetOf)\(
    |checkVisibility|moveBefore|structuredClone|withResolvers|fromAsync|isWellFormed|randomUUID|showPopover|scrollend|\.inert\b
    |AbortSignal\.|(?:Object|Map)\.groupBy|hasOwn\(|URL\.canParse|Intl\.Segmenter|supportedValuesOf|requestIdleCallback
    |\(\?<[=!]|/[a-z]*v[a-z]*[;,)]|^\s+static\b|\#[a-z]\w*\s*[=(;]|^(?:const\s.*=\s)?await\b
    |:has\(|:is\(|:where\(|:not\([^()"]*,""",
    re.VERBOSE | re.MULTILINE,
)
NEWER_STYLES = re.compile(
    r"\binset:|(?<!-)aspect-ratio:|@layer|@container|@scope|@starting-style|color-mix|light-dark|oklch|oklab|[0-9][dsl]v[hw]\b"
    r"|^\s*&|@media[^{]*[<>]",
    re.MULTILINE,
)
SILENT_MARK = re.compile(r"(?P<before>[^;{]*)[;{]\s*content: (?P<mark>\"[^\"]*\") / \"\"")
"""A mark that is not read aloud: older browsers drop it as a whole, and need it as a mark before."""
LACKING = """
for (const [owner, names] of [
  [Array.prototype, ["at", "findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "with"]],
  [String.prototype, ["at", "isWellFormed"]], [Object, ["hasOwn", "groupBy"]], [Map, ["groupBy"]], [Promise, ["withResolvers"]],
  [Element.prototype, ["checkVisibility", "moveBefore"]], [AbortSignal, ["timeout", "any"]], [window, ["structuredClone"]],
]) {
  names.forEach((name) => delete owner[name]);
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """The plant."""
    async with plant(tmp_path_factory.mktemp("plant")) as there:
        yield there


@pytest.mark.parametrize(("suffix", "newer"), [("js", NEWER_FUNCTIONS), ("css", NEWER_STYLES)], ids=["js", "css"])
async def test_sources_use_nothing_newer(suffix: str, newer: re.Pattern[str]) -> None:
    """But for styles without which a page says the same."""
    sources = {path.name: path.read_text("utf-8") for path in DASHBOARD.glob(f"*.{suffix}")}
    found = {name: newer.findall(source) for name, source in sources.items()}

    assert {} == {name: words for name, words in found.items() if words}
    assert sources


async def test_every_mark_is_also_there_for_a_browser_that_would_read_it_aloud() -> None:
    """An alternative text for what a style adds is of Firefox 128 and Safari 17.4; without it an older one shows no mark."""
    marks = [found for path in DASHBOARD.glob("*.css") for found in SILENT_MARK.finditer(path.read_text("utf-8"))]
    alone = [found["mark"] for found in marks if found["before"].strip() != f"content: {found['mark']}"]

    assert [] == alone
    assert marks


async def test_the_least_browsers_are_told() -> None:
    """Where the pages are described."""
    text = (DASHBOARD.parents[1] / "docs" / "dashboard.md").read_text("utf-8")

    assert LEAST in " ".join(text.split())


@pytest.mark.parametrize("path", ["", "workers/W1", "stations/S1", "hours", "board"])
async def test_pages_work_in_a_browser_of_2020(watched: Opener, running: Plant, path: str) -> None:
    """A moment opens in it, too."""
    page = await watched(f"{running.url}/dashboard/")
    await page.page.add_init_script(LACKING)
    await page.open(path)
    if path == "":
        await page.page.locator("#workers .frame").first.click()
        await expect(page.page.locator("#moment-place")).not_to_be_empty()

    await expect(page.page.locator("#trust")).to_have_attribute("data-level", "behind")
    assert [] == page.misdeeds


async def test_what_a_browser_cannot_do_is_no_outage(watched: Opener, running: Plant) -> None:
    """The collector answers; it is the page that fails, and it says so."""
    page = await watched(f"{running.url}/dashboard/")
    await page.page.add_init_script("delete window.AbortController")
    await page.open()

    await expect(page.page.locator("#trust")).to_contain_text(
        "This page cannot show what the collector tells. Load it anew, or in a newer browser."
    )
    assert any("AbortController" in misdeed for misdeed in page.misdeeds)
