"""How the commands about access make their changes: through the service if it runs, else in the database themselves."""

import asyncio

from collector.grants import Change
from collector.service import door
from collector.settings import CollectorSettings
from shared.clock import SystemClock


def apply(settings: CollectorSettings, change: Change) -> str:
    """Make a change to access; return the site it is about, if it is about one.

    Raises:
        BadRequest: it is there already, or it contradicts what is stored.
        NotFound: there is nobody of that name.
    """
    return asyncio.run(_apply(settings, change))


async def _apply(settings: CollectorSettings, change: Change) -> str:
    async with door(settings, clock=SystemClock()) as into:
        return await into.change_access(change)
