"""`/readyz` and `/metrics`: how the collector is, for load balancers and for Prometheus; and the counting of requests."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from collector.grants import Needs
from collector.vitals.meters import Meters
from collector.web.access import Viewer
from collector.web.context import VITALS
from shared.clock import Clock
from shared.http_body import problem
from shared.prometheus import CONTENT_TYPE

NOWHERE = "none"
"""The route of a request that leads nowhere: its path is a stranger's, and may be anything."""
GONE = "gone"
"""Instead of a status, where the client went away before it got one."""


async def readyz(request: web.Request, viewer: Viewer) -> web.Response:
    """Say whether an event delivered now would be stored; else, to those who may look, why not."""
    reasons = request.app[VITALS].not_ready()
    told = "; ".join(reasons) if Needs.look in viewer.may else "events cannot be stored now"
    return problem(503, told) if reasons else web.json_response({"status": "ready"})


async def metrics(request: web.Request, viewer: Viewer) -> web.Response:
    """Return everything that is counted, in Prometheus' text format; who sees some sites, what is told of those alone."""
    told = await request.app[VITALS].metrics(sites=viewer.sites)
    return web.Response(body=told, headers={"Content-Type": CONTENT_TYPE})


def counted(meters: Meters, *, clock: Clock) -> Middleware:
    """Return what counts every request by its route and the status it gets."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        started, code = clock.monotonic(), GONE
        try:
            answer = await handler(request)
            code = str(answer.status)
            return answer
        except web.HTTPException as error:
            code = str(error.status)
            raise
        except (ConnectionError, asyncio.CancelledError):
            raise
        finally:
            seconds = clock.monotonic() - started
            meters.answered(method=request.method, route=_route_of(request), code=code, seconds=seconds)

    return count


def _route_of(request: web.Request) -> str:
    """Return the address as the README spells it, whichever of its forms was used."""
    resource = request.match_info.route.resource
    if resource is None:
        return NOWHERE
    path = resource.canonical
    is_file = path.endswith((".csv", ".json", "}")) or path in _WITHOUT_SLASH
    return path if is_file or path.endswith("/") else f"{path}/"


_WITHOUT_SLASH = ("/healthz", "/readyz", "/metrics", "/dashboard")
