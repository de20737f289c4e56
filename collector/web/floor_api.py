"""`/api/floor/`: all that the page shows, in one request; unchanged, it is not sent again."""

from dataclasses import replace

from aiohttp import web

from collector.metrics.asked import Question
from collector.web.access import Viewer
from collector.web.context import FLOORS, WINDOW_QUERY, check_query, shows_names, site_asked, window_headers
from collector.web.manners import takes_gzip
from collector.web.unchanged import is_known


async def floor(request: web.Request, viewer: Viewer) -> web.Response:
    """Return the floor within a window, or that it is the same as last time."""
    check_query(request, WINDOW_QUERY)
    floors, query = request.app[FLOORS], request.query
    question = Question(query.get("from"), query.get("to"), site_asked(request, viewer), query.get("shift"))
    view = await floors.look(
        question,
        seen=viewer.sites,
        shows_persons=viewer.may_see_persons,
        shows_names=shows_names(request, viewer),
    )
    headers = {
        # Weak: the same page may be plain or compressed, and its end a few seconds later.
        "ETag": f'W/"{view.etag}"',
        "Vary": "Accept-Encoding",
    }
    if is_known(request, view.etag):
        return web.Response(status=304, headers=headers)
    page = await floors.page(view)
    headers |= window_headers(replace(view.outlook.asked, window=page.window))
    if takes_gzip(request):
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=page.compressed, content_type="application/json", charset="utf-8", headers=headers)
    return web.Response(body=page.content, content_type="application/json", charset="utf-8", headers=headers)
