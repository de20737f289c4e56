"""Rules that can be read from the dashboard's files without a browser."""

import gzip
import re

from collector.web.without_comments import without_comments
from tests.browser.conftest import DASHBOARD

BUDGET_BYTES = 60_000
ANSWER_BYTES = 7_500
"""Left for the first answer; that of 15 workers takes two thirds of it (`python -m benchmarks page`)."""
ALSO = ("style.css", "frame.html", "icon.svg", "unstarted.js")
"""What every page loads beside its own file and its modules."""
STYLED = re.compile(r"href=\"/dashboard/([a-z_]+\.css)\"")
IMPORTED = re.compile(r"from \"\./([a-z_]+\.js)\"")
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


def test_modules_are_short_and_every_page_is_small() -> None:
    """A module is read in one sitting, and a page loads over a bad link: 60 kB compressed in all, with its answer."""
    long = [name for name, source in _sources(".js").items() if source.count("\n") >= MODULE_LINES]
    sizes = {page.removesuffix(".html"): _loaded_bytes(page) for page in _sources(".html") if page != "frame.html"}

    assert ([], []) == (long, [page for page, size in sizes.items() if size > BUDGET_BYTES - ANSWER_BYTES])
    assert len(sizes) > 1 < len(_modules("floor.js"))


def test_only_lines_of_comment_are_kept_from_browsers() -> None:
    """Every other line is sent as it is, at its own place: an error's line is that of the file."""
    for name, source in {**_sources(".js"), **_sources(".css"), **_sources(".html")}.items():
        sent = without_comments(name, source.encode()).decode().split("\n")
        kept = [(line, there) for line, there in zip(sent, source.split("\n"), strict=True) if line]
        gone = [
            there.strip() for line, there in zip(sent, source.split("\n"), strict=True) if there.strip() and not line
        ]

        assert all(line == there for line, there in kept), name
        assert not [line for line in gone if name.endswith(".js") and not line.startswith(("/*", "*", "//"))], name
        assert not [line for line, _ in kept if line.lstrip().startswith(("/*", "//", "<!--"))], name


def _modules(name: str) -> set[str]:
    """Return a module with all that it imports."""
    found, to_read = set[str](), [name]
    while to_read:
        module = to_read.pop()
        if module not in found:
            found.add(module)
            to_read += IMPORTED.findall((DASHBOARD / module).read_text("utf-8"))
    return found


def _loaded_bytes(page: str) -> int:
    styles = STYLED.findall((DASHBOARD / page).read_text("utf-8"))
    names = {page, *ALSO, *styles, *_modules(page.replace(".html", ".js"))}
    return sum(len(gzip.compress(without_comments(name, (DASHBOARD / name).read_bytes()))) for name in names)
