"""What axe finds on a page, and what somebody finds who cannot see or hit small things."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

EVERYTHING = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""All that the other scheme changes."""
TOO_SMALL = """
() => [...document.querySelectorAll('a[href], button, input, select, [role=tab], [role=button]')]
    .filter(part => part.checkVisibility({checkVisibilityCSS: true}) && !part.closest('.skip'))
    .map(part => part.closest('.switch label') ?? part)
    .map(part => [part.textContent.trim() || part.id, part.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
    .map(([text, box]) => `${text}: ${Math.round(box.width)} × ${Math.round(box.height)}`)
"""


async def violations(page: Page, *, within: str | None = None, all_rules: bool = True) -> list[str]:
    """Return what axe finds, in light by all rules and in dark by those about colours; `within`: a part of the page."""
    found = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        rules = EVERYTHING if all_rules and scheme == "light" else COLOURS
        result = await Axe().run(page, context=within, options=rules)
        found += [
            f"{scheme}: {one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for one in result.response["violations"]
            for node in one["nodes"]
        ]
    return found
