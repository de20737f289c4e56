"""`make screenshots`: pictures of every page into docs/img/, from the demo's own shift and from nothing else.

The demo plays live for a moment, so that the pictures show what a shift lead sees: a shift that goes on, and one camera
whose link is down.
"""

import asyncio
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Page, async_playwright

from tests.browser import chromium
from tests.support.programs import ROOT, running

FOLDER = ROOT / "docs" / "img"
DESKTOP, TABLES, PHONE, TV = (1280, 720), (1280, 600), (390, 844), (1600, 900)
START_SECONDS = 60
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Picture(NamedTuple):
    """What is on a picture: a page below the dashboard, the size of its window, light or dark."""

    name: str
    path: str
    size: tuple[int, int] = DESKTOP
    scheme: str = "light"


PAGES = {
    "floor": ("", DESKTOP),
    "worker": ("workers/Amit?site=default", TABLES),
    "station": ("stations/Assembly?site=default", TABLES),
    "hours": ("hours?shift=current", TABLES),
    "cameras": ("cameras", DESKTOP),
    "data": ("data", TABLES),
}
PICTURES = [
    *(Picture(name, path, size) for name, (path, size) in PAGES.items()),
    *(Picture(f"{name}-dark", path, size, scheme="dark") for name, (path, size) in PAGES.items()),
    Picture("floor-phone", "", size=PHONE),
    Picture("floor-phone-dark", "", size=PHONE, scheme="dark"),
    Picture("board", "board", size=TV),
    Picture("board-dark", "board", size=TV, scheme="dark"),
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
    page: Page = await context.new_page()
    await page.emulate_media(color_scheme="dark" if picture.scheme == "dark" else "light")
    await page.goto(address + picture.path)
    await page.wait_for_selector("#trust:not([data-level=asking])")
    await page.wait_for_selector("[aria-busy]", state="detached")
    await page.wait_for_load_state("networkidle")  # what is asked for once the page is drawn
    (folder / f"{picture.name}.png").write_bytes(packed(await page.screenshot()))
    await context.close()


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
    """Start the demo and take the pictures while its link is down."""
    FOLDER.mkdir(exist_ok=True)
    log = ROOT / ".screenshots.log"
    async with running("demo", log=log) as demo:
        address = await demo.line_with("Dashboard ", seconds=START_SECONDS)
        await take_all(address, FOLDER)
    log.unlink()


if __name__ == "__main__":
    asyncio.run(main())
