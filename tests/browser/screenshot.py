"""`make screenshots`: pictures of every page into docs/img/, of the demo's factory as `pictured.py` has it and of nothing else.

Desktop and phone, light and dark; the board on its wall. The factory's clock stands still, so a picture changes where the page has.
"""

import asyncio
import sys
import tempfile
import zlib
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Page, Route, async_playwright

from tests.browser import chromium
from tests.browser.pictured import CLOCK, pictured
from tests.support.programs import ROOT

FOLDER = ROOT / "docs" / "img"
DESKTOP, TABLES, PHONE, TV = (1280, 720), (1280, 600), (390, 844), (1600, 900)
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Picture(NamedTuple):
    """What is on a picture: a page below the dashboard, the size of its window, light or dark."""

    name: str
    path: str
    size: tuple[int, int] = DESKTOP
    scheme: str = "light"


PAGES = {
    "floor": ("", DESKTOP),
    "worker": ("workers/Hruday?site=haifa", TABLES),
    "station": ("stations/Welding?site=haifa", TABLES),
    "hours": ("hours", DESKTOP),
    "cameras": ("cameras", TABLES),
    "data": ("data", TABLES),
}
SCHEMES = {"": "light", "-dark": "dark"}
PICTURES = [
    *(
        Picture(name + dark, path, size, scheme)
        for name, (path, size) in PAGES.items()
        for dark, scheme in SCHEMES.items()
    ),
    *(
        Picture(f"{name}-phone{dark}", path, PHONE, scheme)
        for name, (path, _) in PAGES.items()
        for dark, scheme in SCHEMES.items()
    ),
    Picture("floor-stations", "?tab=stations", TABLES),
    Picture("floor-hours", "?tab=hours"),
    *(Picture(f"board{dark}", "board", TV, scheme) for dark, scheme in SCHEMES.items()),
]


async def take_all(address: str, folder: Path) -> None:
    """Write every picture of a running dashboard."""
    path = chromium.executable()
    if path is None:
        sys.exit(chromium.MISSING)
    async with async_playwright() as playwright:
        browser = await chromium.launch(playwright, path)
        for picture in PICTURES:
            await take(picture, browser, address=address, folder=folder)
        await browser.close()


async def take(picture: Picture, browser: Browser, *, address: str, folder: Path) -> None:
    """Write one picture, once its numbers are there."""
    width, height = picture.size
    context = await browser.new_context(viewport={"width": width, "height": height})
    await context.route("**/api/**", by_the_factory_s_clock)
    page: Page = await context.new_page()
    await page.emulate_media(color_scheme="dark" if picture.scheme == "dark" else "light")
    await page.goto(address + picture.path)
    await page.wait_for_selector("#trust:not([data-level=asking])")
    await page.wait_for_selector("[aria-busy]", state="detached")
    await page.wait_for_load_state("networkidle")  # what is asked for once the page is drawn
    (folder / f"{picture.name}.png").write_bytes(packed(await page.screenshot()))
    await context.close()


async def by_the_factory_s_clock(route: Route) -> None:
    """Pass an answer on with the hour at which the factory's clock stands: what serves it dates it by the machine's."""
    answer = await route.fetch()
    await route.fulfill(response=answer, headers=answer.headers | {"date": CLOCK})


def packed(png: bytes) -> bytes:
    """Return the same picture, compressed as well as can be: browsers hurry."""
    start, data, rest = len(SIGNATURE), b"", []
    while start < len(png):
        length = int.from_bytes(png[start : start + 4], "big")
        kind, content = png[start + 4 : start + 8], png[start + 8 : start + 8 + length]
        data += content if kind == b"IDAT" else b""
        rest += [] if kind == b"IDAT" else [(kind, content)]
        start += length + 12
    chunks = [*rest[:-1], (b"IDAT", zlib.compress(zlib.decompress(data), 9)), rest[-1]]
    return SIGNATURE + b"".join(
        len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in chunks
    )


async def main() -> None:
    """Run the factory and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with pictured(Path(folder)) as address:
            await take_all(address, FOLDER)


if __name__ == "__main__":
    asyncio.run(main())
