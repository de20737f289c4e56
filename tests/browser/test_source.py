"""Rules that can be read from the dashboard's files without a browser."""

import gzip
import re

from tests.browser.conftest import DASHBOARD

BUDGET_BYTES = 60_000
MODULE_LINES = 200
UNSAFE = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\(\"style")
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)
ELSEWHERE = re.compile(r"(?:src|href)=\"(?:https?:)?//|url\((?!\"#)|@import")


def _sources(suffix: str) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(DASHBOARD.glob(f"*{suffix}"))}


def test_text_reaches_the_page_only_as_text() -> None:
    """No module can turn a worker's name into markup or code."""
    offenders = [name for name, source in _sources(".js").items() if UNSAFE.search(source)]

    assert [] == offenders


def test_the_page_fits_the_strictest_policy() -> None:
    """No inline script, style or handler, and nothing from another host."""
    pages = "".join(_sources(".html").values())
    everything = "".join([pages, *_sources(".css").values()])

    assert ([], []) == (INLINE.findall(pages), ELSEWHERE.findall(everything))


def test_modules_are_short_and_the_whole_page_is_small() -> None:
    """A module is read in one sitting, and the page loads over a bad link: 60 kB compressed in all."""
    long = [name for name, source in _sources(".js").items() if source.count("\n") >= MODULE_LINES]
    size = sum(
        len(gzip.compress(path.read_bytes())) for path in DASHBOARD.iterdir() if path.suffix != ".py" and path.is_file()
    )

    assert ([], True) == (long, size < BUDGET_BYTES)
