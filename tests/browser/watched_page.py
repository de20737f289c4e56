"""A page of the dashboard whose misdeeds are recorded: console errors, dialogs, requests that leave its origin."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from json import loads
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Dialog, Page, Request

ROWS = """
table => [...table.tBodies[0].rows].filter(row => !row.hidden).map(row => Object.fromEntries([...row.cells].map((cell, index) => [
    table.tHead.rows[0].cells[index].dataset.column,
    ((cell.tagName === 'TH' && cell.querySelector('bdi')) || cell).textContent,
])))
"""
TOTALS = """
table => Object.fromEntries([...table.tFoot.rows[0].cells].map((cell, index) => [
    table.tHead.rows[0].cells[index].dataset.column, cell.textContent.trim(),
]))
"""
CARDS = """
cards => Object.fromEntries([...cards.querySelectorAll('[data-factory]')].map(
    shown => [shown.dataset.factory, shown.textContent]))
"""


@dataclass
class WatchedPage:
    """A page with what it did wrong so far."""

    page: Page
    address: str
    misdeeds: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """The collector's address."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    def watch(self) -> None:
        """Begin to record."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.misdeeds.append(f"error: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("dialog", self._on_dialog)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.misdeeds.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if urlsplit(request.url)[:2] != urlsplit(self.address)[:2]:
            self.misdeeds.append(f"left its origin: {request.url}")

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.misdeeds.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    async def open(self, query: str = "") -> None:
        """Open the dashboard and wait for its first answer, to the last row."""
        await self.page.goto(self.address + query)
        await self.page.wait_for_selector("#trust:not([data-level=asking])")
        await self.page.wait_for_selector("[aria-busy]", state="detached")

    async def ask_now(self) -> None:
        """Let the page ask its collector at once, as it does when the network comes back."""
        await self.page.evaluate("window.dispatchEvent(new Event('online'))")

    async def api(self, route: str, query: str = "") -> Any:
        """Return the collector's own answer, numbers as exact decimals."""
        answer = await self.page.context.request.get(f"{self.origin}/api/{route}/{query}")
        assert answer.ok, await answer.text()
        return loads(await answer.text(), parse_float=Decimal)

    async def text(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """Return the text of an answer."""
        answer = await self.page.context.request.get(self.origin + path, params=dict(query or {}))
        assert answer.ok, await answer.text()
        return await answer.text()

    async def post(self, event: Mapping[str, Any]) -> None:
        """Send one event to the collector."""
        answer = await self.page.context.request.post(f"{self.origin}/api/app/", data=dict(event))
        assert answer.ok, await answer.text()

    async def send(self, items: Sequence[Any]) -> None:
        """Send a list of items to the collector, whatever they are."""
        answer = await self.page.context.request.post(f"{self.origin}/api/app/", data=list(items))
        assert answer.ok, await answer.text()

    async def rows(self, table: str) -> list[dict[str, str]]:
        """Return the texts of a table's visible rows, top to bottom: {column: text}; of a name without what is beside it."""
        rows: list[dict[str, str]] = await self.page.locator(f"#{table}").evaluate(ROWS)
        return rows

    async def numbers(self, table: str, columns: Iterable[str]) -> list[dict[str, str]]:
        """Return some columns of a table's visible rows, ordered by name: the page's own order is tested apart."""
        rows = [{column: row[column] for column in ("name", *columns)} for row in await self.rows(table)]
        return sorted(rows, key=itemgetter("name"))

    async def totals(self, table: str) -> dict[str, str]:
        """Return the bottom line of a table: {column: text}."""
        totals: dict[str, str] = await self.page.locator(f"#{table}").evaluate(TOTALS)
        return totals

    async def cards(self) -> dict[str, str]:
        """Return the texts of the cards: {field of the factory answer: text}."""
        cards: dict[str, str] = await self.page.locator(".cards").evaluate(CARDS)
        return cards
