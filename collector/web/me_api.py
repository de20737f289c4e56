"""`/api/me/`: who is asking, so that a page knows what it will be shown and whether there is anything to log out of."""

from typing import Any

from aiohttp import web

from collector.web.access import Viewer
from collector.web.context import check_query
from collector.web.json_answers import json_unless_known


async def me(request: web.Request, viewer: Viewer) -> web.Response:
    """Return who is asking."""
    check_query(request, ())
    return await json_unless_known(request, lambda: me_row(viewer))


def me_row(viewer: Viewer) -> dict[str, Any]:
    """Return a viewer as the API shows them; without access configured, nobody in particular who sees everything."""
    return {
        "name": viewer.name,
        "role": viewer.role,
        "sites": None if viewer.sites is None else list(viewer.sites),
        "shows_persons": viewer.may_see_persons,
    }
