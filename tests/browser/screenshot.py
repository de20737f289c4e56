"""`python -m tests.browser.screenshot OUT.png URL`: the README's picture, from the dashboard of a running collector."""

import argparse
import asyncio
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser import chromium

WIDTH = 1280
HEIGHT = 800


async def take(out: Path, address: str, *, width: int, scheme: str) -> None:
    """Write the whole page as a PNG, once its numbers are there."""
    path = chromium.executable()
    if path is None:
        sys.exit(chromium.MISSING)
    async with async_playwright() as playwright:
        browser = await chromium.launch(playwright, path)
        page = await browser.new_page(viewport={"width": width, "height": HEIGHT})
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await page.goto(address)
        await page.wait_for_selector("#workers tbody tr")
        await page.screenshot(path=out, full_page=True)
        await browser.close()


def main() -> None:
    """Read the command line and take the picture."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshot", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument("address", metavar="URL", help="such as http://127.0.0.1:8000/dashboard/")
    parser.add_argument("--width", type=int, default=WIDTH, help=f"of the window in pixels (default: {WIDTH})")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    options = parser.parse_args()
    asyncio.run(take(options.out, options.address, width=options.width, scheme=options.scheme))


if __name__ == "__main__":
    main()
