"""The access log: every look at data of persons by somebody who is known, once an hour, noted before the request ends.

An answer is sent once its look is noted; a file that is streamed is sent before, and whoever hangs up then is noted all the
same. Without access configured nobody is known, and there is nothing to note. If it cannot be written, or not within
`SECONDS_TO_NOTE`, people are answered all the same, and the log of the program says so; the next such look is tried again.
"""

import asyncio
import logging

from aiohttp import web

from collector.grants import Needs
from collector.measures import Look
from collector.site_names import EVERY_SITE
from collector.storage.base import Storage
from collector.web.access import Viewer
from shared.clock import Clock
from shared.errors import LinesideError
from shared.events import UNICODE_WHITE_SPACE
from shared.instants import HOUR

SECONDS_TO_NOTE = 3.0
"""Much longer than a store takes that is well; who looks is not to wait for one that hangs."""
FLOOR = "/api/floor"
"""Shows persons to those who may see them, and numbers to everybody else."""
MOST_REMEMBERED = 10_000
"""Ten supervisors who look at a thousand workers each, and some megabytes."""

_log = logging.getLogger(__name__)


class Looks:
    """Notes who looked; what was noted in this hour is remembered, and spares asking the store again."""

    def __init__(self, storage: Storage, *, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._hour = 0
        self._noted: set[Look] = set()

    async def note(self, request: web.Request, viewer: Viewer, *, needs: Needs) -> None:
        """Note that a viewer was shown what a request asked for."""
        path = request.path.rstrip("/")
        if viewer.role is None or not viewer.may_see_persons or (needs is not Needs.persons and path != FLOOR):
            return
        named = request.query.get("site")
        if not named or named == EVERY_SITE:
            named = viewer.sites[0] if viewer.sites is not None else None
        asked = request.query.get("worker_id")
        worker_id = None if asked is None else asked.strip(UNICODE_WHITE_SPACE)  # as the answer reads it
        await self._note(Look(0, viewer.name or "", viewer.role, path.removeprefix("/api/"), named, worker_id))

    async def _note(self, look: Look) -> None:
        now = self._clock.now()
        if now // HOUR != self._hour:
            self._hour, self._noted = now // HOUR, set()
        if look in self._noted:
            return
        try:
            async with asyncio.timeout(SECONDS_TO_NOTE):
                is_noted = await self._storage.note_look(look._replace(at=now))
        except (LinesideError, TimeoutError) as error:
            _log.warning("a look was not noted", extra={"reason": str(error) or "the store did not answer in time"})
            return
        if is_noted:  # whoever is not there yet may be a moment later
            if len(self._noted) >= MOST_REMEMBERED:
                self._noted.clear()
            self._noted.add(look)
