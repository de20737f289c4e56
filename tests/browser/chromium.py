"""The system's Chromium, driven by playwright: playwright's own browsers are never downloaded."""

import shutil

from playwright.async_api import Browser, Playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same engine without what surrounds pages in a window: a page of its own costs each test a third."""
MISSING = "no chromium on this machine: install Debian's package `chromium` to run the tests of the dashboard"
ARGUMENTS = [
    "--no-sandbox",  # a container's root may not make one; the pages opened are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    """Return the path of the first Chromium found, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


async def launch(playwright: Playwright, path: str) -> Browser:
    """Return a browser without a window."""
    return await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
