"""What the picture in a row of the workers shows, as a screen has it."""

from typing import Any

from tests.browser.watched_page import WatchedPage

DRAWN = """
(row) => {
    const picture = row.querySelector('svg.picture');
    const box = picture.getBoundingClientRect();
    const share = part => {
        const inner = part.getBoundingClientRect();
        return [(inner.left - box.left) / box.width, (inner.right - box.left) / box.width];
    };
    return {
        hatched: [...picture.querySelectorAll('.no-data')].map(share),
        states: Object.fromEntries([...picture.querySelectorAll('path')].map(path => [
            path.getAttribute('class'), [...path.getAttribute('d').matchAll(/M(\\d+) [\\d.]+h(\\d+)/g)]
                .map(([, start, length]) => [Number(start), Number(start) + Number(length)]),
        ])),
        now: picture.querySelector('.now').getAttribute('x1'),
        seconds: Number(picture.querySelector('.states').getAttribute('viewBox').split(' ')[2]),
        sentence: picture.getAttribute('aria-label'),
    };
}
"""


async def drawn(page: WatchedPage, name: str) -> dict[str, Any]:
    """What a worker's picture shows: shares of the width that are hatched, and states in seconds after the start."""
    row = page.page.locator("#workers tbody tr", has=page.page.get_by_role("link", name=name, exact=True))
    found: dict[str, Any] = await row.evaluate(DRAWN)
    return found
